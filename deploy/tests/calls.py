"""Which calls of AWS the engine makes, by its source: `.get_records()` of a client is kinesis:GetRecords."""

import functools
import pathlib
import re

import botocore.session
from botocore import xform_name

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "engine"
# The SDK's crate, and what IAM and botocore call the service. `aws-config` calls nothing that a policy would allow.
SERVICES = {"aws-sdk-kinesis": "kinesis", "aws-sdk-cloudwatchlogs": "logs", "aws-sdk-sns": "sns"}


@functools.cache
def operations(service: str) -> dict[str, str]:
    """By the name of the SDK's method: the operation."""
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def crates() -> set[str]:
    """The SDK's crates that the engine is built with."""
    return set(re.findall(r"^(aws-sdk-[a-z0-9]+)", (SOURCE / "Cargo.toml").read_text(), re.MULTILINE))


def _is_test(path: pathlib.Path) -> bool:
    return "tests" in path.parts or path.name in ("tests.rs", "testing.rs")


def made() -> set[str]:
    """As IAM writes them."""
    texts = {path: path.read_text() for path in (SOURCE / "src").rglob("*.rs") if not _is_test(path)}
    if not texts:
        raise FileNotFoundError(f"no sources in {SOURCE}")
    found = set()
    for crate, service in SERVICES.items():
        module = crate.replace("-", "_")
        # A client may be handed to a file beside the one that names the crate.
        folders = {path.parent for path, text in texts.items() if module in text and path.parent.name not in ("src", "sink", "source")}
        for path, text in texts.items():
            if module in text or path.parent in folders:
                called = re.findall(r"\.([a-z_]+)\(\)", text)
                found |= {f"{service}:{operations(service)[name]}" for name in called if name in operations(service)}
    return found
