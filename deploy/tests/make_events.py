"""Trail, bucket policy, log group, subscription, destination: by the services' own APIs. moto's CloudFormation has none of them but the log
group, of which it drops the key, and then there is no call to give it one."""

import json

from properties import MotoLacks, Properties, camel, pairs, tags
from resolve import Thing


def bucket_policy(aws, of: Properties) -> Thing:
    bucket = of.must("Bucket")
    aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(of.must("PolicyDocument")))
    return Thing(bucket)


def trail(aws, of: Properties) -> Thing:
    client = aws.client("cloudtrail")
    made = client.create_trail(
        Name=of.must("TrailName"),
        S3BucketName=of.must("S3BucketName"),
        IncludeGlobalServiceEvents=of.must("IncludeGlobalServiceEvents"),
        IsMultiRegionTrail=of.must("IsMultiRegionTrail"),
        EnableLogFileValidation=of.must("EnableLogFileValidation"),
        IsOrganizationTrail=of.take("IsOrganizationTrail", False),
        CloudWatchLogsLogGroupArn=of.must("CloudWatchLogsLogGroupArn"),
        CloudWatchLogsRoleArn=of.must("CloudWatchLogsRoleArn"),
        KmsKeyId=of.take("KMSKeyId", ""),
        TagsList=tags(of),
    )
    client.put_event_selectors(TrailName=made["Name"], AdvancedEventSelectors=of.must("AdvancedEventSelectors"))
    if of.must("IsLogging"):
        client.start_logging(Name=made["Name"])
    return Thing(made["Name"], {"Arn": made["TrailARN"]})


def log_group(aws, of: Properties) -> Thing:
    client = aws.client("logs")
    name = of.must("LogGroupName")
    client.create_log_group(logGroupName=name, kmsKeyId=of.must("KmsKeyId"), tags=pairs(of))
    client.put_retention_policy(logGroupName=name, retentionInDays=int(of.must("RetentionInDays")))
    # CloudFormation's ARN of a log group ends with `:*`, and CloudTrail wants it so.
    return Thing(name, {"Arn": f"arn:aws:logs:{aws.region}:{aws.account}:log-group:{name}:*"})


def subscription(aws, of: Properties) -> Thing:
    request = camel(of.rest())
    if ":destination:" in request["destinationArn"]:
        # It takes the destination for a log group of that name.
        raise MotoLacks("a subscription filter to a destination")
    aws.client("logs").put_subscription_filter(**request)
    return Thing(request["filterName"])


def destination(aws, of: Properties) -> Thing:
    client = aws.client("logs")
    name = of.must("DestinationName")
    request = {"targetArn": of.must("TargetArn"), "roleArn": of.must("RoleArn"), "tags": pairs(of)}
    made = client.put_destination(destinationName=name, **request)["destination"]
    client.put_destination_policy(destinationName=name, accessPolicy=of.must("DestinationPolicy"))
    return Thing(name, {"Arn": made["arn"]})


MAKERS = {
    "AWS::S3::BucketPolicy": bucket_policy,
    "AWS::CloudTrail::Trail": trail,
    "AWS::Logs::LogGroup": log_group,
    "AWS::Logs::SubscriptionFilter": subscription,
    "AWS::Logs::Destination": destination,
}
