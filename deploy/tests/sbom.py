"""Checks what deploy/sbom writes: valid CycloneDX, every crate that `cargo tree` counts to the engine and no other, each with Cargo.lock's
checksum, and the same bytes twice."""

import json
import pathlib
import subprocess
import sys
import tomllib

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = pathlib.Path(__file__).resolve().parents[2]
TREE = ["cargo", "tree", "--locked", "-p", "tripline", "-e", "normal,build", "--prefix", "none", "--target", "x86_64-unknown-linux-gnu",
        "--format", "{p}"]


def output(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def counted() -> set[tuple[str, str]]:
    """Names and versions by `cargo tree`, which resolves features by itself."""
    lines = (line.split() for line in output(*TREE).splitlines() if line.strip())
    return {(line[0], line[1].removeprefix("v")) for line in lines}


def wrong(bill: dict) -> list[str]:
    """What is wrong with a bill of materials."""
    problems = []
    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill))
    if error:
        problems.append(f"not CycloneDX 1.6: {error}")
    listed = {(each["name"], each["version"]): each for each in [*bill["components"], bill["metadata"]["component"]]}
    problems += [f"not listed: {each}" for each in sorted(counted() - listed.keys())]
    problems += [f"not compiled: {each}" for each in sorted(listed.keys() - counted())]
    locked = {(each["name"], each["version"]): each.get("checksum") for each in tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]}
    for each, component in listed.items():
        hashes = [one["content"] for one in component.get("hashes", [])]
        if each not in locked:
            problems.append(f"not in Cargo.lock: {each}")
        elif hashes != ([locked[each]] if locked[each] else []):
            problems.append(f"another checksum: {each}")
        if not component.get("licenses"):
            problems.append(f"no license: {each}")
    return problems


def main() -> int:
    text = output(str(ROOT / "deploy" / "sbom"))
    bill = json.loads(text)
    problems = wrong(bill)
    if text != output(str(ROOT / "deploy" / "sbom")):
        problems.append("two runs differ")
    spoilt = json.loads(text)
    del spoilt["components"][0]
    spoilt["components"][0]["hashes"] = [{"alg": "SHA-256", "content": "0" * 64}]
    if len(wrong(spoilt)) < 2:
        problems.append("a missing crate or another checksum is not noticed")
    print(*problems, sep="\n", file=sys.stderr)
    print(f"{len(bill['components'])} crates in the bill of materials")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
