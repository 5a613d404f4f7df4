"""What kustomize makes of deploy/kubernetes."""

import shutil
import subprocess
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "deploy/kubernetes"


def build(folder: Path) -> tuple[list[dict], str]:
    """The objects, and by what they were built."""
    for command in (["kubectl", "kustomize"], ["kustomize", "build"]):
        if shutil.which(command[0]):
            text = subprocess.run([*command, folder], check=True, capture_output=True, text=True).stdout
            return [each for each in yaml.safe_load_all(text) if each], " ".join(command)
    return list(by_hand(folder)), "PyYAML (no kustomize here: patches and name digests are not applied)"


def by_hand(folder: Path):
    """Resources and generated maps as they are written. An overlay's map is laid over its base's."""
    wanted = yaml.safe_load((folder / "kustomization.yaml").read_text())
    objects = []
    for name in wanted.get("resources", []) + wanted.get("components", []):
        path = folder / name
        objects += by_hand(path) if path.is_dir() else yaml.safe_load_all(path.read_text())
    for made in wanted.get("configMapGenerator", []):
        objects = [each for each in objects if (each["kind"], each["metadata"]["name"]) != ("ConfigMap", made["name"])]
        data = {Path(file).name: (folder / file).read_text() for file in made["files"]}
        objects.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data})
    for label in wanted.get("labels", []):
        for thing in objects:
            thing["metadata"].setdefault("labels", {}).update(label["pairs"])
    yield from objects
