"""Changes either side of a comparison in one place, and asks whether anybody noticed."""

import copy
import sys
from collections.abc import Callable

from terraform_hcl import Module
from terraform_table import META


def changes(node, at: tuple = ()):
    """Every place in a tree where something stands that can be changed."""
    for key, part in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(part, dict | list):
            yield from changes(part, (*at, key))
        elif isinstance(part, bool | int) or (isinstance(part, str) and part):
            yield (*at, key)


def spoil(node, at: tuple) -> None:
    for key in at[:-1]:
        node = node[key]
    old = node[at[-1]]
    if isinstance(old, bool):
        new = not old
    elif isinstance(old, int):
        new = old + 1
    else:
        # HCL keeps its quotes; an expression becomes a text.
        new = '"spoilt"' if old.startswith(('"', "${")) else "spoilt"
    node[at[-1]] = new


def is_noticed(judge: Callable, file: str, tree: dict, module: Module) -> bool:
    try:
        return bool(judge(file, tree, module))
    except Exception:  # what cannot even be read has been noticed
        return True


# Of the places where something could be changed, every so many-th is.
STEP = 1 if "--every" in sys.argv[1:] else 6


def unnoticed(judge: Callable, file: str, tree: dict, module: Module) -> tuple[int, list[str]]:
    """Changes, one in each resource and policy of either side, that nobody would notice."""
    tried, found = 0, []
    for name, body in tree["Resources"].items():
        for at in list(changes(body.get("Properties", {})))[::STEP]:
            changed = copy.deepcopy(tree)
            spoil(changed["Resources"][name]["Properties"], at)
            tried += 1
            if not is_noticed(judge, file, changed, module):
                found.append(f"{file}: not noticed there: {name}.{'.'.join(map(str, at))}")
    for group in (module.resources, module.documents):
        for key, body in group.items():
            for at in list(changes({name: part for name, part in body.items() if name not in META}))[::STEP]:
                changed = copy.copy(module)
                changed_group = copy.deepcopy(group)
                spoil(changed_group[key], at)
                setattr(changed, "resources" if group is module.resources else "documents", changed_group)
                tried += 1
                if not is_noticed(judge, file, tree, changed):
                    found.append(f"{file}: not noticed here: {key}.{'.'.join(map(str, at))}")
    return tried, found
