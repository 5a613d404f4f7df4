"""The ways in which deploy/cloudformation and deploy/terraform are asked for when they are compared. Every condition is met in one
and not met in another."""

PLACE = {
    "ImageId": "ami-0123456789abcdef0",
    "VpcId": "vpc-0123456789abcdef0",
    "SubnetId": "subnet-0123456789abcdef0",
    "AvailabilityZone": "eu-west-1a",
    "ReleaseUri": "s3://releases/tripline/0.1.0/tripline",
    "ReleaseSha256": "0" * 64,
}
STREAM, KEY = "arn:aws:kinesis:eu-west-1:111122223333:stream/tripline", "arn:aws:kms:eu-west-1:111122223333:key/1"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:soc"
ORGANIZATION = {"OrganizationId": "o-exampleorgid"}
TASK = {
    "StreamArn": STREAM,
    "AlertTopicArn": TOPIC,
    "EngineRoleArn": "arn:aws:iam::111122223333:role/tripline-engine",
    "EngineLogGroupName": "/tripline/engine",
    "Image": "image",
    "InitImage": "init",
    "RepositoryArn": "repository",
    "VpcId": "vpc",
    "SubnetIds": ["subnet-a", "subnet-b"],
}
DESTINATION = {"StreamArn": STREAM, "StreamRegion": "eu-west-1", "KeyArn": KEY}
MEMBER = {"DestinationArn": "arn:aws:logs:eu-west-1:111122223333:destination:tripline"}
# Template, module, and the ways in which it can be asked for: every condition is met and not met.
PAIRS = {
    "tripline.yaml": (
        ".",
        [
            PLACE,
            PLACE
            | ORGANIZATION
            | {"Name": "other", "OperationsEmail": "soc@example.com", "InstancePresent": "no", "ArchiveDays": 90},
            PLACE
            | {
                "Source": "log-group",
                "ExistingLogGroupName": "trail",
                "StreamMode": "PROVISIONED",
                "ExistingAlertTopicArn": TOPIC,
            },
            {
                "Source": "destination",
                "RunsOn": "fargate",
                "ExistingAlertTopicArn": TOPIC,
                "ExistingAlertTopicKeyArn": KEY,
            },
            {"RunsOn": "kubernetes", "ClusterName": "soc_1"},
        ],
    ),
    "destination.yaml": (
        "destination",
        [DESTINATION | ORGANIZATION, DESTINATION | {"MemberAccountIds": ["444455556666", "777788889999"]}],
    ),
    "member.yaml": (
        "member",
        [
            MEMBER | {"TrailBucketName": "files", "DestinationByOrganization": "no"},
            MEMBER | {"TrailBucketName": "files", "TrailKeyArn": KEY},
            MEMBER | {"ExistingLogGroupName": "trail"},
        ],
    ),
    "fargate.yaml": ("fargate", [TASK, TASK | {"LogGroupName": "/tripline/cloudtrail"}]),
}
