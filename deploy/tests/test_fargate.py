"""fargate.yaml, applied: one writer at any time, nothing but the store to write to, and a day of events at each start."""

import datetime
import json
import pathlib
import re
import subprocess
import tempfile
import tomllib

import given
from case import MotoCase
from stack import Stack

CONTAINERFILE = pathlib.Path(__file__).resolve().parent.parent / "container/Containerfile"


class OnFargate(MotoCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.pipe = Stack(cls.aws, "tripline.yaml", Owner="security", RunsOn="fargate").outputs()
        cls.stack = Stack(cls.aws, "fargate.yaml", **given.task(cls.aws, cls.pipe))
        task = cls.aws.client("ecs").describe_task_definition(taskDefinition="tripline")["taskDefinition"]
        cls.task, cls.containers = task, {each["name"]: each for each in task["containerDefinitions"]}

    def test_the_old_task_ends_before_the_new_one_begins(self):
        service = self.aws.client("ecs").describe_services(cluster="tripline", services=["tripline"])["services"][0]
        self.assertEqual(service["desiredCount"], 1)
        # moto does not keep these.
        resolved = self.stack.properties("Service")
        self.assertEqual(resolved["DeploymentConfiguration"], {"MinimumHealthyPercent": 0, "MaximumPercent": 100})
        self.assertEqual(resolved["AvailabilityZoneRebalancing"], "DISABLED")
        network = service["networkConfiguration"]["awsvpcConfiguration"]
        self.assertEqual(network["assignPublicIp"], "DISABLED")

    def test_it_runs_as_the_engine(self):
        self.assertEqual(self.task["taskRoleArn"], self.pipe["EngineRoleArn"])
        self.assertNotEqual(self.task["executionRoleArn"], self.pipe["EngineRoleArn"])
        trust = self.aws.client("iam").get_role(RoleName="tripline-engine")["Role"]["AssumeRolePolicyDocument"]
        (statement,) = trust["Statement"]
        self.assertEqual(statement["Principal"], {"Service": "ecs-tasks.amazonaws.com"})
        self.assertEqual(statement["Condition"]["StringEquals"], {"aws:SourceAccount": self.aws.account})

    def test_it_writes_to_its_store_and_nowhere_else(self):
        for container in self.containers.values():
            self.assertTrue(container["readonlyRootFilesystem"])
            self.assertEqual(container["linuxParameters"]["capabilities"]["drop"], ["ALL"])
        engine = self.containers["engine"]
        self.assertEqual(engine["user"], "65532:65532")
        mounts = {each["containerPath"]: each.get("readOnly", False) for each in engine["mountPoints"]}
        self.assertEqual(mounts, {"/etc/tripline": True, "/var/lib/tripline": False})
        self.assertEqual(engine["dependsOn"], [{"containerName": "configure", "condition": "SUCCESS"}])
        self.assertGreater(engine["stopTimeout"], 35)

    def test_it_is_asked_for_its_health_as_the_image_says(self):
        said = re.search(r"^HEALTHCHECK (.*) CMD (\[.*\])$", CONTAINERFILE.read_text(), re.MULTILINE)
        options = dict(option.removeprefix("--").split("=") for option in said[1].split())
        held = self.containers["engine"]["healthCheck"]
        self.assertEqual(held["command"], ["CMD", *json.loads(said[2])])
        asked = {"interval": held["interval"], "timeout": held["timeout"], "start-period": held["startPeriod"]}
        self.assertEqual({name: f"{seconds}s" for name, seconds in asked.items()}, options)
        # Whoever is done is not asked.
        self.assertNotIn("healthCheck", self.containers["configure"])

    def test_its_log_goes_to_the_engines_log_group(self):
        for container in self.containers.values():
            self.assertEqual(container["logConfiguration"]["options"]["awslogs-group"], "/tripline/engine")

    def test_the_first_container_writes_a_configuration_that_begins_a_day_ago(self):
        configure = self.containers["configure"]
        self.assertEqual(configure["entryPoint"], ["/bin/sh", "-euc"])
        with tempfile.TemporaryDirectory() as folder:
            (script,) = (each.replace("/etc/tripline", folder) for each in configure["command"])
            subprocess.run([*configure["entryPoint"], script], check=True)
            with open(f"{folder}/tripline.toml", "rb") as file:
                held = tomllib.load(file)
        self.assertEqual(held["kinesis"]["stream"], self.pipe["StreamArn"])
        self.assertEqual(held["kinesis"]["log_group"], "/tripline/cloudtrail")
        self.assertEqual(held["sink"]["alerts"]["topic_arn"], self.pipe["AlertTopicArn"])
        start = datetime.datetime.fromisoformat(held["kinesis"]["start"])
        age = datetime.datetime.now(datetime.timezone.utc) - start
        self.assertLess(abs(age - datetime.timedelta(hours=24)), datetime.timedelta(minutes=1))
