"""The service control policies: what Organizations takes, actions that there are, and what they say of an attack."""

import json
import pathlib
import re
import unittest

import botocore.session
import cfnlint
import policy

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "scp"
# What Organizations takes of one policy.
CHARACTERS_MAX = 5120
EXCEPTIONS = ["arn:aws:iam::*:role/tripline-deployment", "arn:aws:iam::*:role/break-glass"]
ADMIN = {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/admin"}
BREAK_GLASS = {"aws:PrincipalArn": "arn:aws:iam::111111111111:role/break-glass"}
TAGGED = {"aws:ResourceTag/tripline:owner": "security"}


def policies() -> dict[str, dict]:
    return {path.name: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}


def known_actions() -> dict[str, dict]:
    """IAM's actions by service, as cfn-lint carries them: botocore's operations have other names for some of S3's."""
    path = pathlib.Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
    return {service: of["Actions"] for service, of in json.loads(path.read_text()).items()}


class Written(unittest.TestCase):
    def test_there_are_few_enough_to_hang_on_one_target(self):
        self.assertIn(len(policies()), range(1, 5))

    def test_each_is_what_organizations_takes(self):
        for name, document in policies().items():
            self.assertLess(len((FOLDER / name).read_text()), CHARACTERS_MAX, name)
            self.assertEqual(document.keys(), {"Version", "Statement"})
            sids = [statement["Sid"] for statement in document["Statement"]]
            self.assertEqual(len(sids), len(set(sids)), name)
            for statement in document["Statement"]:
                self.assertEqual(statement["Effect"], "Deny", statement["Sid"])
                self.assertRegex(statement["Sid"], "^[A-Za-z0-9]+$")

    def test_each_has_the_exception(self):
        for document in policies().values():
            for statement in document["Statement"]:
                excepted = statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
                self.assertEqual(excepted[:2], EXCEPTIONS, statement["Sid"])
                # Others are roles of the pipeline that write where it says that nobody else writes.
                if len(excepted) > 2:
                    self.assertTrue(statement["Sid"].startswith("NobodyElseWrites"), statement["Sid"])

    def test_each_action_is_one_and_takes_such_a_resource(self):
        known, without = known_actions(), []
        for document in policies().values():
            for statement in document["Statement"]:
                for action in statement["Action"]:
                    service, name = action.split(":")
                    self.assertNotIn("*", name, "write actions out: what a pattern will match one day nobody knows")
                    self.assertIn(name.lower(), known[service], action)
                    # A statement about a resource says nothing of an action that takes none.
                    if not known[service][name.lower()].get("Resources"):
                        without.append(action)
        self.assertEqual(without, [])

    def test_botocore_knows_them_too(self):
        # IAM's names of what botocore calls PutBucketEncryption, PutBucketLifecycleConfiguration, PutBucketReplication and
        # PutPublicAccessBlock; DeleteObjectVersion is DeleteObject with a version.
        other = {"PutEncryptionConfiguration", "PutLifecycleConfiguration", "PutReplicationConfiguration"}
        other |= {"PutBucketPublicAccessBlock", "DeleteObjectVersion"}
        session = botocore.session.get_session()
        for document in policies().values():
            for statement in document["Statement"]:
                for action in statement["Action"]:
                    service, name = action.split(":")
                    if name not in other:
                        self.assertIn(name, session.get_service_model(service).operation_names, action)


class Judged(unittest.TestCase):
    """Under FullAWSAccess, which every target has."""

    documents = [{"Statement": [{"Sid": "Full", "Effect": "Allow", "Action": "*", "Resource": "*"}]}, *policies().values()]
    attacks = [
        ("cloudtrail:StopLogging", "arn:aws:cloudtrail:eu-west-1:111111111111:trail/tripline"),
        ("cloudtrail:PutEventSelectors", "arn:aws:cloudtrail:eu-west-1:111111111111:trail/tripline"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::tripline-trail-111111111111-eu-west-1/AWSLogs/x"),
        ("logs:DeleteSubscriptionFilter", "arn:aws:logs:eu-west-1:111111111111:log-group:/tripline/cloudtrail:*"),
        ("logs:PutLogEvents", "arn:aws:logs:eu-west-1:111111111111:log-group:/tripline/cloudtrail:log-stream:x"),
        ("logs:DeleteDestination", "arn:aws:logs:eu-west-1:111111111111:destination:tripline"),
        ("kinesis:DecreaseStreamRetentionPeriod", "arn:aws:kinesis:eu-west-1:111111111111:stream/tripline"),
        ("kinesis:PutRecord", "arn:aws:kinesis:eu-west-1:111111111111:stream/tripline"),
        ("sns:DeleteTopic", "arn:aws:sns:eu-west-1:111111111111:tripline-alerts"),
        ("cloudwatch:DisableAlarmActions", "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:tripline-engine-behind"),
        ("iam:PutRolePolicy", "arn:aws:iam::111111111111:role/tripline-engine"),
        ("iam:UpdateAssumeRolePolicy", "arn:aws:iam::111111111111:role/break-glass"),
        ("kms:ScheduleKeyDeletion", "arn:aws:kms:eu-west-1:111111111111:key/1"),
        ("ec2:TerminateInstances", "arn:aws:ec2:eu-west-1:111111111111:instance/i-1"),
        ("ec2:DetachVolume", "arn:aws:ec2:eu-west-1:111111111111:volume/vol-1"),
        ("ssm:StartSession", "arn:aws:ec2:eu-west-1:111111111111:instance/i-1"),
    ]

    def test_an_administrator_may_not(self):
        for action, resource in self.attacks:
            self.assertFalse(policy.allows(self.documents, action, resource, {**ADMIN, **TAGGED}), action)

    def test_the_exception_may(self):
        for action, resource in self.attacks:
            self.assertTrue(policy.allows(self.documents, action, resource, {**BREAK_GLASS, **TAGGED}), action)

    def test_what_is_not_ours_is_nobodys_business(self):
        for action, resource in self.attacks:
            other = re.sub("tripline|break-glass", "other", resource)
            self.assertTrue(policy.allows(self.documents, action, other, ADMIN), f"{action} on {other}")

    def test_the_pipeline_goes_on(self):
        of = "arn:aws:iam::111111111111:role/tripline-"
        logs = "arn:aws:logs:eu-west-1:111111111111:log-group:/tripline"
        stream = "arn:aws:kinesis:eu-west-1:111111111111:stream/tripline"
        goes_on = [
            ("logs:PutLogEvents", f"{logs}/cloudtrail:log-stream:111111111111_CloudTrail_eu-west-1", "trail-to-logs"),
            ("logs:PutLogEvents", f"{logs}/cloudtrail:log-stream:x", "sender-eu-west-1"),
            ("logs:PutLogEvents", f"{logs}/engine:log-stream:i-1", "engine"),
            ("kinesis:PutRecord", stream, "logs-to-stream"),
            ("kinesis:PutRecords", stream, "destination-eu-west-1"),
            ("kinesis:GetRecords", stream, "engine"),
            ("sns:Publish", "arn:aws:sns:eu-west-1:111111111111:tripline-alerts", "engine"),
            ("kms:Decrypt", "arn:aws:kms:eu-west-1:111111111111:key/1", "engine"),
        ]
        for action, resource, role in goes_on:
            context = {"aws:PrincipalArn": of + role, **TAGGED}
            self.assertTrue(policy.allows(self.documents, action, resource, context), f"{action} by {role}")
