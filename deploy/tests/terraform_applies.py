#!/usr/bin/env python3
"""The modules of deploy/terraform are formatted and right by the provider's own schema; with --apply they are made in moto, and
a second plan finds nothing left to do.

Needs `terraform` and the AWS provider: from the registry, or unpacked in TRIPLINE_TERRAFORM_PLUGINS (default /opt/tf-plugins, if
it is there). Where they cannot be had, that is said and nothing is proved; with TRIPLINE_TERRAFORM=require it is a failure.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import boto3
import server

DEPLOY = Path(__file__).resolve().parents[1]
MODULES = (".", "destination", "member", "fargate")
PLUGINS = Path(os.environ.get("TRIPLINE_TERRAFORM_PLUGINS", "/opt/tf-plugins"))
REGION, ACCOUNT = "eu-west-1", "123456789012"
DIGEST = "@sha256:" + "0" * 64
# What moto 5.2.5 does not keep, so that a second plan wants it again. What follows from it is unknown, and no difference.
NOT_KEPT = {
    ("aws_cloudwatch_log_subscription_filter", "distribution"),
    ("aws_kinesis_stream", "tags_all"),
    ("aws_ecs_service", "availability_zone_rebalancing"),
}


class Terraform:
    def __init__(self, folder: Path, environment: dict):
        self.folder, self.environment = folder, environment

    def __call__(self, *arguments: str, fails: bool = False) -> str:
        command = ["terraform", *arguments]
        done = subprocess.run(
            command, check=False, cwd=self.folder, env=self.environment, capture_output=True, text=True
        )
        if fails != (done.returncode != 0):
            raise RuntimeError(
                f"{self.folder.name}: {' '.join(command)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
            )
        return done.stdout


def environment(**more: str) -> dict:
    # Whatever this machine has to say about registries and credentials is not part of the proof.
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    return mine | {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_CLI_ARGS": "-no-color", **more}


def unavailable(folder: Path) -> str | None:
    """Why nothing can be proved here, if so."""
    if not shutil.which("terraform"):
        return "no terraform"
    try:
        Terraform(folder, environment())("init", *plugins())
    except RuntimeError as error:
        return f"no AWS provider: {error}"
    return None


def plugins() -> list[str]:
    return [f"-plugin-dir={PLUGINS}"] if PLUGINS.is_dir() else []


def validate(copy: Path) -> None:
    Terraform(DEPLOY / "terraform", environment())("fmt", "-check", "-recursive")
    for module in MODULES:
        terraform = Terraform(copy / module, environment())
        terraform("init", *plugins())
        terraform("validate")
        print(f"{module}: valid")
    # And it can say no.
    wrong = copy / "member/wrong.tf"
    wrong.write_text('resource "aws_kinesis_stream" "wrong" {\n  name      = "x"\n  retention = 1\n}\n')
    Terraform(copy / "member", environment())("validate", fails=True)
    wrong.unlink()


def place(url: str) -> dict:
    """Where moto lets an instance run."""
    ec2 = boto3.client(
        "ec2", endpoint_url=url, region_name=REGION, aws_access_key_id="test", aws_secret_access_key="test"
    )
    subnet = next(each for each in ec2.describe_subnets()["Subnets"] if each["AvailabilityZone"] == f"{REGION}a")
    return {
        "vpc_id": subnet["VpcId"],
        "subnet_id": subnet["SubnetId"],
        "availability_zone": f"{REGION}a",
        "image_id": ec2.describe_images()["Images"][0]["ImageId"],
    }


def make(terraform: Terraform, variables: dict) -> dict:
    """Makes a module, and looks whether anything is left to do. Returns its outputs."""
    (terraform.folder / "proof.auto.tfvars.json").write_text(json.dumps(variables | {"owner": "security"}))
    terraform("apply", "-auto-approve")
    terraform("plan", "-out=again")
    again = json.loads(terraform("show", "-json", "again"))
    for change in again["resource_changes"]:
        before, after = change["change"]["before"] or {}, change["change"]["after"] or {}
        differ = {(change["type"], name) for name, value in after.items() if before.get(name) != value}
        if change["mode"] == "managed" and (
            change["change"]["actions"] not in (["no-op"], ["update"]) or differ - NOT_KEPT
        ):
            raise RuntimeError(
                f"{terraform.folder.name}: {change['address']} is not as it was made: {differ - NOT_KEPT}"
            )
    made = [change for change in again["resource_changes"] if change["mode"] == "managed"]
    print(f"{terraform.folder.name}: {len(made)} resources made in moto, nothing left to do")
    return {name: output["value"] for name, output in json.loads(terraform("output", "-json")).items()}


def apply(copy: Path, url: str) -> None:
    known = environment(AWS_ENDPOINT_URL=url, AWS_REGION=REGION, AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    where = place(url)
    release = {"release_uri": "s3://releases/tripline", "release_sha256": "0" * 64}
    main = make(Terraform(copy, known), where | release)
    stream = {"stream_arn": main["stream_arn"]}
    make(
        Terraform(copy / "destination", known),
        stream | {"stream_region": REGION, "key_arn": main["key_arn"], "member_account_ids": ["444455556666"]},
    )
    make(
        Terraform(copy / "fargate", known),
        stream
        | {
            name: main[name]
            for name in ("log_group_name", "alert_topic_arn", "engine_role_arn", "engine_log_group_name")
        }
        | {"vpc_id": where["vpc_id"], "subnet_ids": [where["subnet_id"]]}
        | {
            "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tripline{DIGEST}",
            "init_image": f"public.ecr.aws/docker/library/busybox{DIGEST}",
        }
        | {"repository_arn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/tripline"},
    )
    # moto refuses a subscription to a destination, so the member's is planned and not made.
    member = {"destination_arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:destination:tripline", "trail_bucket_name": "files"}
    (copy / "member/proof.auto.tfvars.json").write_text(json.dumps(member | {"owner": "security"}))
    Terraform(copy / "member", known)("plan")
    print("member: planned")
    # A variable that makes no sense is refused before anything is made.
    Terraform(copy, known)("plan", "-var=event_source=log-group", fails=True)
    # For a pod: planned beside what is there, with its cluster and not without.
    pod = ("plan", "-state=none.tfstate", "-var=runs_on=kubernetes")
    Terraform(copy, known)(*pod, fails=True)
    if "pods.eks.amazonaws.com" not in Terraform(copy, known)(*pod, "-var=cluster_name=soc"):
        raise RuntimeError("the role of a pod does not trust Pod Identity")
    print("for a pod: planned")


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch, "terraform")
        shutil.copytree(
            DEPLOY / "terraform", copy, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars")
        )
        shutil.copytree(DEPLOY / "systemd", Path(scratch, "systemd"))
        if why := unavailable(copy):
            print(f"SKIP deploy/terraform is not held against the provider here: {why}")
            return 1 if os.environ.get("TRIPLINE_TERRAFORM") == "require" else 0
        validate(copy)
        if "--apply" in sys.argv[1:]:
            with server.own() as url:
                apply(copy, url)
    print("ok: deploy/terraform")
    return 0


if __name__ == "__main__":
    sys.exit(main())
