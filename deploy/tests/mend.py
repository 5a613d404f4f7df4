"""Puts after what moto's CloudFormation drops in silence of the resources that it makes (`native.DROPPED`), and writes again what it keeps
oddly (`native.KEPT_ODDLY`), once it is sure that moto read the functions in it as our resolver did."""

import ast
import json

from properties import Properties, tags
from resolve import Thing


def bucket(aws, thing: Thing, of: Properties) -> None:
    s3 = aws.client("s3")
    s3.put_public_access_block(
        Bucket=thing.ref, PublicAccessBlockConfiguration=of.must("PublicAccessBlockConfiguration")
    )
    s3.put_bucket_ownership_controls(Bucket=thing.ref, OwnershipControls=of.must("OwnershipControls"))
    s3.put_bucket_versioning(Bucket=thing.ref, VersioningConfiguration=of.must("VersioningConfiguration"))
    rules = of.must("LifecycleConfiguration")["Rules"]
    # The API nests what CloudFormation does not.
    rules = [
        {**{key: value for key, value in rule.items() if key != "ExpirationInDays"}, "Filter": {"Prefix": ""}}
        | {"ID": rule["Id"], "Expiration": {"Days": int(rule["ExpirationInDays"])}}
        for rule in rules
    ]
    rules = [{key: value for key, value in rule.items() if key != "Id"} for rule in rules]
    s3.put_bucket_lifecycle_configuration(Bucket=thing.ref, LifecycleConfiguration={"Rules": rules})


def stream(aws, thing: Thing, of: Properties) -> None:
    kinesis = aws.client("kinesis")
    kinesis.update_stream_mode(StreamARN=thing.attributes["Arn"], StreamModeDetails=of.must("StreamModeDetails"))
    kinesis.start_stream_encryption(StreamName=thing.ref, **of.must("StreamEncryption"))


def topic(aws, thing: Thing, of: Properties) -> None:
    aws.client("sns").tag_resource(ResourceArn=thing.ref, Tags=tags(of))


def security_group(aws, thing: Thing, of: Properties) -> None:
    ec2 = aws.client("ec2")
    # In a VPC its reference is its id.
    group = thing.ref
    everything = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
    # A group that says what may go out has no rule for everything.
    if everything:
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=everything)
    rules = [
        {
            "IpProtocol": rule["IpProtocol"],
            "FromPort": rule["FromPort"],
            "ToPort": rule["ToPort"],
            "IpRanges": [{"CidrIp": rule["CidrIp"], "Description": rule["Description"]}],
        }
        for rule in of.must("SecurityGroupEgress")
    ]
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=rules)


def _same(logical: str, stands, resolved) -> None:
    """Two who worked out the same template must agree."""
    read = ast.literal_eval(stands) if isinstance(stands, str) else stands
    if read != resolved:
        raise AssertionError(f"{logical}: moto reads {read}, the resolver {resolved}")


def role(aws, thing: Thing, of: Properties) -> None:
    iam = aws.client("iam")
    trust = of.must("AssumeRolePolicyDocument")
    _same(of.logical, iam.get_role(RoleName=thing.ref)["Role"]["AssumeRolePolicyDocument"], trust)
    iam.update_assume_role_policy(RoleName=thing.ref, PolicyDocument=json.dumps(trust))
    for policy in of.must("Policies"):
        named = {"RoleName": thing.ref, "PolicyName": policy["PolicyName"]}
        _same(of.logical, iam.get_role_policy(**named)["PolicyDocument"], policy["PolicyDocument"])
        iam.put_role_policy(**named, PolicyDocument=json.dumps(policy["PolicyDocument"]))


def key(aws, thing: Thing, of: Properties) -> None:
    kms = aws.client("kms")
    policy = of.must("KeyPolicy")
    _same(of.logical, kms.get_key_policy(KeyId=thing.ref, PolicyName="default")["Policy"], policy)
    kms.put_key_policy(KeyId=thing.ref, PolicyName="default", Policy=json.dumps(policy))
    kms.tag_resource(KeyId=thing.ref, Tags=tags(of, "TagKey", "TagValue"))
    if not 7 <= of.must("PendingWindowInDays") <= 30:
        raise ValueError("KMS takes 7 to 30 days")


MENDERS = {
    "AWS::KMS::Key": key,
    "AWS::IAM::Role": role,
    "AWS::S3::Bucket": bucket,
    "AWS::Kinesis::Stream": stream,
    "AWS::SNS::Topic": topic,
    "AWS::EC2::SecurityGroup": security_group,
}
