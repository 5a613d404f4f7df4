#!/usr/bin/env python3
"""Every object of deploy/kubernetes is one that its API takes, and together they mean what they should.

The cluster's own kinds are held against Kubernetes' JSON schemas in their strict form, those of the Prometheus operator
against the models made from its CRDs, with unknown keys refused. Then what no schema sees (kubernetes_meaning.py), and at the
end whether all of that can say no.
"""

import copy
import subprocess
import sys

import jsonschema
import kubernetes_validate
import yaml
from cloudcoil.models.prometheus_operator import v1 as operator
from kubernetes_build import HERE, ROOT, build
from kubernetes_meaning import problems

# The oldest that has ReadWriteOncePod and the claims' retention in full, a current one, and the newest known.
VERSIONS = ("1.32", "1.35", "1.37")
FOLDERS = ("base", "overlays/eks")
RULES = HERE / "components/prometheus-operator/prometheusrule.yaml"


def strict(schema):
    """Nothing that is not named: as the API server refuses it with --validate=strict."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            strict(part)
    elif isinstance(schema, list):
        for part in schema:
            strict(part)
    return schema


OPERATOR = {
    kind: strict(getattr(operator, kind).model_json_schema(by_alias=True))
    for kind in ("ServiceMonitor", "PrometheusRule")
}


def wrong(thing: dict, versions: tuple[str, ...]) -> list[str]:
    """What its schema has against an object."""
    name = f"{thing['kind']} {thing['metadata']['name']}"
    if thing["apiVersion"].startswith("monitoring.coreos.com/"):
        judge = jsonschema.Draft202012Validator(OPERATOR[thing["kind"]])
        return [f"{name}: {error.json_path}: {error.message}" for error in judge.iter_errors(thing)]
    found = []
    for version in versions:
        try:
            kubernetes_validate.validate(thing, version, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{name}: {version}: {'.'.join(map(str, error.path))}: {error.message}")
    return found


def rules_are_current() -> list[str]:
    written = subprocess.run([HERE / "rules"], check=True, capture_output=True, text=True).stdout
    source = yaml.safe_load((ROOT / "deploy/prometheus/tripline.rules.yml").read_text())
    stale = written != RULES.read_text() or yaml.safe_load(written)["spec"] != source
    return [f"{RULES.name} is not what deploy/kubernetes/rules writes"] if stale else []


def at(objects: list[dict], kind: str, *path):
    """A part of the one object of a kind."""
    part = next(each for each in objects if each["kind"] == kind)
    for step in path:
        part = part[step]
    return part


POD = ("StatefulSet", "spec", "template", "spec")
BOX = (*POD, "containers", 0)
# What somebody could do, one at a time; each must be noticed.
MISTAKES = {
    "two engines": lambda them: at(them, "StatefulSet", "spec").update(replicas=2),
    "a disk for many": lambda them: at(them, "StatefulSet", "spec", "volumeClaimTemplates", 0, "spec").update(
        accessModes=["ReadWriteMany"]
    ),
    "a typing error": lambda them: at(them, *BOX).update(redinessProbe={}),
    "a number as text": lambda them: at(them, *POD).update(terminationGracePeriodSeconds="45"),
    "killed while draining": lambda them: at(them, *POD).update(terminationGracePeriodSeconds=30),
    "no limit": lambda them: at(them, *BOX, "resources").pop("limits"),
    "a path that is not served": lambda them: at(them, *BOX, "livenessProbe", "httpGet").update(path="/healthz"),
    "another port": lambda them: at(them, *BOX, "ports", 0).update(containerPort=8080),
    "root": lambda them: at(them, *POD, "securityContext").update(runAsUser=0),
    "a writable root": lambda them: at(them, *BOX, "securityContext").pop("readOnlyRootFilesystem"),
    "a secret of nobody's": lambda them: at(them, *POD, "volumes", 1, "secret").update(secretName="other"),
    "a secret for all": lambda them: at(them, *POD, "volumes", 1, "secret").update(defaultMode=0o444),
    "a store that is not kept": lambda them: at(them, *BOX, "volumeMounts", 0).update(mountPath="/var/lib/other"),
    "no such account": lambda them: at(them, *POD).update(serviceAccountName="default"),
    "others' pods": lambda them: at(them, "PodDisruptionBudget", "spec", "selector", "matchLabels").update(app="x"),
    "the node's credentials": lambda them: at(them, "NetworkPolicy", "spec", "egress", 1, "ports", 0).update(port=80),
    "open to all": lambda them: at(them, "NetworkPolicy", "spec", "ingress", 0).pop("from"),
    "a monitor's typing error": lambda them: at(them, "ServiceMonitor", "spec", "endpoints", 0).update(intervall="15s"),
    "another job": lambda them: at(them, "ServiceMonitor", "spec").update(jobLabel="app.kubernetes.io/part-of"),
    "a rule without expression": lambda them: at(them, "PrometheusRule", "spec", "groups", 0, "rules", 0).pop("expr"),
}


def judge(objects: list[dict], versions: tuple[str, ...] = VERSIONS) -> list[str]:
    """Their form; and what they mean, once they have it."""
    return [problem for thing in objects for problem in wrong(thing, versions)] or problems(objects)


def main() -> int:
    found = rules_are_current()
    for folder in FOLDERS:
        objects, by = build(HERE / folder)
        judged = judge(objects)
        found += [f"{folder}: {problem}" for problem in judged]
        print(
            f"{folder}: {len(objects)} objects built by {by}, Kubernetes {', '.join(VERSIONS)}: {len(judged)} problems"
        )
    for name, spoil in MISTAKES.items():
        spoilt = copy.deepcopy(objects)
        spoil(spoilt)
        if not judge(spoilt, VERSIONS[:1]):
            found.append(f"not noticed: {name}")
    print(f"{len(MISTAKES)} mistakes made on purpose")
    for problem in found:
        print(f"FAIL {problem}", file=sys.stderr)
    print("FAIL" if found else "ok: deploy/kubernetes")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
