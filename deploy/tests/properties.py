"""The resolved properties of one resource, which have to be taken one by one: what is left over was forgotten."""


class MotoLacks(Exception):
    """moto has no such thing. Raised by name, so that a test can say what it leaves out."""


class Properties:
    def __init__(self, logical: str, held: dict):
        self.logical, self._held = logical, dict(held)

    def take(self, name: str, default=None):
        return self._held.pop(name, default)

    def must(self, name: str):
        if name not in self._held:
            raise KeyError(f"{self.logical} has no {name}")
        return self._held.pop(name)

    def rest(self) -> dict:
        held, self._held = self._held, {}
        return held

    def done(self) -> None:
        if self._held:
            raise NotImplementedError(f"{self.logical}: nobody looks at {sorted(self._held)}")


def tags(of: Properties, key: str = "Key", value: str = "Value") -> list[dict]:
    return [{key: tag["Key"], value: tag["Value"]} for tag in of.take("Tags", [])]


def pairs(of: Properties) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in of.take("Tags", [])}


def camel(value):
    """Names as the APIs of ECS and Logs write them: the first letter small."""
    if isinstance(value, list):
        return [camel(part) for part in value]
    if isinstance(value, dict):
        return {name[0].lower() + name[1:] if name[0].isupper() else name: camel(part) for name, part in value.items()}
    return value
