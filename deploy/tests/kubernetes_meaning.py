"""What a schema cannot see: names that lead somewhere, ports that meet, patience that is enough."""

import ipaddress
import re
import tomllib
from collections.abc import Iterator
from pathlib import PurePosixPath as Path

from kubernetes_build import ROOT

# Made by hand, as deploy/README.md says: a secret comes near no repository.
BY_HAND = {("Secret", "tripline")}
ROUTES = set(re.findall(r'\.route\("([^"]+)"', (ROOT / "engine/src/port.rs").read_text()))
DEFAULTS = tomllib.loads((ROOT / "deploy/config/tripline.toml").read_text())
# How much later than its drain the engine ends by itself.
HARD_END_S = 5


class World:
    """The objects, by kind and name, and the one pod."""

    def __init__(self, objects: list[dict]):
        self.by_name = {(each["kind"], each["metadata"]["name"]): each for each in objects}
        self.set = self.one("StatefulSet")["spec"]
        self.template = self.set["template"]
        self.pod = self.template["spec"]
        self.container = self.pod["containers"][0]
        self.ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        self.mounts = {Path(mount["mountPath"]): mount for mount in self.container["volumeMounts"]}
        self.volumes = {volume["name"]: volume for volume in self.pod["volumes"]}

    def every(self, kind: str) -> list[dict]:
        return [each for (its, _), each in self.by_name.items() if its == kind]

    def one(self, kind: str) -> dict:
        found = self.every(kind)
        assert len(found) == 1, f"{len(found)} of kind {kind}"
        return found[0]

    def has(self, kind: str, name: str) -> bool:
        return (kind, name) in self.by_name or (kind, name) in BY_HAND

    def mount_of(self, path: str) -> dict:
        return next((self.mounts[above] for above in Path(path).parents if above in self.mounts), {})

    def config(self) -> dict:
        path = Path(self.container["args"][self.container["args"].index("--config") + 1])
        volume = self.volumes[self.mount_of(str(path))["name"]]
        return tomllib.loads(self.by_name["ConfigMap", volume["configMap"]["name"]]["data"][path.name])


def problems(objects: list[dict]) -> list[str]:
    world = World(objects)
    checks = (names, single, hardened, probes, ports, selectors, paths, patience, ways_out)
    return [problem for check in checks for problem in check(world)]


def names(world: World) -> Iterator[str]:
    """Everything that is named is there."""
    wanted = [("ServiceAccount", world.pod["serviceAccountName"]), ("Service", world.set["serviceName"])]
    for volume in world.volumes.values():
        wanted += [("ConfigMap", volume["configMap"]["name"])] if "configMap" in volume else []
        wanted += [("Secret", volume["secret"]["secretName"])] if "secret" in volume else []
    claims = world.set["volumeClaimTemplates"]
    wanted += [("StorageClass", name) for claim in claims if (name := claim["spec"].get("storageClassName"))]
    yield from (f"{kind} {name} is named and not there" for kind, name in wanted if not world.has(kind, name))
    known = set(world.volumes) | {claim["metadata"]["name"] for claim in claims}
    yield from (f"no volume {mount['name']}" for mount in world.mounts.values() if mount["name"] not in known)


def single(world: World) -> Iterator[str]:
    """One writer, whose disk stays."""
    if world.set["replicas"] != 1:
        yield "more than one engine on a stream"
    if any(claim["spec"]["accessModes"] != ["ReadWriteOncePod"] for claim in world.set["volumeClaimTemplates"]):
        yield "a second pod could have the store's disk"
    if set(world.set["persistentVolumeClaimRetentionPolicy"].values()) != {"Retain"}:
        yield "the store goes with the set"
    if world.one("PodDisruptionBudget")["spec"].get("maxUnavailable") != 1:
        yield "a node with the pod could not be drained"


def hardened(world: World) -> Iterator[str]:
    own, pod = world.container["securityContext"], world.pod["securityContext"]
    wanted = {
        "not root": pod.get("runAsNonRoot") is True and pod.get("runAsUser") == pod.get("fsGroup") == 65532,
        "a seccomp profile": pod.get("seccompProfile") == {"type": "RuntimeDefault"},
        "a read-only root": own.get("readOnlyRootFilesystem") is True,
        "no escalation": own.get("allowPrivilegeEscalation") is False,
        "no capability": own.get("capabilities") == {"drop": ["ALL"]},
        "no token of the cluster": world.pod.get("automountServiceAccountToken") is False,
        "one container": len(world.pod["containers"]) == 1 and not world.pod.get("initContainers"),
    }
    for part in ("requests", "limits"):
        wanted[f"cpu and memory in {part}"] = {"cpu", "memory"} <= set(world.container["resources"].get(part, ()))
    yield from (f"wanted: {what}" for what, holds in wanted.items() if not holds)


def probes(world: World) -> Iterator[str]:
    for name in ("startupProbe", "livenessProbe", "readinessProbe"):
        ask = world.container[name]["httpGet"]
        if ask["path"] not in ROUTES or ask["path"] != ("/readyz" if name == "readinessProbe" else "/livez"):
            yield f"{name} asks {ask['path']}"
        if ask["port"] not in world.ports:
            yield f"{name} asks at port {ask['port']}, which the container does not have"


def ports(world: World) -> Iterator[str]:
    """From the configuration over the container to whoever asks."""
    host, _, listen = world.config()["http"]["listen"].rpartition(":")
    if ipaddress.ip_address(host.strip("[]")).is_loopback:
        yield "the engine listens where no probe comes"
    if int(listen) != world.ports["http"]:
        yield f"the engine listens on {listen}, the container names {world.ports['http']}"
    served = {port["name"]: port for port in world.one("Service")["spec"]["ports"]}
    yield from (
        f"the service leads to {port['targetPort']}"
        for port in served.values()
        if port["targetPort"] not in world.ports
    )
    if served["http"]["port"] != world.ports["http"]:
        yield "the service has another port than the pod"
    for rule in world.one("NetworkPolicy")["spec"]["ingress"]:
        yield from (f"port {port['port']} is let in" for port in rule["ports"] if port["port"] not in world.ports)
        if not rule.get("from"):
            yield "everybody is let in"
    for monitor in world.every("ServiceMonitor"):
        for end in monitor["spec"]["endpoints"]:
            if end["port"] not in served or end["path"] not in ROUTES:
                yield f"Prometheus asks {end}"


def selectors(world: World) -> Iterator[str]:
    labels = world.template["metadata"]["labels"]
    service = world.one("Service")
    chosen = {
        "StatefulSet": world.set["selector"]["matchLabels"],
        "Service": service["spec"]["selector"],
        "PodDisruptionBudget": world.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        "NetworkPolicy": world.one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
    }
    yield from (f"{kind} chooses other pods" for kind, wanted in chosen.items() if not wanted.items() <= labels.items())
    for monitor in world.every("ServiceMonitor"):
        of_service = service["metadata"]["labels"]
        if not monitor["spec"]["selector"]["matchLabels"].items() <= of_service.items():
            yield "ServiceMonitor chooses other services"
        if of_service.get(monitor["spec"]["jobLabel"]) != "tripline":
            yield "the alerts expect the job `tripline`"


def paths(world: World) -> Iterator[str]:
    config = world.config()
    state = world.mount_of(config["store"]["path"])
    if not state or state.get("readOnly"):
        yield "the store's folder cannot be written"
    secrets = [config["http"]["token_file"]] + [
        sink["url_file"] for sink in config.get("sink", {}).values() if "url_file" in sink
    ]
    for path in secrets:
        volume = world.volumes.get(world.mount_of(path).get("name"), {})
        if "secret" not in volume:
            yield f"{path} is in no secret"
        elif volume["secret"]["defaultMode"] & 0o007:
            yield f"everybody may read {path}"


def patience(world: World) -> Iterator[str]:
    drain = world.config().get("pipeline", {}).get("drain_timeout_s", DEFAULTS["pipeline"]["drain_timeout_s"])
    if world.pod["terminationGracePeriodSeconds"] <= drain + HARD_END_S:
        yield "the pod is killed before the engine has drained"


def ways_out(world: World) -> Iterator[str]:
    """Names and TLS; never the credentials of the node."""
    found = set()
    for rule in world.one("NetworkPolicy")["spec"]["egress"]:
        numbers = {port["port"] for port in rule["ports"]}
        found |= numbers
        blocks = [ipaddress.ip_network(to["ipBlock"]["cidr"]) for to in rule["to"] if "ipBlock" in to]
        for node in ("169.254.169.254", "fd00:ec2::254"):
            address = ipaddress.ip_address(node)
            if 80 in numbers and any(address in block for block in blocks if block.version == address.version):
                yield f"the credentials of the node at {node} can be had"
    if not {53, 443} <= found:
        yield "neither names nor AWS can be reached"
