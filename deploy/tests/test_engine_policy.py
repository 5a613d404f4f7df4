"""The engine's policy: exactly the calls that its source makes, on exactly the resources of the stack; and who may have it."""

import unittest

import calls
import given
import policy
import template
from aws import Aws, new_account
from case import MotoCase
from resolve import Resolver
from stack import Stack

# No calls of the engine's: Kinesis, SNS and CloudWatch Logs make them in its name.
IN_ITS_NAME = {"kms:Decrypt", "kms:GenerateDataKey"}


class OfTheSource(unittest.TestCase):
    def test_every_sdk_is_known(self):
        self.assertEqual(calls.crates(), calls.SERVICES.keys(), "teach calls.py the new service, and the templates its statement")

    def test_the_source_is_read(self):
        self.assertLessEqual({"kinesis:GetRecords", "logs:FilterLogEvents", "sns:Publish"}, calls.made())


class OfTheTemplate(MotoCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack = Stack(cls.aws, "tripline.yaml", **given.instance(cls.aws))
        cls.out = cls.stack.outputs()
        cls.by_name = {each["PolicyName"]: each["PolicyDocument"] for each in cls.stack.properties("EngineRole")["Policies"]}
        cls.engine = [cls.by_name["engine"]]

    def may(self, action: str, resource: str, via: str | None = None, **context: str) -> bool:
        if via:
            context["kms:ViaService"] = f"{via}.eu-west-1.amazonaws.com"
        return policy.allows(self.engine, action, resource, context)

    def actions(self) -> list[str]:
        held = [statement["Action"] for statement in self.by_name["engine"]["Statement"]]
        return [action for each in held for action in ([each] if isinstance(each, str) else each)]

    def test_each_call_has_a_statement_and_each_statement_a_call(self):
        self.assertEqual(set(self.actions()) - IN_ITS_NAME, calls.made())

    def test_no_action_is_a_pattern_and_no_resource_is_everything(self):
        for statement in self.by_name["engine"]["Statement"]:
            self.assertNotIn("*", str(statement["Action"]), statement["Sid"])
            self.assertNotEqual(statement["Resource"], "*", statement["Sid"])

    def test_it_may_do_what_it_does(self):
        group = f"arn:aws:logs:eu-west-1:{self.aws.account}:log-group:/tripline/cloudtrail"
        for name in ("DescribeStreamSummary", "ListShards", "GetShardIterator", "GetRecords"):
            self.assertTrue(self.may(f"kinesis:{name}", self.out["StreamArn"]), name)
        self.assertTrue(self.may("sns:Publish", self.out["AlertTopicArn"]))
        self.assertTrue(self.may("logs:FilterLogEvents", f"{group}:log-stream:"))
        self.assertTrue(self.may("kms:Decrypt", self.out["KeyArn"], via="kinesis"))
        self.assertTrue(self.may("kms:Decrypt", self.out["KeyArn"], via="sns"))
        self.assertTrue(self.may("kms:GenerateDataKey", self.out["KeyArn"], via="sns"))
        context = {"kms:EncryptionContext:aws:logs:arn": group}
        self.assertTrue(self.may("kms:Decrypt", self.out["KeyArn"], via="logs", **context))

    def test_it_may_not_do_what_lies_beside_it(self):
        stream, topic, key = self.out["StreamArn"], self.out["AlertTopicArn"], self.out["KeyArn"]
        group = f"arn:aws:logs:eu-west-1:{self.aws.account}:log-group"
        beside = [
            *((f"kinesis:{name}", stream) for name in ("PutRecord", "PutRecords", "DeleteStream", "SplitShard", "SubscribeToShard")),
            ("kinesis:GetRecords", f"{stream}-2"),
            ("kinesis:GetRecords", stream.replace(self.aws.account, "111111111111")),
            ("sns:Publish", self.out["OperationsTopicArn"]),
            ("sns:Subscribe", topic),
            ("sns:SetTopicAttributes", topic),
            ("logs:FilterLogEvents", f"{group}:/other:log-stream:"),
            ("logs:FilterLogEvents", f"{group}:/tripline/cloudtrail2:log-stream:"),
            *((f"logs:{name}", f"{group}:/tripline/cloudtrail:*") for name in ("DeleteLogGroup", "PutLogEvents", "PutSubscriptionFilter")),
            ("s3:GetObject", f"arn:aws:s3:::{self.out['TrailBucketName']}/AWSLogs/file"),
            ("iam:PutRolePolicy", self.out["EngineRoleArn"]),
            ("sts:AssumeRole", self.out["EngineRoleArn"]),
            ("cloudtrail:StopLogging", self.out["TrailArn"]),
            ("ec2:DetachVolume", f"arn:aws:ec2:eu-west-1:{self.aws.account}:volume/{self.out['DataVolumeId']}"),
            ("kms:Decrypt", key),
            ("kms:ScheduleKeyDeletion", key),
        ]
        for action, resource in beside:
            self.assertFalse(self.may(action, resource), f"{action} on {resource}")
        self.assertFalse(self.may("kms:Decrypt", key, via="s3"), "the trail's files")
        self.assertFalse(self.may("kms:GenerateDataKey", key, via="kinesis"), "it writes to no stream")
        self.assertFalse(self.may("kms:Decrypt", key, via="logs"), "of another log group")

    def test_the_host_fetches_one_object_and_ships_one_log(self):
        host = [self.by_name["host"]]
        self.assertTrue(policy.allows(host, "s3:GetObject", "arn:aws:s3:::releases.example/tripline/1.0.0/tripline"))
        self.assertFalse(policy.allows(host, "s3:GetObject", "arn:aws:s3:::releases.example/tripline/1.0.1/tripline"))
        self.assertFalse(policy.allows(host, "s3:ListBucket", "arn:aws:s3:::releases.example"))
        group = f"arn:aws:logs:eu-west-1:{self.aws.account}:log-group"
        self.assertTrue(policy.allows(host, "logs:PutLogEvents", f"{group}:/tripline/engine:log-stream:i-1"))
        self.assertFalse(policy.allows(host, "logs:PutLogEvents", f"{group}:/tripline/cloudtrail:log-stream:i-1"))
        self.assertFalse(policy.allows(host, "ssm:GetParameter", f"arn:aws:ssm:eu-west-1:{self.aws.account}:parameter/x"))


# What takes the role, by where the engine runs, and the source that it has to name.
TRUSTED = {
    "instance": ("ec2.amazonaws.com", {"sts:AssumeRole"}, None),
    "fargate": ("ecs-tasks.amazonaws.com", {"sts:AssumeRole"}, "arn:aws:ecs:eu-west-1:111111111111:task/tripline/1"),
    "kubernetes": ("pods.eks.amazonaws.com", {"sts:AssumeRole", "sts:TagSession"}, "arn:aws:eks:eu-west-1:111111111111:cluster/soc"),
}


class Trust(unittest.TestCase):
    """Who may take the role: one service, by where the engine runs."""

    def statement(self, runs_on: str) -> dict:
        held = template.load("tripline.yaml")
        given_ = {"Owner": "x", "RunsOn": runs_on, **({"ClusterName": "soc"} if runs_on == "kubernetes" else {})}
        resolver = Resolver(held, template.parameters(held, given_), "111111111111", "eu-west-1")
        (only,) = resolver.resolve(held["Resources"]["EngineRole"]["Properties"]["AssumeRolePolicyDocument"])["Statement"]
        return only

    def test_every_place_is_known(self):
        self.assertEqual(set(template.load("tripline.yaml")["Parameters"]["RunsOn"]["AllowedValues"]), TRUSTED.keys())

    def test_each_place_trusts_its_service_alone(self):
        for runs_on, (service, actions, _) in TRUSTED.items():
            with self.subTest(runs_on):
                held = self.statement(runs_on)
                self.assertEqual((held["Effect"], held["Principal"]), ("Allow", {"Service": service}))
                action = held["Action"]
                self.assertEqual({action} if isinstance(action, str) else set(action), actions)

    def test_and_that_for_nobody_else(self):
        for runs_on, (_, actions, source) in TRUSTED.items():
            if not source:
                # EC2 says no source; an instance with another account's role there cannot be.
                self.assertNotIn("Condition", self.statement(runs_on))
                continue
            with self.subTest(runs_on):
                # A trust policy is about the role that holds it.
                document = {"Statement": [self.statement(runs_on) | {"Resource": "role"}]}
                ours = {"aws:SourceAccount": "111111111111", "aws:SourceArn": source}
                for action in actions:
                    self.assertTrue(policy.allows([document], action, "role", ours), action)
                    for name in ours:
                        less = {key: value for key, value in ours.items() if key != name}
                        self.assertFalse(policy.allows([document], action, "role", less), f"{action} without {name}")
                    self.assertFalse(policy.allows([document], action, "role", ours | {"aws:SourceAccount": "222222222222"}))
                    for other in (source.replace("111111111111", "222222222222"), source.replace("eu-west-1", "eu-west-2")):
                        self.assertFalse(policy.allows([document], action, "role", ours | {"aws:SourceArn": other}), other)

    def test_of_clusters_the_one_that_was_named(self):
        document = {"Statement": [self.statement("kubernetes") | {"Resource": "role"}]}
        source = TRUSTED["kubernetes"][2]
        association = source.replace("cluster/soc", "podidentityassociation/soc/a-1")
        for other in (f"{source}2", source.replace("/soc", "/other"), association):
            context = {"aws:SourceAccount": "111111111111", "aws:SourceArn": other}
            self.assertFalse(policy.allows([document], "sts:AssumeRole", "role", context), other)


class Variants(MotoCase):
    """What is not there needs no permission."""

    def engine(self, **given_: str) -> dict[str, dict]:
        stack = Stack(Aws(self.url, new_account()), "tripline.yaml", Owner="x", RunsOn="fargate", **given_)
        (only,) = stack.properties("EngineRole")["Policies"]
        return {statement["Sid"]: statement for statement in only["PolicyDocument"]["Statement"]}

    def test_without_a_log_group(self):
        held = self.engine(Source="destination")
        self.assertEqual(held.keys() & {"ReadAgainWhatWasLost", "DecryptWhatIsReadAgain"}, set())

    def test_with_another_topic(self):
        topic = "arn:aws:sns:eu-west-1:111122223333:theirs"
        held = self.engine(Source="destination", ExistingAlertTopicArn=topic)
        self.assertEqual(held["TellOfAlerts"]["Resource"], topic)
        self.assertNotIn("EncryptAlerts", held)
