"""What a template says once its functions are worked out. It knows the functions that ours use; another one is an error."""

import re

from template import Refused


class Gone:
    """AWS::NoValue: whatever holds it does not."""


class Thing:
    """A resource that is there."""

    def __init__(self, ref: str, attributes: dict[str, str] | None = None):
        self.ref, self.attributes = ref, attributes or {}


class Resolver:
    """One template with its parameters, and the resources that are there so far."""

    def __init__(self, template: dict, values: dict, account: str, region: str, stack: str = "test"):
        self.template, self.values = template, values
        self.things: dict[str, Thing] = {}
        self.pseudo = {
            "AWS::AccountId": account,
            "AWS::Region": region,
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": stack,
            "AWS::NoValue": Gone,
        }
        self._functions = {
            "Ref": self._ref,
            "Condition": self.condition,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::If": lambda of: self.resolve(of[1] if self.condition(of[0]) else of[2]),
            "Fn::Join": lambda of: self.resolve(of[0]).join(self.resolve(of[1])),
            "Fn::Split": lambda of: self.resolve(of[1]).split(of[0]),
            "Fn::Select": lambda of: self.resolve(of[1])[int(of[0])],
            "Fn::Base64": self.resolve,
            "Fn::Equals": lambda of: str(self.resolve(of[0])) == str(self.resolve(of[1])),
            "Fn::Not": lambda of: not self.resolve(of[0]),
            "Fn::And": lambda of: all(self.resolve(part) for part in of),
            "Fn::Or": lambda of: any(self.resolve(part) for part in of),
            "Fn::Contains": lambda of: self.resolve(of[1]) in self.resolve(of[0]),
        }

    def resolve(self, value):
        if isinstance(value, list):
            parts = [self.resolve(part) for part in value]
            return [part for part in parts if part is not Gone]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, of = next(iter(value.items()))
            # "Condition" is a function only before a name; in a policy it is a member.
            if name in self._functions and (name != "Condition" or isinstance(of, str)):
                return self._functions[name](of)
            if name.startswith("Fn::"):
                raise NotImplementedError(name)
        parts = {key: self.resolve(part) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part is not Gone}

    def condition(self, name: str) -> bool:
        return bool(self.resolve(self.template["Conditions"][name]))

    def wanted(self) -> dict[str, dict]:
        """The resources whose conditions hold."""
        resources = self.template["Resources"].items()
        return {name: of for name, of in resources if "Condition" not in of or self.condition(of["Condition"])}

    def check_rules(self) -> None:
        for rule in self.template.get("Rules", {}).values():
            if "RuleCondition" in rule and not self.resolve(rule["RuleCondition"]):
                continue
            for assertion in rule["Assertions"]:
                if not self.resolve(assertion["Assert"]):
                    raise Refused(assertion["AssertDescription"])

    def outputs(self) -> dict[str, str]:
        outputs = self.template.get("Outputs", {}).items()
        held = {name: of for name, of in outputs if "Condition" not in of or self.condition(of["Condition"])}
        return {name: self.resolve(of["Value"]) for name, of in held.items()}

    def _thing(self, name: str) -> Thing:
        if name not in self.things:
            raise KeyError(f"{name} is used and not there")
        return self.things[name]

    def _ref(self, name: str):
        if name in self.pseudo:
            return self.pseudo[name]
        return self.values[name] if name in self.values else self._thing(name).ref

    def _get_att(self, of: list[str]) -> str:
        return self._thing(of[0]).attributes[of[1]]

    def _sub(self, of) -> str:
        text, own = of if isinstance(of, list) else (of, {})

        def one(match: re.Match) -> str:
            name = match[1]
            if name.startswith("!"):
                return "${" + name[1:] + "}"
            if name in own:
                return str(self.resolve(own[name]))
            return str(self._get_att(name.split(".", 1)) if "." in name else self._ref(name))

        return re.sub(r"\$\{([^}]+)\}", one, text)


def uses(value) -> set[str]:
    """The names of what a part of a template refers to."""
    if isinstance(value, list):
        return set().union(*map(uses, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found = set()
    for name, of in value.items():
        if name == "Ref":
            found.add(of)
        elif name == "Fn::GetAtt":
            found.add(of[0])
        elif name == "Fn::Sub":
            text, own = of if isinstance(of, list) else (of, {})
            found |= {each.split(".")[0] for each in re.findall(r"\$\{([^}!]+)\}", text)} - own.keys()
            found |= uses(own)
        else:
            found |= uses(of)
    return found
