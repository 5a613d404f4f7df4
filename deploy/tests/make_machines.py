"""Instance, volume, tasks: by the services' own APIs, for moto's CloudFormation drops most of what matters of them."""

from properties import Properties, camel, tags
from resolve import Thing


def _specification(kind: str, of: Properties) -> list[dict]:
    return [{"ResourceType": kind, "Tags": tags(of)}]


def volume(aws, of: Properties) -> Thing:
    specification = _specification("volume", of)
    request = of.rest()
    request["Size"] = int(request["Size"])
    made = aws.client("ec2").create_volume(TagSpecifications=specification, **request)
    return Thing(made["VolumeId"])


def instance(aws, of: Properties) -> Thing:
    specification = _specification("instance", of)
    profile = {"Name": of.must("IamInstanceProfile")}
    # boto3 does the base64 itself.
    request = of.rest()
    ec2 = aws.client("ec2")
    made = ec2.run_instances(
        MinCount=1, MaxCount=1, TagSpecifications=specification, IamInstanceProfile=profile, **request
    )["Instances"][0]
    return Thing(made["InstanceId"])


def attachment(aws, of: Properties) -> Thing:
    request = of.rest()
    aws.client("ec2").attach_volume(**request)
    return Thing(request["VolumeId"])


def cluster(aws, of: Properties) -> Thing:
    request = {"tags": tags(of, "key", "value"), "settings": camel(of.take("ClusterSettings"))}
    request |= camel(of.rest())
    made = aws.client("ecs").create_cluster(**request)["cluster"]
    return Thing(made["clusterName"], {"Arn": made["clusterArn"]})


def task(aws, of: Properties) -> Thing:
    request = {"tags": tags(of, "key", "value")}
    # Names of options are the log driver's: they stay as they are.
    request |= camel(of.rest())
    request["ephemeralStorage"]["sizeInGiB"] = int(request["ephemeralStorage"]["sizeInGiB"])
    made = aws.client("ecs").register_task_definition(**request)["taskDefinition"]
    return Thing(made["taskDefinitionArn"])


def service(aws, of: Properties) -> Thing:
    request = {"tags": tags(of, "key", "value")}
    request |= camel(of.rest())
    made = aws.client("ecs").create_service(**request)["service"]
    return Thing(made["serviceArn"], {"Name": made["serviceName"]})


MAKERS = {
    "AWS::EC2::Volume": volume,
    "AWS::EC2::Instance": instance,
    "AWS::EC2::VolumeAttachment": attachment,
    "AWS::ECS::Cluster": cluster,
    "AWS::ECS::TaskDefinition": task,
    "AWS::ECS::Service": service,
}
