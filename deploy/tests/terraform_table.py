"""Which type of CloudFormation is which of Terraform, property by property. What is not here is a mistake, unless it stands in
ONLY_THERE or ONLY_HERE with its reason."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from terraform_cfn import snake


def same(value):
    return value


def policy(document) -> dict:
    """A policy by statement, without the freedoms of its spelling."""
    document = json.loads(document) if isinstance(document, str) else document
    assert document["Version"] == "2012-10-17", "another language of policies"
    found = {}
    for statement in document["Statement"]:
        assert statement["Sid"] not in found, f"two statements {statement['Sid']}"
        found[statement["Sid"]] = {
            "Effect": statement["Effect"],
            "Action": many(statement["Action"]),
            "Resource": many(statement.get("Resource", [])),
            "Principal": {kind: many(who) for kind, who in principal(statement).items()},
            "Condition": {
                test: {name: many(values) for name, values in held.items()}
                for test, held in statement.get("Condition", {}).items()
            },
        }
    return found


def principal(statement: dict) -> dict:
    who = statement.get("Principal", {})
    return {"*": "*"} if who == "*" else who


def many(value) -> list[str]:
    return sorted(value if isinstance(value, list) else [value])


def blocks(value, names: dict | None = None):
    """As HCL has it: words in snake case, and each thing within another a block, of which there may be several."""
    if isinstance(value, list):
        return [blocks(part, names) for part in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, part in value.items():
        name = (names or {}).get(key, snake(key))
        made[name] = [blocks(part, names)] if isinstance(part, dict) else blocks(part, names)
    return made


def renamed(**names: str) -> Callable:
    return lambda value: blocks([value] if isinstance(value, dict) else value, names)


def first(value: list):
    (one,) = value
    return one


def pairs(value: list) -> dict:
    return {one["Name"]: one["Value"] for one in value}


ENCRYPTION = {
    "KMSMasterKeyID": "kms_master_key_id",
    "SSEAlgorithm": "sse_algorithm",
    "ServerSideEncryptionByDefault": "apply_server_side_encryption_by_default",
}


def encryption(value: dict) -> list:
    (rule,) = value["ServerSideEncryptionConfiguration"]
    return [blocks(rule, ENCRYPTION)]


def lifecycle(value: dict) -> list:
    (rule,) = value["Rules"]
    made = blocks(rule)
    made["expiration"] = [{"days": made.pop("expiration_in_days")}]
    # Required here: the rule is for every file.
    return [made | {"filter": [{}]}]


def egress(value: list) -> list:
    names = {"ip_protocol": "protocol", "cidr_ip": "cidr_blocks"}
    return [
        {names.get(snake(key), snake(key)): [part] if key == "CidrIp" else part for key, part in rule.items()}
        for rule in value
    ]


def root_disk(value: list) -> list:
    (disk,) = value
    assert disk["DeviceName"] == "/dev/xvda", "not the root disk"
    return [blocks(disk["Ebs"])]


# EC2's limit, before base64.
USER_DATA_BYTES_MAX = 16 * 1024


def script(value: str) -> str:
    """What is run: the unit comes with its comments here, and without them there."""
    assert len(value.encode()) <= USER_DATA_BYTES_MAX, "more than EC2 takes"
    return "\n".join(line for line in value.splitlines() if line.strip() and not line.lstrip().startswith("#"))


# Of a container: lists whose order is their sense.
COMMANDS = {"command", "entryPoint"}


def containers(value):
    """Words begin small here; options and their values are as they are."""
    if isinstance(value, list):
        return [containers(part) for part in value]
    if isinstance(value, dict):
        named = {key if "-" in key else key[0].lower() + key[1:]: containers(part) for key, part in value.items()}
        return {key: "\n".join(part) if key in COMMANDS else part for key, part in named.items()}
    return value.rstrip("\n") if isinstance(value, str) else value


def network(value: dict) -> list:
    inner = value["AwsvpcConfiguration"]
    return [blocks(inner | {"AssignPublicIp": {"ENABLED": True, "DISABLED": False}[inner["AssignPublicIp"]]})]


@dataclass(frozen=True)
class Row:
    """A property there; the attributes here, of the resource or of the one of another type that has its name."""

    there: str
    here: str | tuple[str, ...]
    there_as: Callable = same
    here_as: Callable = same
    of: str = ""


def rows(**simple: str) -> list[Row]:
    return [Row(there, here) for there, here in simple.items()]


def bucket_part(there: str, kind: str, here: str | tuple, there_as: Callable) -> Row:
    return Row(there, here, there_as, of=f"aws_s3_bucket_{kind}")


# CloudFormation's type: Terraform's, and the properties. Roles' policies are resources of their own here: terraform_matches.py.
TYPES: dict[str, tuple[str, list[Row]]] = {
    "AWS::KMS::Key": (
        "aws_kms_key",
        rows(
            Description="description",
            EnableKeyRotation="enable_key_rotation",
            PendingWindowInDays="deletion_window_in_days",
        )
        + [Row("KeyPolicy", "policy", policy, policy)],
    ),
    "AWS::KMS::Alias": ("aws_kms_alias", rows(AliasName="name", TargetKeyId="target_key_id")),
    "AWS::S3::Bucket": (
        "aws_s3_bucket",
        [
            Row("BucketName", "bucket"),
            bucket_part("BucketEncryption", "server_side_encryption_configuration", "rule", encryption),
            bucket_part(
                "PublicAccessBlockConfiguration",
                "public_access_block",
                ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
                blocks,
            ),
            bucket_part("OwnershipControls", "ownership_controls", "rule", lambda value: blocks(value["Rules"])),
            bucket_part("VersioningConfiguration", "versioning", "versioning_configuration", renamed()),
            bucket_part("LifecycleConfiguration", "lifecycle_configuration", "rule", lifecycle),
        ],
    ),
    "AWS::S3::BucketPolicy": (
        "aws_s3_bucket_policy",
        [*rows(Bucket="bucket"), Row("PolicyDocument", "policy", policy, policy)],
    ),
    "AWS::Logs::LogGroup": (
        "aws_cloudwatch_log_group",
        rows(LogGroupName="name", RetentionInDays="retention_in_days", KmsKeyId="kms_key_id"),
    ),
    "AWS::Logs::SubscriptionFilter": (
        "aws_cloudwatch_log_subscription_filter",
        rows(
            FilterName="name",
            LogGroupName="log_group_name",
            FilterPattern="filter_pattern",
            DestinationArn="destination_arn",
            RoleArn="role_arn",
            Distribution="distribution",
        ),
    ),
    "AWS::Logs::Destination": (
        "aws_cloudwatch_log_destination",
        [
            *rows(DestinationName="name", TargetArn="target_arn", RoleArn="role_arn"),
            Row("DestinationPolicy", "access_policy", policy, policy, of="aws_cloudwatch_log_destination_policy"),
        ],
    ),
    "AWS::IAM::Role": (
        "aws_iam_role",
        [
            *rows(RoleName="name", Description="description"),
            Row("AssumeRolePolicyDocument", "assume_role_policy", policy, policy),
        ],
    ),
    "AWS::IAM::InstanceProfile": (
        "aws_iam_instance_profile",
        [*rows(InstanceProfileName="name"), Row("Roles", "role", first)],
    ),
    "AWS::CloudTrail::Trail": (
        "aws_cloudtrail",
        [
            *rows(
                TrailName="name",
                IsLogging="enable_logging",
                IsMultiRegionTrail="is_multi_region_trail",
                IncludeGlobalServiceEvents="include_global_service_events",
                IsOrganizationTrail="is_organization_trail",
                EnableLogFileValidation="enable_log_file_validation",
                S3BucketName="s3_bucket_name",
                KMSKeyId="kms_key_id",
                CloudWatchLogsLogGroupArn="cloud_watch_logs_group_arn",
                CloudWatchLogsRoleArn="cloud_watch_logs_role_arn",
            ),
            Row("AdvancedEventSelectors", "advanced_event_selector", renamed(FieldSelectors="field_selector")),
        ],
    ),
    "AWS::Kinesis::Stream": (
        "aws_kinesis_stream",
        [
            *rows(Name="name", ShardCount="shard_count", RetentionPeriodHours="retention_period"),
            Row("StreamModeDetails", "stream_mode_details", renamed()),
            Row(
                "StreamEncryption",
                ("encryption_type", "kms_key_id"),
                lambda value: blocks(value, {"KeyId": "kms_key_id"}),
            ),
        ],
    ),
    "AWS::SNS::Topic": (
        "aws_sns_topic",
        rows(TopicName="name", DisplayName="display_name", KmsMasterKeyId="kms_master_key_id"),
    ),
    "AWS::SNS::TopicPolicy": (
        "aws_sns_topic_policy",
        [Row("Topics", "arn", first), Row("PolicyDocument", "policy", policy, policy)],
    ),
    "AWS::SNS::Subscription": (
        "aws_sns_topic_subscription",
        rows(TopicArn="topic_arn", Protocol="protocol", Endpoint="endpoint"),
    ),
    "AWS::EC2::SecurityGroup": (
        "aws_security_group",
        [
            *rows(GroupName="name", GroupDescription="description", VpcId="vpc_id"),
            Row("SecurityGroupEgress", "egress", egress),
        ],
    ),
    "AWS::EC2::Volume": (
        "aws_ebs_volume",
        rows(AvailabilityZone="availability_zone", Size="size", VolumeType="type", Encrypted="encrypted"),
    ),
    "AWS::EC2::VolumeAttachment": (
        "aws_volume_attachment",
        rows(InstanceId="instance_id", VolumeId="volume_id", Device="device_name"),
    ),
    "AWS::EC2::Instance": (
        "aws_instance",
        [
            *rows(
                ImageId="ami",
                InstanceType="instance_type",
                SubnetId="subnet_id",
                SecurityGroupIds="vpc_security_group_ids",
                IamInstanceProfile="iam_instance_profile",
            ),
            Row("MetadataOptions", "metadata_options", renamed()),
            Row("BlockDeviceMappings", "root_block_device", root_disk),
            Row("UserData", "user_data", script, script),
        ],
    ),
    "AWS::CloudWatch::Alarm": (
        "aws_cloudwatch_metric_alarm",
        [
            *rows(
                AlarmName="alarm_name",
                AlarmDescription="alarm_description",
                Namespace="namespace",
                MetricName="metric_name",
                Statistic="statistic",
                Period="period",
                EvaluationPeriods="evaluation_periods",
                DatapointsToAlarm="datapoints_to_alarm",
                ComparisonOperator="comparison_operator",
                Threshold="threshold",
                TreatMissingData="treat_missing_data",
                AlarmActions="alarm_actions",
                OKActions="ok_actions",
            ),
            Row("Dimensions", "dimensions", pairs),
            Row("Metrics", "metric_query", renamed()),
        ],
    ),
    "AWS::ECS::Cluster": ("aws_ecs_cluster", [*rows(ClusterName="name"), Row("ClusterSettings", "setting", renamed())]),
    "AWS::ECS::TaskDefinition": (
        "aws_ecs_task_definition",
        [
            *rows(
                Family="family",
                RequiresCompatibilities="requires_compatibilities",
                NetworkMode="network_mode",
                Cpu="cpu",
                Memory="memory",
                TaskRoleArn="task_role_arn",
                ExecutionRoleArn="execution_role_arn",
            ),
            Row("RuntimePlatform", "runtime_platform", renamed()),
            Row("EphemeralStorage", "ephemeral_storage", renamed()),
            Row("Volumes", "volume", renamed()),
            Row("ContainerDefinitions", "container_definitions", containers, containers),
        ],
    ),
    "AWS::ECS::Service": (
        "aws_ecs_service",
        [
            *rows(
                ServiceName="name",
                Cluster="cluster",
                TaskDefinition="task_definition",
                LaunchType="launch_type",
                DesiredCount="desired_count",
                AvailabilityZoneRebalancing="availability_zone_rebalancing",
                EnableExecuteCommand="enable_execute_command",
                PropagateTags="propagate_tags",
            ),
            Row(
                "DeploymentConfiguration",
                ("deployment_minimum_healthy_percent", "deployment_maximum_percent"),
                lambda value: {
                    "deployment_minimum_healthy_percent": value["MinimumHealthyPercent"],
                    "deployment_maximum_percent": value["MaximumPercent"],
                },
            ),
            Row(
                "NetworkConfiguration",
                "network_configuration",
                network,
            ),
        ],
    ),
}

# (type, attribute) here and not there: the only value it may have, and why.
ONLY_HERE = {
    ("aws_security_group", "ingress"): ([], "CloudFormation never takes away what was added by hand; this does"),
    ("aws_volume_attachment", "stop_instance_before_detaching"): (
        True,
        "CloudFormation takes the instance away first, by InstancePresent",
    ),
    ("aws_instance", "user_data_replace_on_change"): (False, "CloudFormation stops and starts the instance by itself"),
}
# What Terraform needs to put its parts together.
META = {"count", "depends_on", "lifecycle", "tags"}

# By which a part says of what it is one.
JOINTS = {"aws_s3_bucket": "bucket", "aws_cloudwatch_log_destination": "destination_name"}

# A parameter whose variable differs: its name, and how a value there is said here.
SAID = {
    "none": "",
    "arn:aws:kms:none:000000000000:key/none": "",
    "ami-00000000": "",
    "vpc-00000000": "",
    "subnet-00000000": "",
    "yes": True,
    "no": False,
}
NAMES = {"Source": "event_source"}
