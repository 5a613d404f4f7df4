"""The engine's policy where somebody enforces it: moto checks every signature and every action after `reset-auth`.

What moto cannot enforce, and is left to test_engine_policy.py: resources (it asks about `*`, so that a policy with an ARN allows nothing)
and conditions (it reads them for sts:ExternalId alone). So here, and only here, each statement's resource is `*`."""

import json
import unittest

import calls
import given
import server
from aws import Aws, post
from botocore.exceptions import ClientError
from stack import Stack

USER = "engine"


def denied(call) -> bool:
    """Any other answer, a failure too, comes from behind the door."""
    try:
        call()
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    return False


class Enforced(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        context = server.own()
        cls.url = context.__enter__()
        cls.addClassCleanup(context.__exit__, None, None, None)
        cls.admin = Aws(cls.url)
        cls.stack = Stack(cls.admin, "tripline.yaml", **given.instance(cls.admin))
        cls.out = cls.stack.outputs()
        (document,) = (each["PolicyDocument"] for each in cls.stack.properties("EngineRole")["Policies"] if each["PolicyName"] == "engine")
        cls.exact = document
        cls.wide = {**document, "Statement": [{**each, "Resource": "*"} for each in document["Statement"]]}
        cls.iterator = cls._iterator()
        cls.users = {name: cls._user(name, held) for name, held in ((USER, cls.wide), ("exact", cls.exact), ("nobody", None))}
        post(cls.url, "/moto-api/reset-auth", b"0")

    @classmethod
    def _iterator(cls) -> str:
        kinesis = cls.admin.client("kinesis")
        shard = kinesis.list_shards(StreamName="tripline")["Shards"][0]["ShardId"]
        place = kinesis.get_shard_iterator(StreamName="tripline", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
        return place["ShardIterator"]

    @classmethod
    def _user(cls, name: str, document: dict | None) -> dict[str, str]:
        iam = cls.admin.client("iam")
        iam.create_user(UserName=name)
        if document:
            iam.put_user_policy(UserName=name, PolicyName="engine", PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def client(self, service: str, user: str = USER):
        return self.admin.client(service, **self.users[user])

    def own(self, user: str = USER) -> dict:
        """Each call of the engine."""
        kinesis, key = self.client("kinesis", user), self.out["KeyArn"]
        shard = {"StreamName": "tripline", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
        kms = self.client("kms", user)
        return {
            "kinesis:DescribeStreamSummary": lambda: kinesis.describe_stream_summary(StreamName="tripline"),
            "kinesis:ListShards": lambda: kinesis.list_shards(StreamName="tripline"),
            "kinesis:GetShardIterator": lambda: kinesis.get_shard_iterator(**shard),
            "kinesis:GetRecords": lambda: kinesis.get_records(ShardIterator=self.iterator),
            "sns:Publish": lambda: self.client("sns", user).publish(TopicArn=self.out["AlertTopicArn"], Message="m"),
            "logs:FilterLogEvents": lambda: self.client("logs", user).filter_log_events(logGroupName="/tripline/cloudtrail"),
            "kms:GenerateDataKey": lambda: kms.generate_data_key(KeyId=key, KeySpec="AES_256"),
            "kms:Decrypt": lambda: kms.decrypt(KeyId=key, CiphertextBlob=b"none"),
        }

    def test_all_that_the_engine_calls_is_tried(self):
        self.assertLessEqual(calls.made(), self.own().keys())

    def test_it_may_do_what_it_does(self):
        for action, call in self.own().items():
            self.assertFalse(denied(call), action)

    def test_who_has_no_policy_may_do_none_of_it(self):
        for action, call in self.own("nobody").items():
            self.assertTrue(denied(call), action)

    def test_a_wrong_secret_is_noticed(self):
        credentials = {**self.users[USER], "aws_secret_access_key": "wrong"}
        self.assertTrue(denied(self.admin.client("kinesis", **credentials).list_streams))

    def test_it_may_not_do_what_lies_beside_it(self):
        kinesis, sns, logs = self.client("kinesis"), self.client("sns"), self.client("logs")
        record = {"StreamName": "tripline", "Data": b"{}", "PartitionKey": "k"}
        topic, group = self.out["AlertTopicArn"], "/tripline/cloudtrail"
        beside = {
            "kinesis:PutRecord": lambda: kinesis.put_record(**record),
            "kinesis:ListStreams": kinesis.list_streams,
            "kinesis:DescribeStream": lambda: kinesis.describe_stream(StreamName="tripline"),
            "kinesis:DecreaseStreamRetentionPeriod": lambda: kinesis.decrease_stream_retention_period(
                StreamName="tripline", RetentionPeriodHours=24
            ),
            "kinesis:DeleteStream": lambda: kinesis.delete_stream(StreamName="tripline"),
            "sns:Subscribe": lambda: sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="x@example.com"),
            "sns:DeleteTopic": lambda: sns.delete_topic(TopicArn=topic),
            "logs:DeleteLogGroup": lambda: logs.delete_log_group(logGroupName=group),
            "logs:DeleteSubscriptionFilter": lambda: logs.delete_subscription_filter(logGroupName=group, filterName="tripline"),
            "logs:PutRetentionPolicy": lambda: logs.put_retention_policy(logGroupName=group, retentionInDays=1),
            "cloudtrail:StopLogging": lambda: self.client("cloudtrail").stop_logging(Name="tripline"),
            "iam:ListUsers": self.client("iam").list_users,
            "iam:DeleteRolePolicy": lambda: self.client("iam").delete_role_policy(RoleName="tripline-engine", PolicyName="engine"),
            "s3:ListBuckets": self.client("s3").list_buckets,
            "ec2:DescribeInstances": self.client("ec2").describe_instances,
            "kms:ScheduleKeyDeletion": lambda: self.client("kms").schedule_key_deletion(KeyId=self.out["KeyArn"]),
            "sts:AssumeRole": lambda: self.client("sts").assume_role(RoleArn=self.out["EngineRoleArn"], RoleSessionName="session"),
        }
        for action, call in beside.items():
            self.assertTrue(denied(call), action)

    def test_moto_cannot_enforce_resources(self):
        """When this fails moto has learned it: then take the exact policy above."""
        for action, call in self.own("exact").items():
            if not denied(call):
                self.fail(f"{action} is allowed by its ARN: moto looks at resources now")
        print("\nnot enforced by moto: resources and conditions of every action; see test_engine_policy.py for these")
