"""What the tests of flows' files share: who writes them, and who asks for them.

HostTest stands where the executor does, at the other end of the socket; SubflowTest calls
flow.run.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import textwrap
from pathlib import Path
from typing import Any, NamedTuple, Optional

from strict import Event
from support import SCRIPT_SECONDS, SDK_DIRECTORY, SdkTest, start_script

BOOTSTRAP = SDK_DIRECTORY.parent.parent / "crates/hero_span_executor/src/bootstrap.py"

Line = Optional[dict[str, Any]]


class FlowFileTest(SdkTest):
    """Has a directory of its own for flows' files."""

    file_name: str

    def setUp(self) -> None:
        super().setUp()
        self.directory = self.temporary_directory()

    def write(self, source: str, name: str | None = None) -> Path:
        file = self.directory / (name or self.file_name)
        file.write_text(textwrap.dedent(source), encoding="utf-8")
        return file


# The executor's place.


class Hosted(NamedTuple):
    """What a process said over its socket, None for nothing, and how it ended."""

    first: Line
    last: Line
    code: int
    output: str
    errors: str

    @property
    def flows(self) -> list[dict[str, Any]]:
        assert self.first is not None and list(self.first) == ["flows"], self
        return self.first["flows"]  # type: ignore[no-any-return]


class Executor:
    """Listens on a Unix socket, and reads lines of what connects."""

    def __init__(self, path: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._listener.settimeout(SCRIPT_SECONDS)

    def talk(self, request: object) -> tuple[Line, Line]:
        """Hear the first line, make a request unless it is None, and hear the last one."""
        with self._accept() as connection, connection.makefile("rb") as file:
            first = _line(file.readline())
            last = None
            if request is None:
                return first, None
            if first is not None and "flows" in first:
                self._ask(connection, request)
                last = _line(file.readline())
            assert file.read() == b"", "more was said after that"
            return first, last

    def ask_and_leave(self, request: object) -> None:
        with self._accept() as connection:
            connection.recv(1)
            self._ask(connection, request)

    def _accept(self) -> socket.socket:
        with self._listener:
            connection, _ = self._listener.accept()
        connection.settimeout(SCRIPT_SECONDS)
        return connection

    def _ask(self, connection: socket.socket, request: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(json.dumps(request).encode() + b"\n")


def _line(data: bytes) -> Line:
    """Strict JSON on a whole line; nothing is not a line."""
    assert not data or data.endswith(b"\n"), data
    return json.loads(data, parse_constant=_refuse) if data else None


def _refuse(text: str) -> None:
    raise AssertionError("no JSON: " + text)


class HostTest(FlowFileTest):
    file_name = "nightly.py"

    def start(self, file: Path, **options: Any) -> tuple[Executor, subprocess.Popen[str]]:
        control = str(self.temporary_directory() / "control.sock")
        executor = Executor(control)
        source = BOOTSTRAP.read_text(encoding="utf-8")
        return executor, start_script(source, control, str(file), **options)

    def host(self, file: Path, request: object = None, **options: Any) -> Hosted:
        executor, process = self.start(file, **options)
        with process:
            try:
                first, last = executor.talk(request)
                output, errors = process.communicate(timeout=SCRIPT_SECONDS)
            except BaseException:
                process.kill()
                raise
        return Hosted(first, last, process.returncode, output, errors)

    def look(self, source: str, name: str | None = None, **options: Any) -> Hosted:
        """Load a file and hang up; that ends well and prints no complaint."""
        found = self.host(self.write(source, name), **options)
        self.assertEqual((found.last, found.code, found.errors), (None, 0, ""), found)
        return found

    def run_flow(
        self, source: str, inputs: Any = None, name: str | None = None, **options: Any
    ) -> Hosted:
        """Run the flow called nightly of a file."""
        request = {"run": "nightly", "input": inputs or {}}
        return self.host(self.write(source, name), request, **options)


# A caller's place.


class SubflowTest(FlowFileTest):
    file_name = "other.py"

    def setUp(self) -> None:
        super().setUp()
        self.sdk = self.load_sdk()
        self.flow = self.sdk.flow

    def write_flow(self, body: str, name: str | None = None) -> Path:
        """A file with one flow of this body, which takes any inputs."""
        head = "import os, signal, sys, threading, time\nfrom hero_tracing import flow\n@flow\n"
        body = textwrap.indent(textwrap.dedent(body), "    ")
        return self.write(head + "def nightly(**inputs):\n" + body, name)

    def events_of_each(self) -> list[list[Event]]:
        return [one.events() for one in self.collector.connections if one.data]

    def begun(self) -> str:
        """A line of code that leaves the process's id in a file."""
        return "open(%r, 'w').write(str(os.getpid()))\n" % str(self.directory / "pid")

    def is_begun(self) -> bool:
        file = self.directory / "pid"
        return file.exists() and file.read_text() != ""

    def pid(self) -> int:
        return int((self.directory / "pid").read_text())

    def expect_gone(self, pid: int) -> None:
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)
