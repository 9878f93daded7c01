"""What the peers have in common: work that is done by turns, a null server, a connection."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Callable, NamedTuple

from ratio import VARIABLE

HERE = Path(__file__).parent

# Does its work so many times, and returns when nothing of it is left in a buffer.
Work = Callable[[int], None]


class Pair(NamedTuple):
    ours: Work
    theirs: Work


# Sets a peer up for rounds of so many spans, and after the last one looks whether all arrived.
Peer = Callable[[int], AbstractContextManager[Pair]]


def repeated(call: Callable[[], object]) -> Work:
    def work(times: int) -> None:
        for _ in range(times):
            call()

    return work


class NullServer:
    """A process that takes spans over HTTP and counts them."""

    def __init__(self) -> None:
        command = [sys.executable, str(HERE / "null_server.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        self.url = "http://127.0.0.1:%d" % json.loads(said)["port"]

    def __enter__(self) -> NullServer:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=10)

    def expect(self, sent: int) -> None:
        with urllib.request.urlopen(self.url + "/counts", timeout=300) as answer:
            counts = json.load(answer)
        if counts["spans"] != sent:
            raise RuntimeError("%d spans were sent, and %s arrived" % (sent, counts))


@contextmanager
def connected() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(os.environ[VARIABLE])
        yield connection
        # Some libraries swallow what their writer raises: this raises if the reader has gone.
        connection.sendall(b"\n")
