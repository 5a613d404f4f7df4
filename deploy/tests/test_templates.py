"""What holds of every template: tags, what is kept, what a parameter says of itself, who may be impersonated."""

import json
import unittest

import given
import template
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from resolve import Resolver

# What is gone when these are: evidence, unread events, alerts, and what makes them readable.
KEPT = {
    "AWS::S3::Bucket",
    "AWS::Logs::LogGroup",
    "AWS::CloudTrail::Trail",
    "AWS::Kinesis::Stream",
    "AWS::KMS::Key",
    "AWS::EC2::Volume",
    "AWS::Logs::Destination",
}
# Services that say on whose behalf they take a role; the templates argue for the two that do not.
SILENT = {"cloudtrail.amazonaws.com", "ec2.amazonaws.com"}


def resources():
    for name in template.names():
        for logical, of in template.load(name)["Resources"].items():
            yield name, logical, of


class EveryTemplate(unittest.TestCase):
    def test_what_takes_tags_has_them(self):
        for name, logical, of in resources():
            schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-1", of["Type"]).schema
            if "Tags" in schema["properties"] and of["Type"] != "AWS::KMS::Alias":
                held = {tag["Key"]: tag["Value"] for tag in of["Properties"].get("Tags", [])}
                self.assertEqual(held.get("tripline:owner"), {"Ref": "Owner"}, f"{name}: {logical}")
                self.assertEqual(held.get("tripline:purpose"), {"Ref": "Purpose"}, f"{name}: {logical}")

    def test_what_would_be_missed_is_kept(self):
        seen = set()
        for name, logical, of in resources():
            if of["Type"] in KEPT:
                seen.add(of["Type"])
                kept = (of.get("DeletionPolicy"), of.get("UpdateReplacePolicy"))
                self.assertEqual(kept, ("Retain", "Retain"), f"{name}: {logical}")
        self.assertEqual(seen, KEPT)

    def test_parameters_say_what_they_are_and_take_nothing_else(self):
        for name in template.names():
            for parameter, of in template.load(name)["Parameters"].items():
                where = f"{name}: {parameter}"
                self.assertGreater(len(of.get("Description", "")), 10, where)
                bounds = {"AllowedPattern", "AllowedValues", "MinValue"} & of.keys()
                self.assertTrue(bounds or of["Type"].startswith(("AWS::", "List<AWS::")), where)
                if "AllowedPattern" in of:
                    self.assertRegex(of["AllowedPattern"], r"^\^.*\$$", where)
                    self.assertIn("ConstraintDescription", of, where)

    def test_nobody_takes_a_role_for_a_stranger(self):
        for name, logical, of in resources():
            if of["Type"] != "AWS::IAM::Role":
                continue
            for statement in of["Properties"]["AssumeRolePolicyDocument"]["Statement"]:
                for each in chosen(statement):
                    if each["Principal"]["Service"] not in SILENT:
                        self.assertIn("aws:Source", json.dumps(each.get("Condition")), f"{name}: {logical} {each['Sid']}")

    def test_statements_have_names(self):
        for name, logical, of in resources():
            for statement in statements(of.get("Properties", {})):
                self.assertRegex(statement.get("Sid", ""), "^[A-Za-z0-9]+$", f"{name}: {logical}")

    def test_names_fit_what_the_services_take(self):
        """The longest Name there may be."""
        for name in template.names():
            longest = {"Name": "a" * 20, "Owner": "x"}
            held = template.load(name)
            for parameter, of in held["Parameters"].items():
                if "Default" not in of and parameter not in longest:
                    longest[parameter] = EXAMPLES[parameter]
            resolver = Resolver(held, template.parameters(held, longest), "1" * 12, "ap-southeast-2")
            for logical, of in held["Resources"].items():
                properties = of.get("Properties", {})
                if "RoleName" in properties:
                    self.assertLessEqual(len(resolver.resolve(properties["RoleName"])), 64, f"{name}: {logical}")
                if "BucketName" in properties:
                    self.assertLessEqual(len(resolver.resolve(properties["BucketName"])), 63, f"{name}: {logical}")


def chosen(statement: dict) -> list[dict]:
    """Every statement that may stand in its place."""
    if "Fn::If" not in statement:
        return [statement]
    return [each for part in statement["Fn::If"][1:] for each in chosen(part)]


def statements(value):
    if isinstance(value, list):
        for part in value:
            yield from statements(part)
    elif isinstance(value, dict):
        if "Effect" in value:
            yield value
        for part in value.values():
            yield from statements(part)


EXAMPLES = {
    "StreamArn": "arn:aws:kinesis:eu-west-1:111111111111:stream/tripline",
    "StreamRegion": "eu-west-1",
    "KeyArn": "arn:aws:kms:eu-west-1:111111111111:key/1234abcd",
    "DestinationArn": "arn:aws:logs:eu-west-1:111111111111:destination:tripline",
    "AlertTopicArn": "arn:aws:sns:eu-west-1:111111111111:tripline-alerts",
    "EngineRoleArn": "arn:aws:iam::111111111111:role/tripline-engine",
    "EngineLogGroupName": "/tripline/engine",
    "Image": f"111111111111.dkr.ecr.eu-west-1.amazonaws.com/tripline@sha256:{given.SHA256}",
    "InitImage": f"public.ecr.aws/docker/library/busybox@sha256:{given.SHA256}",
    "RepositoryArn": "arn:aws:ecr:eu-west-1:111111111111:repository/tripline",
    "VpcId": "vpc-12345678",
    "SubnetIds": "subnet-12345678",
}


class Refusals(unittest.TestCase):
    """What CloudFormation would refuse before it makes anything."""

    def refused(self, name: str, **values: str) -> str:
        held = template.load(name)
        with self.assertRaises(template.Refused) as caught:
            Resolver(held, template.parameters(held, values), "1" * 12, "eu-west-1").check_rules()
        return str(caught.exception)

    def test_an_instance_without_its_place(self):
        self.assertIn("needs ImageId", self.refused("tripline.yaml", Owner="x"))

    def test_a_pod_without_its_cluster(self):
        self.assertIn("needs ClusterName", self.refused("tripline.yaml", Owner="x", RunsOn="kubernetes"))

    def test_every_cluster_there_is(self):
        self.assertIn("ClusterName", self.refused("tripline.yaml", Owner="x", RunsOn="kubernetes", ClusterName="*"))

    def test_a_log_group_without_a_name(self):
        self.assertIn("ExistingLogGroupName", self.refused("tripline.yaml", Owner="x", RunsOn="fargate", Source="log-group"))

    def test_a_member_without_events(self):
        self.assertIn("TrailBucketName", self.refused("member.yaml", Owner="x", DestinationArn=EXAMPLES["DestinationArn"]))

    def test_a_destination_for_nobody(self):
        arns = {name: EXAMPLES[name] for name in ("StreamArn", "StreamRegion", "KeyArn")}
        self.assertIn("MemberAccountIds", self.refused("destination.yaml", Owner="x", **arns))

    def test_a_tag_for_an_image(self):
        declared = template.load("fargate.yaml")["Parameters"]
        values = {name: value for name, value in EXAMPLES.items() if name in declared}
        values["Image"] = values["Image"].split("@")[0] + ":latest"
        self.assertIn("Image", self.refused("fargate.yaml", Owner="x", **values))

    def test_a_release_without_its_digest(self):
        self.assertIn("ReleaseSha256", self.refused("tripline.yaml", Owner="x", ReleaseSha256="abc"))
