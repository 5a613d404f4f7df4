"""tripline.yaml, applied: what stands in moto afterwards, read back through the services' APIs."""

import json
import time

import given
from case import MotoCase
from stack import Stack


class Applied(MotoCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.given = given.instance(cls.aws)
        cls.stack = Stack(cls.aws, "tripline.yaml", **cls.given)
        cls.out = cls.stack.outputs()

    def test_everything_was_made(self):
        self.assertEqual(self.stack.lacking, {})
        self.assertEqual(self.stack.resolver.wanted().keys(), self.stack.resolver.things.keys())

    def test_the_trail_records_everything_into_bucket_and_log_group(self):
        client = self.aws.client("cloudtrail")
        trail = client.describe_trails(trailNameList=["tripline"])["trailList"][0]
        self.assertTrue(client.get_trail_status(Name="tripline")["IsLogging"])
        for flag in ("IsMultiRegionTrail", "IncludeGlobalServiceEvents", "LogFileValidationEnabled", "IsOrganizationTrail"):
            self.assertTrue(trail[flag], flag)
        self.assertEqual(trail["S3BucketName"], self.out["TrailBucketName"])
        self.assertEqual(trail["KmsKeyId"], self.out["KeyArn"])
        group = self.aws.client("logs").describe_log_groups(logGroupNamePrefix="/tripline/cloudtrail")["logGroups"][0]
        self.assertEqual(trail["CloudWatchLogsLogGroupArn"], group["arn"])
        self.assertTrue(group["arn"].endswith(":*"), "CloudTrail refuses the ARN without it")
        selectors = client.get_event_selectors(TrailName="tripline")["AdvancedEventSelectors"]
        self.assertEqual(selectors[0]["FieldSelectors"], [{"Field": "eventCategory", "Equals": ["Management"]}])

    def test_the_trail_may_write_its_log_streams_and_nothing_else(self):
        policy = self._policy("tripline-trail-to-logs", "write")
        group = f"arn:aws:logs:eu-west-1:{self.aws.account}:log-group:/tripline/cloudtrail:log-stream"
        (statement,) = policy["Statement"]
        self.assertEqual(statement["Action"], ["logs:CreateLogStream", "logs:PutLogEvents"])
        self.assertEqual(
            statement["Resource"],
            [f"{group}:{self.aws.account}_CloudTrail_eu-west-1*", f"{group}:{given.ORGANIZATION}_*"],
        )

    def test_the_bucket_is_closed(self):
        s3, bucket = self.aws.client("s3"), self.out["TrailBucketName"]
        blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        self.assertEqual(list(blocked.values()), [True] * 4)
        rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
        self.assertEqual(rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"], self.out["KeyArn"])
        self.assertEqual(s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
        self.assertEqual(s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Expiration"]["Days"], 400)
        policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        statements = {each["Sid"]: each for each in policy["Statement"]}
        self.assertEqual(statements["NothingInTheClear"]["Condition"], {"Bool": {"aws:SecureTransport": "false"}})
        for sid in ("TheTrailLooksAtTheBucket", "TheTrailWrites"):
            self.assertEqual(statements[sid]["Condition"]["StringEquals"]["aws:SourceArn"], self.out["TrailArn"])
        self.assertEqual(
            statements["TheTrailWrites"]["Resource"],
            [f"arn:aws:s3:::{bucket}/AWSLogs/{self.aws.account}/*", f"arn:aws:s3:::{bucket}/AWSLogs/{given.ORGANIZATION}/*"],
        )

    def test_log_groups_are_kept_and_encrypted(self):
        groups = self.aws.client("logs").describe_log_groups(logGroupNamePrefix="/tripline/")["logGroups"]
        self.assertEqual([group["logGroupName"] for group in groups], ["/tripline/cloudtrail", "/tripline/engine"])
        for group in groups:
            self.assertEqual((group["retentionInDays"], group["kmsKeyId"]), (90, self.out["KeyArn"]))

    def test_the_subscription_sends_everything_to_the_stream(self):
        logs = self.aws.client("logs")
        (filter_,) = logs.describe_subscription_filters(logGroupName="/tripline/cloudtrail")["subscriptionFilters"]
        self.assertEqual(filter_["destinationArn"], self.out["StreamArn"])
        self.assertEqual(filter_["roleArn"], self.stack["LogsToStreamRole"].attributes["Arn"])
        self.assertEqual(filter_["filterPattern"], "")
        # moto does not keep it.
        self.assertEqual(self.stack.properties("Subscription")["Distribution"], "Random")

    def test_what_is_logged_comes_out_of_the_stream(self):
        logs, kinesis = self.aws.client("logs"), self.aws.client("kinesis")
        logs.create_log_stream(logGroupName="/tripline/cloudtrail", logStreamName="stream")
        event = {"timestamp": int(time.time() * 1000), "message": "{}"}
        logs.put_log_events(logGroupName="/tripline/cloudtrail", logStreamName="stream", logEvents=[event])
        records = []
        for shard in kinesis.list_shards(StreamName="tripline")["Shards"]:
            place = kinesis.get_shard_iterator(
                StreamName="tripline", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            records += kinesis.get_records(ShardIterator=place["ShardIterator"])["Records"]
        self.assertEqual(len(records), 1)

    def test_the_stream_is_encrypted_and_remembers_a_week(self):
        summary = self.aws.client("kinesis").describe_stream_summary(StreamName="tripline")["StreamDescriptionSummary"]
        self.assertEqual(summary["RetentionPeriodHours"], 168)
        self.assertEqual((summary["EncryptionType"], summary["KeyId"]), ("KMS", self.out["KeyArn"]))
        self.assertEqual(summary["StreamModeDetails"]["StreamMode"], "ON_DEMAND")

    def test_topics_are_encrypted_and_say_who_publishes(self):
        sns = self.aws.client("sns")
        alerts = sns.get_topic_attributes(TopicArn=self.out["AlertTopicArn"])["Attributes"]
        operations = sns.get_topic_attributes(TopicArn=self.out["OperationsTopicArn"])["Attributes"]
        for attributes in (alerts, operations):
            self.assertEqual(attributes["KmsMasterKeyId"], self.out["KeyArn"])
        statements = {each["Sid"]: each for each in json.loads(alerts["Policy"])["Statement"]}
        self.assertEqual(statements["TheEnginePublishes"]["Principal"], {"AWS": self.out["EngineRoleArn"]})
        condition = statements["AndNobodyElse"]["Condition"]
        self.assertEqual(condition, {"ArnNotEquals": {"aws:PrincipalArn": self.out["EngineRoleArn"]}})
        statements = {each["Sid"]: each for each in json.loads(operations["Policy"])["Statement"]}
        self.assertEqual(statements["AlarmsOfThisStackPublish"]["Principal"], {"Service": "cloudwatch.amazonaws.com"})
        (mail,) = sns.list_subscriptions_by_topic(TopicArn=self.out["OperationsTopicArn"])["Subscriptions"]
        self.assertEqual((mail["Protocol"], mail["Endpoint"]), ("email", "on-call@example.com"))

    def test_the_instance_gives_its_credentials_to_nobody(self):
        reservation = self.aws.client("ec2").describe_instances(InstanceIds=[self.out["InstanceId"]])["Reservations"][0]
        instance = reservation["Instances"][0]
        options = instance["MetadataOptions"]
        self.assertEqual((options["HttpTokens"], options["HttpPutResponseHopLimit"]), ("required", 1))
        self.assertEqual(instance["IamInstanceProfile"]["Arn"].split("/")[-1], "tripline-engine")
        self.assertNotIn("KeyName", instance)
        groups = [group["GroupId"] for group in instance["SecurityGroups"]]
        self.assertEqual(groups, [self.stack["SecurityGroup"].attributes["GroupId"]])

    def test_nothing_comes_in(self):
        group = self.stack["SecurityGroup"].attributes["GroupId"]
        held = self.aws.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        self.assertEqual(held["IpPermissions"], [])
        self.assertEqual([(rule["FromPort"], rule["ToPort"]) for rule in held["IpPermissionsEgress"]], [(443, 443)])

    def test_the_store_has_an_encrypted_volume_of_its_own(self):
        volume = self.aws.client("ec2").describe_volumes(VolumeIds=[self.out["DataVolumeId"]])["Volumes"][0]
        self.assertTrue(volume["Encrypted"])
        (attachment,) = volume["Attachments"]
        self.assertEqual(attachment["InstanceId"], self.out["InstanceId"])

    def test_alarms_speak_to_the_operations_topic(self):
        alarms = self.aws.client("cloudwatch").describe_alarms()["MetricAlarms"]
        by_name = {alarm["AlarmName"].removeprefix("tripline-"): alarm for alarm in alarms}
        names = {"engine-behind", "nothing-arrives", "stream-full", "delivery-errors", "delivery-throttling"}
        names |= {"alerts-undelivered", "instance-unreachable", "instance-hangs"}
        self.assertEqual(by_name.keys(), names)
        for name, alarm in by_name.items():
            self.assertIn(self.out["OperationsTopicArn"], alarm["AlarmActions"], name)
        # Silence must not look like health.
        for name in ("engine-behind", "nothing-arrives"):
            self.assertEqual(by_name[name]["TreatMissingData"], "breaching")
            self.assertEqual(by_name[name]["Dimensions"], [{"Name": "StreamName", "Value": "tripline"}])
        self.assertIn("arn:aws:automate:eu-west-1:ec2:recover", by_name["instance-unreachable"]["AlarmActions"])
        query = by_name["delivery-errors"]["Metrics"][0]["Expression"]
        self.assertIn("LogGroupName = '/tripline/cloudtrail' AND FilterName = 'tripline'", query)

    def test_every_service_may_use_the_key_for_this_stack_alone(self):
        policy = json.loads(self.aws.client("kms").get_key_policy(KeyId=self.out["KeyArn"], PolicyName="default")["Policy"])
        for statement in policy["Statement"]:
            if "Service" in statement["Principal"]:
                self.assertIn(self.aws.account, json.dumps(statement["Condition"]), statement["Sid"])
                self.assertNotIn("kms:*", statement["Action"])

    def _policy(self, role: str, policy: str) -> dict:
        return self.aws.client("iam").get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
