"""A Terraform module as python-hcl2 reads it, with its expressions evaluated for given variables.

Only the part of the language that deploy/terraform uses; anything else is an error and never a guess. What only AWS knows is a
symbol: `<key.arn>` is the ARN of the resource `key`.
"""

import re
from pathlib import Path

import hcl2

# What stands for the world, on both sides of a comparison.
ACCOUNT, REGION, PARTITION, SUFFIX = "111122223333", "eu-west-1", "aws", "amazonaws.com"
DATA = {
    ("aws_caller_identity", "account_id"): ACCOUNT,
    ("aws_partition", "partition"): PARTITION,
    ("aws_partition", "dns_suffix"): SUFFIX,
    ("aws_region", "name"): REGION,
}
# What the attribute `id` is, where it is something that was written.
ID_IS = {"aws_s3_bucket": "bucket", "aws_iam_role": "name", "aws_ecs_cluster": "name"}
NOISE = {"__is_block__", "__comments__", "__inline_comments__"}
TOKEN = re.compile(r'\s*(?:(\d+)|([A-Za-z_][\w-]*)|(&&|\|\||==|!=|<=|>=|[-<>!?:.,=()\[\]{}"]))')
ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class Unknown(Exception):
    """Something that this reader does not know."""


class Resource:
    """A reference to a resource, before it is said which attribute."""

    def __init__(self, module: "Module", kind: str, name: str):
        self.module, self.kind, self.name = module, kind, name

    def attribute(self, name: str):
        body = self.module.resources[self.kind, self.name]
        written = ID_IS.get(self.kind, name) if name == "id" else name
        return self.module.value(body[written]) if written in body else f"<{self.name}.{name}>"


class Document:
    """A reference to a policy document."""

    def __init__(self, module: "Module", name: str):
        self.module, self.name = module, name

    def attribute(self, name: str):
        if name != "json":
            raise Unknown(name)
        statements = self.module.blocks(self.module.documents[self.name], "statement")
        # The provider's default.
        return {"Version": "2012-10-17", "Statement": [self.module.statement(body) for body in statements]}


class Module:
    def __init__(self, folder: Path, variables: dict | None = None):
        self.folder = folder
        self.variables, self.locals, self.resources, self.documents, self.outputs = {}, {}, {}, {}, {}
        self.default_tags = {}
        for path in sorted(folder.glob("*.tf")):
            with path.open() as file:
                self.take(hcl2.load(file))
        self.given = variables or {}

    def take(self, file: dict) -> None:
        for block in file.get("variable", []):
            self.variables |= {unquote(name): clean(body) for name, body in block.items()}
        for block in file.get("locals", []):
            self.locals |= clean(block)
        for block in file.get("output", []):
            self.outputs |= {unquote(name): clean(body) for name, body in block.items()}
        for block in file.get("provider", []):
            self.default_tags = clean(block)['"aws"']["default_tags"][0]["tags"]
        for kind, name, body in each(file.get("resource", [])):
            self.resources[kind, name] = body
        for kind, name, body in each(file.get("data", [])):
            if kind == "aws_iam_policy_document":
                self.documents[name] = body

    def present(self) -> dict:
        """The resources that there are with these variables."""
        return {key: body for key, body in self.resources.items() if self.value(body.get("count", 1)) != 0}

    def value(self, node):
        """What something that was read means."""
        if isinstance(node, str):
            if node.startswith("${"):
                return Expression(self, node[2:-1]).whole()
            if node.startswith('"'):
                return Expression(self, node).whole()
            raise Unknown(node)
        if isinstance(node, list):
            return [self.value(part) for part in node]
        if isinstance(node, dict):
            return {unquote(key): self.value(part) for key, part in node.items() if part is not None}
        return node

    def blocks(self, body: dict, name: str) -> list[dict]:
        """Blocks of a name, those that are written `dynamic` too; evaluated."""
        found = list(body.get(name, []))
        for block in body.get("dynamic", []):
            for its, made in block.items():
                if unquote(its) == name:
                    found += made["content"] * len(self.value(made["for_each"]))
        return [self.value(part) for part in found]

    def statement(self, body: dict) -> dict:
        """A statement as IAM writes it."""
        made = {"Sid": body["sid"], "Effect": body.get("effect", "Allow"), "Action": body["actions"]}
        if "resources" in body:
            made["Resource"] = body["resources"]
        for principal in body.get("principals", []):
            kind, who = principal["type"], principal["identifiers"]
            made["Principal"] = "*" if (kind, who) == ("*", ["*"]) else {kind: who}
        for condition in body.get("condition", []):
            made.setdefault("Condition", {}).setdefault(condition["test"], {})[condition["variable"]] = condition[
                "values"
            ]
        return made

    def name(self, root: str, steps: list[str]):
        """What a name leads to, and the steps that are left."""
        if root == "var":
            name = steps[0]
            if name in self.given:
                return self.given[name], steps[1:]
            if "default" not in self.variables[name]:
                raise Unknown(f"var.{name} has no value")
            return self.value(self.variables[name]["default"]), steps[1:]
        if root == "local":
            return self.value(self.locals[steps[0]]), steps[1:]
        if root == "path" and steps[0] == "module":
            return str(self.folder), steps[1:]
        if root == "data":
            kind, name = steps[0], steps[1]
            if kind == "aws_iam_policy_document":
                return Document(self, name), steps[2:]
            return DATA[kind, steps[2]], steps[3:]
        if (root, steps[0]) in self.resources:
            return Resource(self, root, steps[0]), steps[1:]
        raise Unknown(f"{root}.{'.'.join(steps)}")


class Expression:
    """One expression, read from left to right."""

    def __init__(self, module: Module, text: str):
        self.module, self.text, self.at = module, text, 0

    def whole(self):
        value = self.choice()
        if self.text[self.at :].strip():
            raise Unknown(self.text[self.at :])
        return value

    def peek(self) -> str:
        found = TOKEN.match(self.text, self.at)
        return found.group(0).strip() if found else ""

    def take(self, *wanted: str) -> str | None:
        found = TOKEN.match(self.text, self.at)
        if not found or (wanted and found.group(0).strip() not in wanted):
            return None
        self.at = found.end()
        return found.group(0).strip()

    def need(self, wanted: str) -> None:
        if not self.take(wanted):
            raise Unknown(f"{wanted} wanted: {self.text[self.at :]}")

    def choice(self):
        value = self.binary(0)
        if not self.take("?"):
            return value
        # Both are read; neither has an effect.
        yes = self.choice()
        self.need(":")
        no = self.choice()
        return yes if value else no

    LEVELS = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="))
    MEANS = {
        "||": lambda a, b: a or b,
        "&&": lambda a, b: a and b,
        "==": lambda a, b: a == b,
        "!=": lambda a, b: a != b,
        "<": lambda a, b: a < b,
        ">": lambda a, b: a > b,
        "<=": lambda a, b: a <= b,
        ">=": lambda a, b: a >= b,
    }

    def binary(self, level: int):
        if level == len(self.LEVELS):
            return not self.binary(level) if self.take("!") else self.primary()
        value = self.binary(level + 1)
        while operator := self.take(*self.LEVELS[level]):
            value = self.MEANS[operator](value, self.binary(level + 1))
        return value

    def primary(self):
        first = self.peek()
        if first == '"':
            return self.text_with_holes()
        if first == "(":
            self.need("(")
            value = self.choice()
            self.need(")")
            return value
        if first == "[":
            return self.items("[", "]")
        if first == "{":
            return self.members()
        word = self.take()
        if not word:
            raise Unknown(self.text[self.at :])
        if word.isdigit():
            return int(word)
        if word in ("true", "false", "null"):
            return {"true": True, "false": False, "null": None}[word]
        return self.call(word) if self.peek() == "(" else self.steps(word)

    def items(self, begin: str, end: str) -> list:
        self.need(begin)
        found = []
        while not self.take(end):
            found.append(self.choice())
            if not self.take(","):
                self.need(end)
                break
        return found

    def members(self) -> dict:
        self.need("{")
        found = {}
        while not self.take("}"):
            name = self.text_with_holes() if self.peek() == '"' else self.take()
            self.need("=")
            found[name] = self.choice()
            self.take(",")
        return found

    def text_with_holes(self) -> str:
        self.need('"')
        parts = []
        while (letter := self.text[self.at]) != '"':
            if letter == "\\":
                parts.append(ESCAPES[self.text[self.at + 1]])
                self.at += 2
            elif self.text.startswith("${", self.at):
                self.at += 2
                parts.append(str(self.choice()))
                self.need("}")
            else:
                parts.append(letter)
                self.at += 1
        self.at += 1
        return "".join(parts)

    def steps(self, root: str):
        steps = []
        while mark := self.take(".", "["):
            if mark == ".":
                steps.append(self.take())
            else:
                # An index chooses among equals: `count` is 0 or 1 here.
                if self.choice() != 0:
                    raise Unknown(self.text)
                self.need("]")
        value, left = self.module.name(root, steps)
        for step in left:
            value = value[step] if isinstance(value, dict) else value.attribute(step)
        return value

    def call(self, name: str):
        arguments = self.items("(", ")")
        try:
            return FUNCTIONS[name](*arguments)
        except KeyError as error:
            raise Unknown(f"function {name}") from error


def render(path: str, values: dict) -> str:
    text = Path(path).read_text()
    if "%{" in text:
        raise Unknown(f"{path}: directives")
    return re.sub(r"\$\{(\w+)\}", lambda hole: str(values[hole.group(1)]), text)


FUNCTIONS = {
    "concat": lambda *lists: [part for one in lists for part in one],
    "contains": lambda among, value: value in among,
    "trimprefix": lambda text, prefix: text.removeprefix(prefix),
    "length": len,
    "templatefile": render,
    "file": lambda path: Path(path).read_text(),
    # Its text is compared as what it says.
    "jsonencode": lambda value: value,
}


def unquote(text: str) -> str:
    return text[1:-1] if text.startswith('"') else text


def clean(node):
    """Without what the reader adds."""
    if isinstance(node, dict):
        return {key: clean(part) for key, part in node.items() if key not in NOISE}
    return [clean(part) for part in node] if isinstance(node, list) else node


def each(blocks: list[dict]):
    """Kind, name and body of blocks with two labels."""
    for block in blocks:
        for kind, named in block.items():
            for name, body in named.items():
                if name not in NOISE:
                    yield unquote(kind), unquote(name), clean(body)
