"""A moto server on 127.0.0.1: the one that TRIPLINE_MOTO_URL names, or one of our own on a port that the kernel chose."""

import atexit
import contextlib
import functools
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return held.getsockname()[1]


def _wait(url: str, process: subprocess.Popen) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"moto_server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{url}/moto-api/", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"moto_server does not answer at {url}")


@contextlib.contextmanager
def own(**environment: str):
    """Starts one, and ends it."""
    port = free_port()
    moto = pathlib.Path(sys.executable).with_name("moto_server")
    command = [str(moto), "-H", "127.0.0.1", "-p", str(port)]
    variables = {**os.environ, **environment}
    # What an unimplemented call says, it says there; its answer is a page without a word.
    log = open(os.environ.get("TRIPLINE_MOTO_LOG", os.devnull), "ab")
    process = subprocess.Popen(command, env=variables, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=10)
        log.close()


@functools.cache
def shared() -> str:
    """The one that is there, or one of our own until this process ends: tests have accounts, not servers, of their own."""
    there = os.environ.get("TRIPLINE_MOTO_URL")
    if there:
        return there
    context = own()
    atexit.register(context.__exit__, None, None, None)
    return context.__enter__()
