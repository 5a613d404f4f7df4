"""What IAM makes of policies, as far as ours go: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

moto looks at actions only; this looks at resources and conditions as well. Nothing allows what no statement allows, and a Deny wins."""

import re


def _list(value) -> list:
    return value if isinstance(value, list) else [value]


def like(pattern: str, text: str) -> bool:
    parts = (".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern)
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


# What holds when a key is there, and what when it is not: a negation holds of what is not there.
_OPERATORS = {
    "StringEquals": (lambda wanted, is_: wanted == is_, False),
    "StringLike": (like, False),
    "ArnEquals": (like, False),
    "ArnLike": (like, False),
    "Bool": (lambda wanted, is_: wanted == is_, False),
    "ArnNotLike": (like, True),
    "ArnNotEquals": (like, True),
}


def _holds(operator: str, keys: dict, context: dict[str, str]) -> bool:
    compare, negated = _OPERATORS[operator]
    for key, wanted in keys.items():
        matched = key in context and any(compare(each, context[key]) for each in _list(wanted))
        if matched == negated:
            return False
    return True


def _applies(statement: dict, action: str, resource: str, context: dict[str, str]) -> bool:
    unknown = statement.keys() - {"Sid", "Effect", "Action", "Resource", "Condition", "Principal"}
    if unknown:
        raise NotImplementedError(f"{statement['Sid']}: {sorted(unknown)}")
    if not any(like(each.lower(), action.lower()) for each in _list(statement["Action"])):
        return False
    if not any(like(each, resource) for each in _list(statement["Resource"])):
        return False
    conditions = statement.get("Condition", {}).items()
    return all(_holds(operator, keys, context) for operator, keys in conditions)


def allows(documents: list[dict], action: str, resource: str, context: dict[str, str] | None = None) -> bool:
    """Whether somebody with these policies may do that."""
    given = context or {}
    statements = [statement for document in documents for statement in _list(document["Statement"])]
    effects = {each["Effect"] for each in statements if _applies(each, action, resource, given)}
    return effects == {"Allow"}
