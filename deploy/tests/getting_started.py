"""Runs the commands of docs/GETTING-STARTED.md against moto, in order and in one shell, up to a first alert and back to an empty account.

TRIPLINE_BIN is the engine. Blocks marked `sh` are run, blocks marked `sh aws-only` are not; any other mark of a shell block is an error.
Ends with 0, or with the output of the command that failed."""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time

import engine
import server
from aws import REGION, Aws

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "GETTING-STARTED.md"
# Blocks of either mark. A block that is added or marked anew is a decision, and is made here, too.
RUN, NOT_RUN = 16, 6
# What the page has one wait for at most; the whole of it takes half a minute.
SECONDS_MAX = 120
STARTS, HAPPENS = "until curl", "POLICY=$(aws iam create-policy"


def blocks(text: str) -> tuple[list[str], list[str]]:
    """The shell blocks of a page: those that are run, and those that are not."""
    run, skipped = [], []
    for mark, body in re.findall(r"^```([^\n]*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        if mark == "sh":
            run.append(body)
        elif mark == "sh aws-only":
            skipped.append(body)
        elif mark.split()[:1] in (["sh"], ["bash"], ["shell"], ["console"]):
            raise ValueError(f"a shell block is marked `{mark}`: `sh` or `sh aws-only`")
    return run, skipped


def policy_event() -> str:
    """What CloudTrail would write of step 12."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return json.dumps({
        "eventVersion": "1.11", "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/you", "userName": "you",
        "accountId": "123456789012"}, "eventTime": now, "eventSource": "iam.amazonaws.com", "eventName": "CreatePolicy",
        "awsRegion": "us-east-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli", "requestParameters":
        {"policyName": "tripline-first-alert"}, "responseElements": None, "eventID": "5f0c1f0e-0000-4000-8000-000000000012",
        "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": "123456789012",
    })


def happen(aws: Aws) -> None:
    """Puts the event into the log group, in CloudTrail's place."""
    logs = aws.client("logs")
    names = {"logGroupName": "tripline-cloudtrail", "logStreamName": f"{aws.account}_CloudTrail_{REGION}"}
    logs.create_log_stream(**names)
    logs.put_log_events(**names, logEvents=[{"timestamp": int(time.time() * 1000), "message": policy_event()}])


def script(parts: list[str], folder: pathlib.Path, port: int) -> str:
    """One bash script of all blocks; `step N` on a channel of its own says which comes next."""
    lines = ["set -euo pipefail", f"CONFIG={folder}/tripline.toml STATE={folder} LISTEN=127.0.0.1:{port}"]
    for n, part in enumerate(parts):
        # Waits until the other side has done what happens beside the page.
        lines += [f"echo '# step {n}' >&2", f"echo {n} >&3; read -r _ <&4", part]
    return "\n".join(lines)


def left_over(aws: Aws) -> dict[str, list]:
    """What is still in the account."""
    found = {
        "buckets": aws.client("s3").list_buckets()["Buckets"],
        "log groups": aws.client("logs").describe_log_groups()["logGroups"],
        "streams": aws.client("kinesis").list_streams()["StreamNames"],
        "trails": aws.client("cloudtrail").describe_trails()["trailList"],
        "topics": aws.client("sns").list_topics()["Topics"],
        "roles": aws.client("iam").list_roles()["Roles"],
        "policies": aws.client("iam").list_policies(Scope="Local")["Policies"],
        "instance profiles": aws.client("iam").list_instance_profiles()["InstanceProfiles"],
    }
    return {what: them for what, them in found.items() if them}


def play(parts: list[str], aws: Aws, binary: str, folder: pathlib.Path) -> str:
    """Runs the blocks; starts the engine and lets the event happen where the page has a person do so."""
    port = server.free_port()
    (folder / "bin").mkdir()
    (folder / "bin" / "tripline").symlink_to(pathlib.Path(binary).resolve())
    tools = pathlib.Path(sys.executable).parent
    variables = {**engine.environment(folder, aws.environment(), port), "TRIPLINE__STORE__PATH": f"{folder}/tripline.db"}
    variables["PATH"] = f"{folder}/bin:{tools}:{os.environ['PATH']}"
    (said, say), (hear, tell) = os.pipe(), os.pipe()
    text = script(parts, folder, port).replace(">&3", f">&{say}").replace("<&4", f"<&{hear}")
    log = (folder / "commands.log").open("w+")
    shell = subprocess.Popen(["bash", "-c", text], cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                             pass_fds=[say, hear])
    os.close(say)
    os.close(hear)
    timer = threading.Timer(SECONDS_MAX, shell.kill)
    timer.start()
    running = None
    try:
        for line in os.fdopen(said):
            part = parts[int(line)]
            if part.startswith(STARTS):
                output = (folder / "engine.log").open("w")
                command = [binary, "run", "--config", f"{folder}/tripline.toml"]
                running = subprocess.Popen(command, env=variables, stdout=output, stderr=output)
            if part.startswith("aws logs delete-subscription-filter") and running:
                running.terminate()
                if running.wait(timeout=60) != 0:
                    raise RuntimeError(f"the engine ended with {running.returncode}")
            os.write(tell, b"go\n")
            if part.startswith(HAPPENS):
                happen(aws)
        code = shell.wait()
    finally:
        timer.cancel()
        if running and running.poll() is None:
            running.kill()
            running.wait()
        if shell.poll() is None:
            shell.kill()
            shell.wait()
    log.seek(0)
    written = log.read()
    if code != 0:
        own = (folder / "engine.log").read_text()[-2000:] if running else ""
        raise RuntimeError(f"a command of the page ended with {code}:\n{written[-4000:]}\n{own}")
    return written


def main() -> int:
    binary = os.environ["TRIPLINE_BIN"]
    began = time.monotonic()
    run, skipped = blocks(PAGE.read_text())
    if (len(run), len(skipped)) != (RUN, NOT_RUN):
        raise RuntimeError(f"{len(run)} blocks are run and {len(skipped)} are not; {RUN} and {NOT_RUN} were meant to be")
    with server.own() as url, tempfile.TemporaryDirectory() as name:
        aws = Aws(url)
        before = left_over(aws)
        written = play(run, aws, binary, pathlib.Path(name))
        if "tripline-first-alert" not in written:
            raise RuntimeError(f"no alert of the policy in:\n{written[-4000:]}")
        after = left_over(aws)
        if after != before:
            raise RuntimeError(f"left in the account: {after}")
    print(f"{len(run)} blocks of {PAGE.name} run in {time.monotonic() - began:.0f} s, {len(skipped)} not; nothing is left in the account")
    return 0


if __name__ == "__main__":
    sys.exit(main())
