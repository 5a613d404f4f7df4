"""Clients of a moto server, each account a world of its own. Nothing here can reach AWS: endpoint and credentials are given."""

import itertools
import random
import urllib.request

import boto3
from botocore.config import Config

REGION = "eu-west-1"
_numbers = itertools.count(random.SystemRandom().randrange(10**9))


def new_account() -> str:
    """An account that no other test has, on a server that others may use."""
    return f"9{next(_numbers) % 10**11:011d}"


class Aws:
    """One account on one server."""

    def __init__(self, url: str, account: str = "123456789012", region: str = REGION):
        if not url.startswith("http://127.0.0.1:"):
            raise ValueError(f"{url}: not on this machine")
        self.url, self.account, self.region = url, account, region
        self.credentials = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self._clients: dict = {}
        if account != "123456789012":
            self.assume(f"arn:aws:iam::{account}:role/test")

    def assume(self, role_arn: str) -> None:
        """moto tells accounts apart by the session's key."""
        session = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
        self.credentials = {
            "aws_access_key_id": session["AccessKeyId"],
            "aws_secret_access_key": session["SecretAccessKey"],
            "aws_session_token": session["SessionToken"],
        }

    def client(self, service: str, **credentials: str):
        given = credentials or self.credentials
        known = (service, given["aws_access_key_id"], given["aws_secret_access_key"])
        if known not in self._clients:
            self._clients[known] = self._made(service, given)
        return self._clients[known]

    def _made(self, service: str, credentials: dict[str, str]):
        config = Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, ignore_configured_endpoint_urls=True)
        return boto3.client(service, endpoint_url=self.url, region_name=self.region, config=config, **credentials)

    def environment(self) -> dict[str, str]:
        """What a program needs to speak with this account."""
        variables = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": self.credentials["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": self.credentials["aws_secret_access_key"],
        }
        if "aws_session_token" in self.credentials:
            variables["AWS_SESSION_TOKEN"] = self.credentials["aws_session_token"]
        return variables


def post(url: str, path: str, body: bytes) -> None:
    """A word to moto itself."""
    # As a form, which urllib would call it, moto sees an empty body.
    request = urllib.request.Request(url + path, data=body, headers={"Content-Type": "text/plain"})
    with urllib.request.urlopen(request, timeout=10):
        pass
