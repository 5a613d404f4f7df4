"""destination.yaml and member.yaml, in two accounts: the door, who may use it, and whose events go through it."""

import json

import given
import policy
from aws import Aws, new_account
from case import MotoCase
from stack import Stack


class ManyAccounts(MotoCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        pipe = Stack(cls.aws, "tripline.yaml", Owner="security", RunsOn="fargate", Source="destination")
        cls.pipe = pipe.outputs()
        taken = {"StreamArn": cls.pipe["StreamArn"], "KeyArn": cls.pipe["KeyArn"], "StreamRegion": "eu-west-1"}
        cls.door = Stack(cls.aws, "destination.yaml", Owner="security", OrganizationId=given.ORGANIZATION, **taken)
        cls.listed = Stack(
            Aws(cls.url, new_account()), "destination.yaml", Owner="security", MemberAccountIds="111111111111,222222222222", **taken
        )
        cls.arn = cls.door.outputs()["DestinationArn"]
        cls.member_aws = Aws(cls.url, new_account())
        cls.member_aws.client("s3").create_bucket(
            Bucket=f"trails-{cls.member_aws.account}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        bucket = f"trails-{cls.member_aws.account}"
        cls.member = Stack(cls.member_aws, "member.yaml", Owner="security", DestinationArn=cls.arn, TrailBucketName=bucket)

    def test_the_pipe_has_neither_trail_nor_subscription(self):
        self.assertEqual(self.aws.client("cloudtrail").describe_trails()["trailList"], [])
        self.assertNotIn("LogGroupName", self.pipe)

    def test_the_destination_points_to_the_stream(self):
        (destination,) = self.aws.client("logs").describe_destinations()["destinations"]
        self.assertEqual(destination["targetArn"], self.pipe["StreamArn"])
        self.assertEqual(destination["roleArn"], self.door["WriterRole"].attributes["Arn"])
        self.assertEqual(destination["arn"], self.arn)

    def test_accounts_of_the_organisation_may_subscribe_to_it(self):
        (destination,) = self.aws.client("logs").describe_destinations()["destinations"]
        documents = [json.loads(destination["accessPolicy"])]
        call = ("logs:PutSubscriptionFilter", self.arn)
        self.assertTrue(policy.allows(documents, *call, {"aws:PrincipalOrgID": given.ORGANIZATION}))
        self.assertFalse(policy.allows(documents, *call, {"aws:PrincipalOrgID": "o-stranger00"}))
        self.assertFalse(policy.allows(documents, *call))
        self.assertFalse(policy.allows(documents, "logs:DeleteDestination", self.arn, {"aws:PrincipalOrgID": given.ORGANIZATION}))

    def test_or_accounts_by_number(self):
        (destination,) = self.listed.aws.client("logs").describe_destinations()["destinations"]
        (statement,) = json.loads(destination["accessPolicy"])["Statement"]
        self.assertEqual(statement["Principal"], {"AWS": ["111111111111", "222222222222"]})
        trust = self.listed.properties("WriterRole")["AssumeRolePolicyDocument"]["Statement"][1]
        self.assertEqual(trust["Condition"]["StringEquals"], {"aws:SourceAccount": ["111111111111", "222222222222"]})

    def test_the_writer_puts_into_this_stream_and_does_nothing_else(self):
        held = [each["PolicyDocument"] for each in self.door.properties("WriterRole")["Policies"]]
        stream, key = self.pipe["StreamArn"], self.pipe["KeyArn"]
        via = {"kms:ViaService": "kinesis.eu-west-1.amazonaws.com"}
        self.assertTrue(policy.allows(held, "kinesis:PutRecord", stream))
        self.assertTrue(policy.allows(held, "kms:GenerateDataKey", key, via))
        self.assertFalse(policy.allows(held, "kinesis:GetRecords", stream))
        self.assertFalse(policy.allows(held, "kinesis:PutRecord", f"{stream}2"))
        self.assertFalse(policy.allows(held, "kms:Decrypt", key, via))

    def test_the_writer_writes_for_the_organisation_alone(self):
        trust = self.door.properties("WriterRole")["AssumeRolePolicyDocument"]["Statement"]
        conditions = [statement["Condition"]["StringEquals"] for statement in trust]
        self.assertEqual(conditions, [{"aws:SourceAccount": self.aws.account}, {"aws:SourceOrgID": given.ORGANIZATION}])

    def test_the_member_records_and_sends(self):
        client = self.member_aws.client("cloudtrail")
        self.assertTrue(client.get_trail_status(Name="tripline")["IsLogging"])
        filter_ = self.member.properties("Subscription")
        self.assertEqual((filter_["LogGroupName"], filter_["DestinationArn"]), ("/tripline/cloudtrail", self.arn))
        self.assertEqual(filter_["RoleArn"], self.member["SenderRole"].attributes["Arn"])
        sender = [each["PolicyDocument"] for each in self.member.properties("SenderRole")["Policies"]]
        group = f"arn:aws:logs:eu-west-1:{self.member_aws.account}:log-group"
        self.assertTrue(policy.allows(sender, "logs:PutLogEvents", f"{group}:/tripline/cloudtrail:log-stream:x"))
        self.assertFalse(policy.allows(sender, "logs:PutLogEvents", f"{group}:/other:log-stream:x"))

    def test_what_moto_lacks(self):
        lacking = self.member.lacking
        print(f"\nnot applied, moto lacks it: member.yaml {lacking}")
        self.assertEqual(lacking.keys(), {"Subscription"})
        # When this succeeds moto has learned it: then `make_events.subscription` need not refuse.
        logs = self.member_aws.client("logs")
        with self.assertRaises(logs.exceptions.ResourceNotFoundException):
            request = self.member.properties("Subscription")
            logs.put_subscription_filter(**{key[0].lower() + key[1:]: value for key, value in request.items()})
