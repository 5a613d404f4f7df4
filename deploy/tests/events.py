"""What happens in the account: events with planted attacks, and the alerts that must follow."""

import datetime
import json
import os
import pathlib
import subprocess
import uuid

from aws import Aws

# What a log group takes in one call: ours stay below it.
BATCH_EVENTS, BATCH_BYTES = 1000, 900_000


def happen(aws: Aws, group: str, folder: pathlib.Path) -> set[tuple[str, str]]:
    """Puts events into a log group, as CloudTrail does. Returns (rule, group) of each alert that must follow.

    By the load generator where TRIPLINE_LOADGEN names it, else by hand."""
    generator = os.environ.get("TRIPLINE_LOADGEN")
    if not generator:
        lines, must = _by_hand()
        _put(aws.client("logs"), group, lines)
        return must
    ledger = folder / "ledger.ndjson"
    load = ["--rate", "200", "--duration", "10s", "--attacks-per-minute", "240", "--ledger", str(ledger)]
    subprocess.run([generator, "--target", f"logs:{group}", *load], env={**os.environ, **aws.environment()}, check=True)
    rows = [json.loads(line) for line in ledger.read_text().splitlines()]
    return {(row["rule_id"], json.dumps(row["group"], sort_keys=True)) for row in rows if row.get("must")}


def _by_hand() -> tuple[list[str], set[tuple[str, str]]]:
    def event(name: str, **more) -> str:
        held = {
            "eventVersion": "1.11",
            "userIdentity": {"type": "IAMUser", "accountId": "111122223333", "userName": "mallory"},
            "eventTime": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "eventSource": "cloudtrail.amazonaws.com",
            "eventName": name,
            "awsRegion": "eu-west-1",
            "sourceIPAddress": "198.51.100.7",
            "requestParameters": {"name": "main"},
            "eventID": str(uuid.uuid4()),
            "recipientAccountId": "111122223333",
        }
        return json.dumps({**held, **more})

    lines = [event("DescribeTrails") for _ in range(100)] + [event("StopLogging"), event("StopLogging", errorCode="AccessDenied")]
    return lines, {("trail-stopped", "")}


def _put(logs, group: str, lines: list[str]) -> None:
    """As CloudTrail does: into a log stream of the group, batch by batch. The subscription sends them on."""
    stream = "111122223333_CloudTrail_eu-west-1"
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(datetime.datetime.now().timestamp() * 1000)
    batch, size = [], 0
    for line in [*lines, None]:
        if line is None or len(batch) == BATCH_EVENTS or size + len(line) > BATCH_BYTES:
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)
            batch, size = [], 0
        if line is not None:
            batch.append({"timestamp": now, "message": line})
            size += len(line) + 26
