"""CloudFormation templates as data: the short forms of functions become long ones, parameters are checked, rules are asked."""

import pathlib
import re

import yaml

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "cloudformation"


class Refused(Exception):
    """CloudFormation would not take these parameters."""


class _Loader(yaml.SafeLoader):
    pass


def _function(loader: _Loader, suffix: str, node: yaml.Node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


_Loader.add_multi_constructor("!", _function)
# A date is text: "2012-10-17".
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(name: str) -> dict:
    """One of ours, by the name of its file."""
    return yaml.load((FOLDER / name).read_text(), _Loader)


def names() -> list[str]:
    found = sorted(path.name for path in FOLDER.glob("*.yaml"))
    if not found:
        raise FileNotFoundError(f"no templates in {FOLDER}")
    return found


def parameters(template: dict, given: dict[str, str]) -> dict:
    """Every parameter's value: given, or the default."""
    declared = template.get("Parameters", {})
    unknown = given.keys() - declared.keys()
    if unknown:
        raise Refused(f"no such parameters: {sorted(unknown)}")
    return {name: _value(name, of, given) for name, of in declared.items()}


def _value(name: str, of: dict, given: dict[str, str]):
    if name not in given and "Default" not in of:
        raise Refused(f"{name} must be given")
    value = str(given.get(name, of.get("Default")))
    is_list = of["Type"] == "CommaDelimitedList" or of["Type"].startswith("List<")
    parts = [part.strip() for part in value.split(",")] if is_list else [value]
    for part in parts:
        pattern = of.get("AllowedPattern")
        if pattern and not re.fullmatch(pattern, part):
            raise Refused(f"{name}: {part!r} is not {pattern}")
        if "AllowedValues" in of and part not in map(str, of["AllowedValues"]):
            raise Refused(f"{name}: {part!r} is none of {of['AllowedValues']}")
        if of["Type"] == "Number" and not of.get("MinValue", 0) <= int(part) <= of.get("MaxValue", 10**9):
            raise Refused(f"{name}: {part} is out of bounds")
    return parts if is_list else value
