"""tripline.yaml the other ways: another's log group, one account, no instance, a pod, shards by number."""

import pathlib
import unittest

import botocore
import botocore.session
import given
import server
import yaml
from aws import Aws, new_account
from stack import Stack

KUBERNETES = pathlib.Path(__file__).resolve().parent.parent / "kubernetes"


class Variants(unittest.TestCase):
    def setUp(self) -> None:
        self.aws = Aws(server.shared(), new_account())

    def test_a_log_group_that_is_there(self):
        self.aws.client("logs").create_log_group(logGroupName="theirs")
        stack = Stack(self.aws, "tripline.yaml", Owner="x", RunsOn="fargate", Source="log-group", ExistingLogGroupName="theirs")
        (filter_,) = self.aws.client("logs").describe_subscription_filters(logGroupName="theirs")["subscriptionFilters"]
        self.assertEqual(filter_["destinationArn"], stack.outputs()["StreamArn"])
        self.assertEqual(self.aws.client("cloudtrail").describe_trails()["trailList"], [])
        self.assertEqual(self.aws.client("s3").list_buckets()["Buckets"], [])
        (engine,) = stack.properties("EngineRole")["Policies"]
        held = {statement["Sid"]: statement for statement in engine["PolicyDocument"]["Statement"]}
        self.assertTrue(held["ReadAgainWhatWasLost"]["Resource"].endswith(":log-group:theirs:*"))
        # Whose key that log group has is not known here.
        self.assertNotIn("DecryptWhatIsReadAgain", held)

    def test_one_account(self):
        stack = Stack(self.aws, "tripline.yaml", **given.instance(self.aws, OrganizationId=""))
        trail = self.aws.client("cloudtrail").describe_trails()["trailList"][0]
        self.assertFalse(trail["IsOrganizationTrail"])
        (policy,) = stack.properties("TrailToLogsRole")["Policies"]
        self.assertEqual(len(policy["PolicyDocument"]["Statement"][0]["Resource"]), 1)
        writes = stack.properties("TrailBucketPolicy")["PolicyDocument"]["Statement"][2]
        self.assertEqual((writes["Sid"], len(writes["Resource"])), ("TheTrailWrites", 1))

    def test_the_volume_without_an_instance(self):
        stack = Stack(self.aws, "tripline.yaml", **given.instance(self.aws, InstancePresent="no"))
        out = stack.outputs()
        self.assertNotIn("InstanceId", out)
        volume = self.aws.client("ec2").describe_volumes(VolumeIds=[out["DataVolumeId"]])["Volumes"][0]
        self.assertEqual(volume["Attachments"], [])
        names = {alarm["AlarmName"] for alarm in self.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]}
        self.assertNotIn("tripline-instance-hangs", names)
        self.assertIn("tripline-engine-behind", names)

    def test_a_pod_of_a_cluster(self):
        stack = Stack(self.aws, "tripline.yaml", Owner="x", RunsOn="kubernetes", ClusterName="soc_1")
        out = stack.outputs()
        self.assertEqual(out.keys() & {"InstanceId", "DataVolumeId"}, set())
        ec2 = self.aws.client("ec2")
        self.assertEqual((ec2.describe_instances()["Reservations"], ec2.describe_volumes()["Volumes"]), ([], []))
        names = {alarm["AlarmName"] for alarm in self.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]}
        self.assertNotIn("tripline-instance-hangs", names)
        self.assertIn("tripline-engine-behind", names)
        # What the machine would need is not there.
        (engine,) = stack.properties("EngineRole")["Policies"]
        self.assertEqual(engine["PolicyName"], "engine")
        (statement,) = self.aws.client("iam").get_role(RoleName="tripline-engine")["Role"]["AssumeRolePolicyDocument"]["Statement"]
        self.assertEqual(statement["Principal"], {"Service": "pods.eks.amazonaws.com"})

    def test_the_association_is_of_the_overlays_service_account(self):
        stack = Stack(self.aws, "tripline.yaml", Owner="x", RunsOn="kubernetes", ClusterName="soc_1")
        command = stack.outputs()["PodIdentityAssociation"].split()
        self.assertEqual(command[:3], ["aws", "eks", "create-pod-identity-association"])
        given_ = dict(zip(command[3::2], command[4::2], strict=True))
        wanted = botocore.session.get_session().get_service_model("eks").operation_model("CreatePodIdentityAssociation").input_shape
        self.assertEqual(given_.keys(), {f"--{botocore.xform_name(name, '-')}" for name in wanted.required_members})
        account = yaml.safe_load((KUBERNETES / "base/serviceaccount.yaml").read_text())["metadata"]["name"]
        namespace = yaml.safe_load((KUBERNETES / "overlays/eks/kustomization.yaml").read_text())["namespace"]
        self.assertEqual((given_["--namespace"], given_["--service-account"]), (namespace, account))
        role = self.aws.client("iam").get_role(RoleName="tripline-engine")["Role"]
        self.assertEqual((given_["--cluster-name"], given_["--role-arn"]), ("soc_1", role["Arn"]))

    def test_shards_by_number(self):
        Stack(self.aws, "tripline.yaml", Owner="x", RunsOn="fargate", StreamMode="PROVISIONED", ShardCount="3")
        kinesis = self.aws.client("kinesis")
        summary = kinesis.describe_stream_summary(StreamName="tripline")["StreamDescriptionSummary"]
        self.assertEqual((summary["StreamModeDetails"]["StreamMode"], summary["OpenShardCount"]), ("PROVISIONED", 3))
