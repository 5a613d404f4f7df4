"""cfn-lint: every template is what CloudFormation's own schemas say, with all warnings, and no rule is off without a reason beside it."""

import pathlib
import re
import subprocess
import sys
import unittest

import template


class Linted(unittest.TestCase):
    def test_cfn_lint_has_nothing_to_say(self):
        lint = pathlib.Path(sys.executable).with_name("cfn-lint")
        files = [str(template.FOLDER / name) for name in template.names()]
        done = subprocess.run([lint, "--include-checks", "I", "--", *files], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stdout + done.stderr)

    def test_what_it_may_not_say_is_argued(self):
        for name in template.names():
            lines = (template.FOLDER / name).read_text().splitlines()
            for number, line in enumerate(lines):
                if "ignore_checks" in line:
                    self.assertRegex(lines[number - 1], r"^\s*# .{20}", f"{name}: {line.strip()} without a reason above it")

    def test_it_would_say_something(self):
        lint = pathlib.Path(sys.executable).with_name("cfn-lint")
        text = (template.FOLDER / "destination.yaml").read_text()
        wrong = re.sub("TargetArn:", "TargetAm:", text)
        self.assertNotEqual(wrong, text)
        done = subprocess.run([lint], input=wrong, capture_output=True, text=True, check=False)
        self.assertIn("TargetAm", done.stdout)
