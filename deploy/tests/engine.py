"""A `tripline run`: started with a configuration and somebody's credentials, asked on its port, ended by SIGTERM."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.request

from server import free_port


class Engine:
    def __init__(self, process: subprocess.Popen, port: int, log: pathlib.Path):
        self.process, self.url, self.log = process, f"http://127.0.0.1:{port}", log

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return answer.read().decode()

    def alerts(self) -> list[dict]:
        """All of them: a page holds a thousand; one that changes between two pages comes again."""
        found, cursor = {}, ""
        while True:
            lines = [json.loads(line) for line in self.get(f"/api/alerts{cursor}").splitlines()]
            if not lines:
                return list(found.values())
            found.update((line["id"], line) for line in lines)
            cursor = f"?after={lines[-1]['cursor']}"

    def until(self, what: str, is_so, seconds: float = 60):
        """Waits until it is so, and hands back what it was."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"the engine ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}")
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                held = is_so()
                if held:
                    return held
            time.sleep(0.25)
        raise TimeoutError(f"not within {seconds} s: {what}\n{self.log.read_text()[-3000:]}")

    def drain(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


def environment(folder: pathlib.Path, given: dict[str, str], port: int) -> dict[str, str]:
    """Nothing of ours reaches it but what it is given, and where its store and its port are."""
    ours = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    ours["TRIPLINE__STORE__PATH"] = str(folder / "tripline.db")
    ours["TRIPLINE__HTTP__LISTEN"] = f"127.0.0.1:{port}"
    return {**ours, **given}


@contextlib.contextmanager
def running(binary: str, config: pathlib.Path, folder: pathlib.Path, given: dict[str, str]):
    port, log = free_port(), folder / "engine.log"
    with log.open("ab") as out:
        command = [binary, "run", "--config", str(config)]
        process = subprocess.Popen(command, env=environment(folder, given, port), stdout=out, stderr=out)
    try:
        yield Engine(process, port, log)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
