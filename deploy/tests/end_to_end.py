"""The whole way, on one machine: tripline.yaml applied to moto, IAM enforced, and the engine run with the template's configuration and the
template's policy, until alerts have come to its port and through the topic into a queue.

TRIPLINE_BIN is the engine, TRIPLINE_LOADGEN (if given) the load generator. Ends with 0, or says what did not come."""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import engine
import events
import given
import resign
import server
from aws import Aws, post
from stack import Stack

ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def say(what: str) -> None:
    print(what, flush=True)


def configuration(stack: Stack, folder: pathlib.Path) -> pathlib.Path:
    """The one that the instance would write."""
    text = stack.properties("Instance")["UserData"]
    file = folder / "tripline.toml"
    file.write_text(re.search(r">/etc/tripline/tripline\.toml <<'TOML'\n(.*?)\nTOML\n", text, re.DOTALL)[1])
    return file


def user(aws: Aws, name: str, policy: dict) -> dict[str, str]:
    """Somebody with this policy and no other; moto looks at actions, not at ARNs, see test_enforcement.py."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    wide = {**policy, "Statement": [{**each, "Resource": "*"} for each in policy["Statement"]]}
    iam.put_user_policy(UserName=name, PolicyName="only", PolicyDocument=json.dumps(wide))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def queue(aws: Aws, topic: str) -> str:
    """A subscriber."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    return url


def received(aws: Aws, url: str, into: dict[str, dict]) -> dict[str, dict]:
    """By the alert's id; those that came before are kept."""
    while True:
        messages = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        if not messages:
            return into
        for message in messages:
            alert = json.loads(message["Body"])
            into[alert["id"]] = alert
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


def matched(alerts: list[dict], must: set[tuple[str, str]]) -> dict[tuple[str, str], dict]:
    """The planted ones among them."""
    by_key = {}
    for alert in alerts:
        rule, group = alert["rule"]["id"], alert.get("group") or {}
        by_key[rule, json.dumps(group, sort_keys=True)] = by_key[rule, ""] = alert
    return {key: by_key[key] for key in must if key in by_key}


def backfill(binary: str, config: pathlib.Path, folder: pathlib.Path, given_: dict[str, str]) -> None:
    """FilterLogEvents, by whoever runs it: the same hits again, so nothing new."""
    now = datetime.datetime.now(datetime.timezone.utc)
    span = [(now - datetime.timedelta(minutes=30)).isoformat(), now.isoformat()]
    command = [binary, "backfill", "--log-group", "/tripline/cloudtrail", "--config", str(config), "--from", span[0], "--to", span[1]]
    done = subprocess.run(command, env=engine.environment(folder, given_, 9464), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"backfill ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    (line,) = (each for each in done.stdout.splitlines() if each.startswith("store "))
    say(f"backfill: {line}")


def live(run: engine.Engine, root: Aws, out: dict, subscriber: str, folder: pathlib.Path) -> None:
    """Events in, alerts out."""
    run.until("/readyz says yes", lambda: json.loads(run.get("/readyz"))["ready"])
    must = events.happen(root, out["LogGroupName"], folder)
    say(f"events put into {out['LogGroupName']}: {len(must)} alerts must follow")
    try:
        run.until(f"{len(must)} planted alerts", lambda: len(matched(run.alerts(), must)) == len(must))
    except TimeoutError:
        say(f"missing: {sorted(must - matched(run.alerts(), must).keys())}")
        raise
    planted = {alert["id"] for alert in matched(run.alerts(), must).values()}
    told: dict[str, dict] = {}
    run.until("the same alerts in the queue", lambda: planted <= received(root, subscriber, told).keys())
    say(f"{len(must)} planted alerts of {len(run.alerts())} at /api/alerts, and each through the topic in the queue")
    code = run.drain()
    if code != 0:
        raise RuntimeError(f"after SIGTERM the engine ended with {code}:\n{run.log.read_text()[-3000:]}")


def stranger(binary: str, config: pathlib.Path, folder: pathlib.Path, admin_of: Aws) -> None:
    """The same with nobody's policy must fail, or all of this proved nothing."""
    nobody = Aws(admin_of.url)
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    nobody.credentials = user(admin_of, "nobody", policy)
    with engine.running(binary, config, folder, nobody.environment()) as run:
        code = run.process.wait(timeout=120)
    if code != 4:
        raise RuntimeError(f"without a permission the engine ended with {code}, not with 4")
    say("without the policy the engine reads nothing and ends with 4")


def main() -> int:
    binary = os.environ["TRIPLINE_BIN"]
    with server.own() as url, tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        admin = Aws(url)
        stack = Stack(admin, "tripline.yaml", **given.instance(admin))
        out, config = stack.outputs(), configuration(stack, folder)
        subscriber = queue(admin, out["AlertTopicArn"])
        policies = {each["PolicyName"]: each["PolicyDocument"] for each in stack.properties("EngineRole")["Policies"]}
        own = Aws(url)
        own.credentials = user(admin, "engine", policies["engine"])
        root = Aws(url)
        root.credentials = user(admin, "root", ANYTHING)
        post(url, "/moto-api/reset-auth", b"0")
        say("stack applied, IAM enforced")

        key = own.credentials["aws_access_key_id"]
        with resign.gateway(own.client("sns"), key) as sns:
            credentials = {**own.environment(), "AWS_ENDPOINT_URL_SNS": sns}
            with engine.running(binary, config, folder, credentials) as run:
                live(run, root, out, subscriber, folder)
        backfill(binary, config, folder, own.environment())
        stranger(binary, config, folder, admin_of=root)
    say("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
