#!/usr/bin/env python3
"""deploy/terraform is the system of deploy/cloudformation: resource by resource, for every way in which it can be asked for.

Both sides are evaluated for the same parameters, then compared by the table of terraform_table.py. Every resource and every
property of either side is in it, or it is a mistake. At the end each side is changed a little, in each of its resources, and that
has to be noticed: in some places, or with --every in every place where something stands (a minute).
"""

import json
import re
import sys
from itertools import zip_longest
from pathlib import Path

from terraform_cfn import NOTHING, Template, load, snake
from terraform_hcl import Module, Resource
from terraform_spoil import unnoticed
from terraform_table import JOINTS, META, NAMES, ONLY_HERE, SAID, TYPES, policy
from terraform_ways import PAIRS

DEPLOY = Path(__file__).resolve().parents[1]
TEMPLATES, MODULES = DEPLOY / "cloudformation", DEPLOY / "terraform"
# Parameters whose default cannot be nothing there, and is nothing here.
EMPTY_LIST = {("destination.yaml", "MemberAccountIds")}
OWNER = {"Owner": "security"}


def variable(name: str) -> str:
    return NAMES.get(name, snake(name))


def said(value):
    return SAID.get(value, value) if isinstance(value, str) else value


def compare(template: Template, module: Module) -> list[str]:
    """Everything that differs, for the parameters that both were given."""
    there, here = template.present(), module.present()
    used, found = set(), []
    for name, body in there.items():
        kind, rows = TYPES[body["Type"]]
        main = (kind, snake(name))
        if main not in here:
            found.append(f"{name}: no {'.'.join(main)}")
            continue
        properties = template.properties(name)
        tags = properties.pop("Tags", None)
        if body["Type"] == "AWS::IAM::Role":
            found += policies(name, properties, module, here, used)
        seen = {main: set()}
        for row in rows:
            key = (row.of or kind, snake(name))
            attributes = (row.here,) if isinstance(row.here, str) else row.here
            seen.setdefault(key, set()).update(attributes)
            if row.of and row.there in properties and key not in here:
                found.append(f"{name}: no {'.'.join(key)}")
                continue
            value = properties.pop(row.there, None)
            wanted = None if value is None else row.there_as(value)
            got = attribute(module, here.get(key, {}), row)
            found += [
                f"{name}.{row.there}{where}: {one!r}, and here {other!r}"
                for where, one, other in apart(plain(wanted), plain(got))
            ]
        used |= set(seen)
        found += [f"{name}.{left} is not in the table" for left in properties]
        found += extras(module, here, seen, main)
        found += around(name, body, tags, module, here[main])
    return found + [f"{'.'.join(key)} is not there" for key in here if key not in used]


def apart(one, other, where: str = ""):
    """Where two values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from apart(one.get(key), other.get(key), f"{where}.{key}")
    elif isinstance(one, str) and isinstance(other, str) and "\n" in one + other:
        for left, right in zip_longest(one.split("\n"), other.split("\n")):
            if left != right:
                yield f"{where}: the first line that differs", left, right
                return
    elif one != other:
        yield where, one, other


def attribute(module: Module, body: dict, row):
    if isinstance(row.here, str):
        got = module.value(body[row.here]) if row.here in body else None
        return None if got is None else row.here_as(got)
    got = {name: module.value(body[name]) for name in row.here if name in body}
    return got or None


def policies(name: str, properties: dict, module: Module, here: dict, used: set) -> list[str]:
    """A role's own policies: a list there, resources here."""
    wanted = {one["PolicyName"]: policy(one["PolicyDocument"]) for one in properties.pop("Policies", [])}
    got = {}
    for key, body in here.items():
        if key[0] == "aws_iam_role_policy" and module.value(body["role"]) == properties["RoleName"]:
            used.add(key)
            got[module.value(body["name"])] = policy(module.value(body["policy"]))
    found = []
    for each in sorted(wanted.keys() | got.keys()):
        one, other = wanted.get(each, {}), got.get(each, {})
        for sid in sorted(one.keys() | other.keys()):
            if one.get(sid) != other.get(sid):
                found.append(f"{name}: policy {each}, {sid}: {one.get(sid)}, and here {other.get(sid)}")
    return found


def extras(module: Module, here: dict, seen: dict, main: tuple) -> list[str]:
    """Attributes here that the table does not know. What is a part there is a resource here, and says of which."""
    found = []
    for key, attributes in seen.items():
        for name in here.get(key, {}).keys() - attributes - META:
            allowed, _ = ONLY_HERE.get((key[0], name), (NOTHING, ""))
            if key != main and name == JOINTS[main[0]]:
                allowed = Resource(module, *main).attribute("id" if name == "bucket" else "name")
            if module.value(here[key][name]) != allowed:
                found.append(f"{'.'.join(key)}: {name} is not there")
    return found


def around(name: str, body: dict, tags: list | None, module: Module, here: dict) -> list[str]:
    """Tags, and what becomes of it when all is taken away."""
    found = []
    keeps = body.get("DeletionPolicy") == "Retain"
    if keeps != any(block.get("prevent_destroy") is True for block in here.get("lifecycle", [])):
        found.append(f"{name}: Retain is {keeps}, prevent_destroy is not")
    if tags is not None:
        wanted = {tag["Key"]: tag["Value"] for tag in tags}
        got = module.value(module.default_tags) | module.value(here.get("tags", {}))
        if wanted != got:
            found.append(f"{name}: tags {wanted}, and here {got}")
    return found


def plain(value):
    """Without order, and without what is nothing."""
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return sorted((plain(part) for part in value), key=lambda part: json.dumps(part, sort_keys=True))
    return value


def parameters(file: str, tree: dict, module: Module) -> list[str]:
    """Names, defaults, and what is allowed."""
    there = tree["Parameters"]
    found = [
        f"{file}: variable {name} is no parameter"
        for name in module.variables.keys() - {variable(name) for name in there}
    ]
    for name, about in there.items():
        here = module.variables.get(variable(name))
        if here is None:
            found.append(f"{file}: no variable {variable(name)}")
            continue
        default = [] if (file, name) in EMPTY_LIST else said(about.get("Default"))
        if default != (module.value(here["default"]) if "default" in here else None):
            found.append(f"{file}: {name}: default {default!r}, and here {here.get('default')}")
        if "description" not in here:
            found.append(f"{file}: {variable(name)} has no description")
        checks = " ".join(str(check["condition"]) for check in here.get("validation", []))
        for bound, sign in (("MinValue", ">="), ("MaxValue", "<=")):
            if bound in about and f"var.{variable(name)} {sign} {about[bound]}" not in checks:
                found.append(f"{file}: {name}: {bound} {about[bound]} is not checked")
        if about.get("AllowedValues", ["yes"])[0] != "yes" and json.dumps(about["AllowedValues"]) not in checks:
            found.append(f"{file}: {name}: other values are allowed")
        found += pattern(file, name, about, checks)
    return found


def pattern(file: str, name: str, about: dict, checks: str) -> list[str]:
    """The same pattern, but for the group by which nothing is allowed as well."""
    wanted = about.get("AllowedPattern")
    length = re.fullmatch(r"\^\[\\s\\S\]\{0,(\d+)\}\$", wanted or "")
    if length:
        return [] if f"<= {length.group(1)}" in checks else [f"{file}: {name}: its length is not checked"]
    if not wanted:
        return []
    written = re.search(r'regex\("(.*?)", ', checks)
    got = written.group(1).replace("\\\\", "\\") if written else None
    bare = [re.sub(r"^\^\((.*)\)\?\$$", r"^\1$", one or "").replace("{1,512}", "{0,512}") for one in (wanted, got)]
    return [] if bare[0] == bare[1] else [f"{file}: {name}: pattern {wanted}, and here {got}"]


def outputs(file: str, tree: dict, module: Module) -> list[str]:
    differ = {snake(name) for name in tree.get("Outputs", {})} ^ module.outputs.keys()
    return [f"{file}: output {name} is on one side only" for name in sorted(differ)]


def both(file: str, tree: dict, module: Module) -> list[str]:
    """All that differs between a template and its module."""
    found = parameters(file, tree, module) + outputs(file, tree, module)
    for way in PAIRS[file][1]:
        given = way | OWNER
        module.given = {variable(name): said(value) for name, value in given.items()}
        found += [f"{file}: {difference}" for difference in compare(Template(tree, given), module)]
    return found


def main() -> int:
    found = []
    for file, (folder, ways) in PAIRS.items():
        tree, module = load(TEMPLATES / file), Module(MODULES / folder)
        differences = both(file, tree, module)
        print(
            f"{file}: {len(tree['Resources'])} resources there, {len(module.resources)} here, {len(ways)} ways: "
            f"{len(differences)} differences"
        )
        if not differences:
            tried, missed = unnoticed(both, file, tree, module)
            print(f"{file}: {tried} changes made on purpose, {len(missed)} not noticed")
            differences = missed
        found += differences
    for difference in found:
        print(f"FAIL {difference}", file=sys.stderr)
    print("FAIL" if found else "ok: deploy/terraform")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
