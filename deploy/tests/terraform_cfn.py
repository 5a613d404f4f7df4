"""A CloudFormation template with its functions evaluated for given parameters, in the words of terraform_hcl.py."""

import re
from pathlib import Path

import yaml
from terraform_hcl import ACCOUNT, PARTITION, REGION, SUFFIX, Unknown

PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": PARTITION, "AWS::URLSuffix": SUFFIX}
NOTHING = object()
# What `Ref` says: a property where the name was given, else an attribute in Terraform's words.
REF = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::KMS::Key": "key_id",
    "AWS::SNS::Topic": "arn",
    "AWS::EC2::Instance": "id",
    "AWS::EC2::Volume": "id",
    "AWS::ECS::TaskDefinition": "arn",
}
ATTRIBUTE = {"Arn": "arn", "GroupId": "id", "TopicName": "TopicName", "Name": "ServiceName"}


class Loader(yaml.SafeLoader):
    """With the short forms of functions."""


def short_form(loader: Loader, name: str, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        value = value.split(".", 1) if name == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": value}


Loader.add_multi_constructor("!", short_form)


def load(path: Path) -> dict:
    """A template; the loader is a safe one."""
    return yaml.load(path.read_text(), Loader)


def snake(name: str) -> str:
    """EngineRole → engine_role; GiB stays a word."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("GiB", "Gib")).lower()


class Template:
    def __init__(self, tree: dict, parameters: dict | None = None):
        self.tree = tree
        self.given = parameters or {}

    def present(self) -> dict:
        every = self.tree["Resources"]
        return {name: body for name, body in every.items() if self.condition(body.get("Condition", True))}

    def properties(self, name: str) -> dict:
        return self.value(self.tree["Resources"][name].get("Properties", {}))

    def condition(self, node) -> bool:
        if isinstance(node, bool):
            return node
        if isinstance(node, str):
            return self.condition(self.tree["Conditions"][node])
        ((name, parts),) = node.items()
        if name == "Condition":
            return self.condition(parts)
        if name == "Fn::Equals":
            return self.value(parts[0]) == self.value(parts[1])
        means = {"Fn::Not": lambda held: not held[0], "Fn::And": all, "Fn::Or": any}
        return means[name]([self.condition(part) for part in parts])

    def value(self, node):
        if isinstance(node, list):
            return [made for part in node if (made := self.value(part)) is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((name, argument),) = node.items()
            if name == "Ref":
                return self.ref(argument)
            if name.startswith("Fn::"):
                return self.function(name.removeprefix("Fn::"), argument)
        return {key: made for key, part in node.items() if (made := self.value(part)) is not NOTHING}

    def ref(self, name: str):
        if name == "AWS::NoValue":
            return NOTHING
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.tree["Parameters"]:
            if name in self.given:
                return self.given[name]
            return self.tree["Parameters"][name]["Default"]
        return self.attribute(name, REF[self.tree["Resources"][name]["Type"]])

    def attribute(self, name: str, what: str) -> str:
        """A property when it was written, else a symbol."""
        written = self.tree["Resources"][name]["Properties"]
        return self.value(written[what]) if what in written else f"<{snake(name)}.{what}>"

    def function(self, name: str, argument):
        if name == "If":
            return self.value(argument[1] if self.condition(argument[0]) else argument[2])
        if name == "GetAtt":
            text = self.attribute(argument[0], ATTRIBUTE[argument[1]])
            # CloudFormation's ARN of a log group is of what is in it.
            is_group = self.tree["Resources"][argument[0]]["Type"] == "AWS::Logs::LogGroup"
            return f"{text}:*" if is_group else text
        if name == "Sub":
            text, own = argument if isinstance(argument, list) else (argument, {})
            return re.sub(r"\$\{([^}!]+)\}", lambda hole: self.hole(hole.group(1), own), text)
        if name == "Join":
            return argument[0].join(self.value(argument[1]))
        if name == "Split":
            return self.value(argument[1]).split(argument[0])
        if name == "Select":
            return self.value(argument[1])[argument[0]]
        if name == "Base64":
            return self.value(argument)
        raise Unknown(name)

    def hole(self, name: str, own: dict) -> str:
        if name in own:
            return str(self.value(own[name]))
        return str(self.function("GetAtt", name.split(".", 1)) if "." in name else self.ref(name))
