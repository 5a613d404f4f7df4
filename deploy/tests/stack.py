"""Applies one of our templates to moto: what its CloudFormation makes, by CreateStack; the rest by the services' APIs.

A resource type that nobody makes, and a property that nobody looks at, end the test."""

import make_alerts
import make_events
import make_machines
import native
import template as templates
from mend import MENDERS
from properties import MotoLacks, Properties
from resolve import Resolver, uses

MAKERS = {**make_events.MAKERS, **make_alerts.MAKERS, **make_machines.MAKERS}


class Stack:
    def __init__(self, aws, name: str, **given: str):
        template = templates.load(name)
        self.aws = aws
        self.resolver = Resolver(template, templates.parameters(template, given), aws.account, aws.region)
        self.resolver.check_rules()
        # What moto lacks, by logical name; a test that does not expect it fails.
        self.lacking: dict[str, str] = {}
        native.create(aws, self.resolver, name.removesuffix(".yaml"))
        self._mend()
        self._make()

    def __getitem__(self, logical: str):
        return self.resolver.things[logical]

    def properties(self, logical: str) -> dict:
        """As resolved: with every function worked out."""
        return self.resolver.resolve(self.resolver.template["Resources"][logical]["Properties"])

    def outputs(self) -> dict[str, str]:
        return self.resolver.outputs()

    def _mend(self) -> None:
        for name, of in self.resolver.wanted().items():
            if name in self.resolver.things and of["Type"] in MENDERS:
                dropped = native.DROPPED.get(of["Type"], set()) | native.KEPT_ODDLY.get(of["Type"], set())
                held = {key: value for key, value in self.properties(name).items() if key in dropped}
                properties = Properties(name, held)
                MENDERS[of["Type"]](self.aws, self.resolver.things[name], properties)
                properties.done()

    def _make(self) -> None:
        waiting = {name: of for name, of in self.resolver.wanted().items() if name not in self.resolver.things}
        for name, of in waiting.items():
            if of["Type"] not in MAKERS:
                raise NotImplementedError(f"{name}: nobody makes {of['Type']}")
        while waiting:
            ready = [name for name, of in waiting.items() if not self._needs(of) & waiting.keys()]
            if not ready:
                raise RuntimeError(f"{sorted(waiting)} wait for each other")
            for name in ready:
                self._make_one(name, waiting.pop(name))

    def _needs(self, of: dict) -> set[str]:
        depends = of.get("DependsOn", [])
        return uses(of.get("Properties", {})) | set([depends] if isinstance(depends, str) else depends)

    def _make_one(self, name: str, of: dict) -> None:
        properties = Properties(name, self.properties(name))
        try:
            self.resolver.things[name] = MAKERS[of["Type"]](self.aws, properties)
        except MotoLacks as lacking:
            self.lacking[name] = str(lacking)
            return
        properties.done()
