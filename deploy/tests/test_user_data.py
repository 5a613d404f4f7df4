"""What the instance runs at its start: small enough, sound, with the unit of deploy/systemd and a configuration that the engine takes."""

import os
import pathlib
import re
import subprocess
import tempfile
import textwrap
import tomllib

import given
from case import MotoCase
from stack import Stack

# EC2's limit, before base64.
BYTES_MAX = 16 * 1024
UNIT = pathlib.Path(__file__).resolve().parent.parent / "systemd" / "tripline.service"


class UserData(MotoCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.stack = Stack(cls.aws, "tripline.yaml", **given.instance(cls.aws))
        cls.out = cls.stack.outputs()
        cls.text = cls.stack.properties("Instance")["UserData"]
        cls.script = re.search(r"(#!/bin/bash\n.*?)\n--part--", cls.text, re.DOTALL)[1]

    def written(self, path: str) -> str:
        """What the script writes there."""
        return re.search(rf">{re.escape(path)} <<'([A-Z]+)'\n(.*?)\n\1\n", self.script, re.DOTALL)[2] + "\n"

    def test_ec2_takes_it(self):
        self.assertLess(len(self.text.encode()), BYTES_MAX)
        self.assertTrue(self.text.startswith("MIME-Version: 1.0\n"))
        self.assertIn("[scripts-user, always]", self.text)

    def test_bash_takes_it(self):
        subprocess.run(["bash", "-n"], input=self.script, text=True, check=True)
        self.assertNotIn("${", self.script, "what CloudFormation should have filled in")

    def test_it_fetches_the_release_and_checks_its_digest_before_it_installs(self):
        order = [self.script.index(part) for part in ("aws s3 cp", "right /root/tripline;", "install -m 0755 /root/tripline")]
        self.assertEqual(order, sorted(order))
        self.assertIn(f'echo "{given.SHA256}  $1" | sha256sum --check --status', self.script)

    def test_it_waits_for_the_volume_and_never_formats_what_holds_something(self):
        self.assertIn(f'tr -d - <<<"{self.out["DataVolumeId"]}"', self.script)
        self.assertEqual(self.script.count("mkfs"), 2, "one call, one word about it")
        (call,) = (line for line in self.script.splitlines() if "mkfs.xfs" in line)
        self.assertTrue(call.startswith('if [ -z "$(lsblk '))
        self.assertNotIn("mkfs.xfs -f", self.script)

    def test_its_unit_is_the_one_in_deploy_systemd(self):
        lines = [line for line in UNIT.read_text().splitlines() if line.strip() and not line.startswith("#")]
        self.assertEqual(self.written("/etc/systemd/system/tripline.service").splitlines(), lines)

    def test_its_configuration_names_what_the_stack_made(self):
        held = tomllib.loads(self.written("/etc/tripline/tripline.toml"))
        self.assertEqual(
            held["kinesis"], {"stream": self.out["StreamArn"], "region": "eu-west-1", "log_group": "/tripline/cloudtrail"}
        )
        self.assertEqual(held["sink"]["alerts"], {"type": "sns", "topic_arn": self.out["AlertTopicArn"]})
        self.assertEqual(held["store"]["path"], "/var/lib/tripline/tripline.db")

    def test_the_engine_takes_its_configuration(self):
        binary = os.environ.get("TRIPLINE_BIN")
        if not binary:
            self.skipTest("TRIPLINE_BIN names no engine")
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "tripline.toml")
            text = self.written("/etc/tripline/tripline.toml").replace("/var/lib/tripline", folder)
            file.write_text(textwrap.dedent(text))
            done = subprocess.run([binary, "config", "check", "--config", file], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
