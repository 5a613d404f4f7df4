"""What the tests give the templates as parameters."""

from aws import REGION

ORGANIZATION = "o-abcdefghij"
SHA256 = "0" * 64
# One that every moto has.
IMAGE = "ami-12c6146b"


def network(aws) -> dict[str, str]:
    """A network to be in."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.20.1.0/24", AvailabilityZone=f"{REGION}a")["Subnet"]["SubnetId"]
    return {"VpcId": vpc, "SubnetId": subnet}


def instance(aws, **more: str) -> dict[str, str]:
    """tripline.yaml with everything in it."""
    return {
        "Owner": "security@example.com",
        "OrganizationId": ORGANIZATION,
        "OperationsEmail": "on-call@example.com",
        "ImageId": IMAGE,
        "AvailabilityZone": f"{REGION}a",
        "ReleaseUri": "s3://releases.example/tripline/1.0.0/tripline",
        "ReleaseSha256": SHA256,
        **network(aws),
        **more,
    }


def task(aws, outputs: dict[str, str]) -> dict[str, str]:
    """fargate.yaml, after tripline.yaml said what it made."""
    where = network(aws)
    taken = ("StreamArn", "LogGroupName", "AlertTopicArn", "EngineRoleArn", "EngineLogGroupName")
    return {
        "Owner": "security@example.com",
        **{name: outputs[name] for name in taken},
        "Image": f"123456789012.dkr.ecr.{REGION}.amazonaws.com/tripline@sha256:{SHA256}",
        "InitImage": f"public.ecr.aws/docker/library/busybox@sha256:{SHA256}",
        "RepositoryArn": f"arn:aws:ecr:{REGION}:123456789012:repository/tripline",
        "VpcId": where["VpcId"],
        "SubnetIds": where["SubnetId"],
    }
