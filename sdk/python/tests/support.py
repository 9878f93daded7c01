"""What the tests share: a collector on a real socket, fresh SDKs, scripts in a child.

Two environment variables matter: HERO_SOAK=1 asks for the long versions of the stress
tests, and HERO_SLACK_MS gives slow machines more time (README.md says more).
"""

from __future__ import annotations

import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
import unittest
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Callable, NamedTuple
from unittest import mock

from strict import Event, Reader

SDK_DIRECTORY = Path(__file__).resolve().parent.parent
SDK_FILE = SDK_DIRECTORY / "hero_tracing.py"
PROGRAMS = Path(__file__).resolve().parent / "programs"
SOCKET = "HERO_FLOW_SPAN_SOCK"
PARENT = "HERO_FLOW_PARENT_SPAN"
SOAK = os.environ.get("HERO_SOAK") == "1"
# Scripts compile what they import once, and leave nothing in the source tree.
_bytecode = tempfile.TemporaryDirectory(prefix="hero-")
# What a busy machine may add to a time that the contract bounds.
SLACK_SECONDS = float(os.environ.get("HERO_SLACK_MS", "250")) / 1000
_CHUNK = 1 << 18
_PAUSE_SECONDS = 0.002


def soak(usual: int, long: int) -> int:
    """How often to repeat: the usual number, or that of a soak."""
    return long if SOAK else usual


# How long a child process may take before its test fails: none hangs for ever.
SCRIPT_SECONDS = soak(60, 1200)


class Connection:
    """What one producer sent so far."""

    def __init__(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        self.socket = accepted
        self.data = bytearray()
        self.open = True
        self._reader = Reader()

    def read(self, most: int = 1 << 62) -> int:
        """Take what the kernel has, up to a number of bytes."""
        taken = 0
        while self.open and taken < most:
            try:
                chunk = self.socket.recv(min(_CHUNK, most - taken))
            except BlockingIOError:
                break
            except ConnectionError:
                chunk = b""
            if not chunk:
                self.close()
            self.data += chunk
            taken += len(chunk)
        return taken

    def close(self) -> None:
        self.open = False
        self.socket.close()

    def events(self, lossy: bool = False) -> list[Event]:
        """What it sent, checked strictly; a lossy one may have gaps in its numbers."""
        if self._reader.lossy != lossy:
            self._reader = Reader(lossy)
        return list(self._reader.read(self.data))


class Collector:
    """Listens on a Unix socket; a thread reads, unless it is told to pause.

    A returned call's line is in the kernel's queue, so looking at what came first takes
    what is there: a test never has to wait for the thread.
    """

    def __init__(self, reading: bool = True, backlog: int = 64) -> None:
        self._directory = tempfile.mkdtemp(prefix="hero-")
        self.path = os.path.join(self._directory, "span.sock")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        self._listener.listen(backlog)
        self._listener.setblocking(False)
        self._all: list[Connection] = []
        self._lock = threading.Lock()
        self._reading = threading.Event()
        self._closing = threading.Event()
        if reading:
            self._reading.set()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._closing.wait(_PAUSE_SECONDS):  # not at each line: the SDK is timed
            if self._reading.is_set():
                self.drain()

    def drain(self) -> None:
        """Accept and read whatever the kernel has now."""
        with self._lock:
            if not self._closing.is_set():
                self._accept()
            for connection in self._all:
                connection.read()

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except BlockingIOError:
                return
            self._all.append(Connection(accepted))

    def pause(self) -> None:
        """Read nothing more until resume."""
        self._reading.clear()
        with self._lock:
            self._accept()

    def resume(self) -> None:
        self._reading.set()

    @property
    def connections(self) -> list[Connection]:
        """Every connection so far, with all that the kernel has of it."""
        if self._reading.is_set():
            self.drain()
        return self._all

    def events(self, lossy: bool = False) -> list[Event]:
        """The events of the only connection, checked strictly."""
        connections = self.connections
        if not connections:
            return []
        assert len(connections) == 1, "%d connections" % len(connections)
        return connections[0].events(lossy)

    def wait(self, done: Callable[[], Any], seconds: float = 10) -> None:
        """Wait for what another process does."""
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, "waited %g s in vain" % seconds
            time.sleep(0.005)

    def hang_up(self) -> None:
        """Close every connection without reading, as a collector that dies does."""
        with self._lock:
            self._reading.clear()
            self._accept()
            for connection in self._all:
                connection.close()

    def close(self) -> None:
        with self._lock:
            if self._closing.is_set():
                return
            self._closing.set()
            self._reading.clear()
            self._listener.close()
            for connection in self._all:
                connection.close()
        self._thread.join()
        shutil.rmtree(self._directory)


# A fresh SDK.


def _compile() -> CodeType:
    return compile(SDK_FILE.read_bytes(), str(SDK_FILE), "exec", dont_inherit=True)


_code = _compile()


def environment(path: str | None, parent: str | None = None) -> dict[str, str]:
    """This process's environment with the two variables set, or without them."""
    env = {key: text for key, text in os.environ.items() if key not in (SOCKET, PARENT)}
    if path is not None:
        env[SOCKET] = path
    if parent is not None:
        env[PARENT] = parent
    return env


class SdkTest(unittest.TestCase):
    """A test with a collector of its own, and fresh copies of the SDK."""

    collector: Collector
    maxDiff = None

    def setUp(self) -> None:
        self.collector = self.start_collector()

    def start_collector(self, reading: bool = True, backlog: int = 64) -> Collector:
        collector = Collector(reading, backlog)
        self.addCleanup(collector.close)
        return collector

    def temporary_directory(self) -> Path:
        """One of our own, by the name that processes see of it."""
        directory = tempfile.mkdtemp(prefix="hero-")
        self.addCleanup(shutil.rmtree, directory)
        return Path(directory).resolve()

    def load_sdk(self, path: str | None = "", parent: str | None = None) -> Any:
        """A copy of the SDK that has not made a span; path "" means our collector.

        The environment stays set for the rest of the test, since the SDK reads it when
        the first span is made.
        """
        env = environment(self.collector.path if path == "" else path, parent)
        patch = mock.patch.dict(os.environ, env, clear=True)
        patch.start()
        self.addCleanup(patch.stop)
        sdk = ModuleType("hero_tracing")
        sdk.__file__ = str(SDK_FILE)
        exec(_code, sdk.__dict__)
        # Registered after the collector's own cleanup, so it must close it first.
        self.addCleanup(self._retire, sdk)
        return sdk

    def _retire(self, sdk: Any) -> None:
        """One more span finds the collector gone, so that the SDK closes its socket."""
        self.collector.close()
        with sdk.flow.span("goodbye"):
            pass

    def script(self, source: str | Path, *args: str, **options: Any) -> Finished:
        """Run a script against our collector; it must succeed and print no complaint."""
        options.setdefault("path", self.collector.path)
        finished = run_script(source, *args, **options)
        self.assertEqual((finished.code, finished.errors), (0, ""), finished)
        return finished

    def program(self, name: str, *args: str, **options: Any) -> Finished:
        """Run one of the programs beside these tests, like a script."""
        return self.script(PROGRAMS / name, *args, **options)


# Scripts in a child.


class Finished(NamedTuple):
    code: int
    output: str
    errors: str
    seconds: float


def start_script(
    source: str | Path,
    *args: str,
    path: str | None = None,
    parent: str | None = None,
    flags: tuple[str, ...] = (),
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    start_new_session: bool = False,
) -> subprocess.Popen[str]:
    """Start a script, its text or its file, with the SDK on its path; the caller waits."""
    code = ["-c", textwrap.dedent(source)] if isinstance(source, str) else [str(source)]
    child_env = {
        **environment(path, parent),
        "PYTHONPATH": str(SDK_DIRECTORY),
        "PYTHONPYCACHEPREFIX": _bytecode.name,
        "PYTHONDONTWRITEBYTECODE": "",
        **(env or {}),
    }
    return subprocess.Popen(
        [sys.executable, *flags, *code, *args],
        env=child_env,
        cwd=cwd,
        start_new_session=start_new_session,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell starts what runs in its background deaf to Ctrl-C, and so all below it.
        preexec_fn=functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )


def run_script(
    source: str | Path,
    *args: str,
    timeout: float = SCRIPT_SECONDS,
    on_output: Callable[[], object] | None = None,
    **options: Any,
) -> Finished:
    """Run a script to its end; one that hangs is killed, and its test fails.

    With on_output its first line is awaited, and then that is called.
    """
    began = time.monotonic()
    child = start_script(source, *args, **options)
    with child:
        try:
            first = ""
            if on_output is not None and child.stdout is not None:
                first = child.stdout.readline()
                on_output()
            output, errors = child.communicate(timeout=timeout)
        except BaseException:
            child.kill()
            raise
    return Finished(child.returncode, first + output, errors, time.monotonic() - began)


# Looking at events.


def of_type(events: list[Event], kind: str) -> list[Event]:
    return [event for event in events if event["type"] == kind]


def starts(events: list[Event]) -> dict[str, Event]:
    """The start of each span by its name; a name stands once."""
    found = of_type(events, "span_start")
    named = {event["name"]: event for event in found}
    assert len(named) == len(found), "two spans of one name"
    return named


def ends(events: list[Event]) -> dict[str, Event]:
    """The end of each span that ended, by its name."""
    by_id = {event["span_id"]: event for event in of_type(events, "span_end")}
    return {
        name: by_id[start["span_id"]]
        for name, start in starts(events).items()
        if start["span_id"] in by_id
    }


def tree(events: list[Event]) -> dict[str, str | None]:
    """Each span's parent, both by name; a parent that is not ours by its id."""
    names = {start["span_id"]: name for name, start in starts(events).items()}
    found: dict[str, str | None] = {}
    for name, start in starts(events).items():
        parent = start["parent_span_id"]
        found[name] = names.get(parent, parent)
    return found


def shape(events: list[Event]) -> list[str]:
    """The types and what they are about, in order: for a quick comparison."""
    about = {"span_start": "name", "span_tag": "key", "span_log": "message", "span_end": "status"}
    return [event["type"][5:] + " " + event[about[event["type"]]] for event in events]


def quickest(call: Callable[[], float], bound: float, tries: int = 3) -> float:
    """The least of a few measurements; a busy machine spoils one, but not all of them."""
    best = call()
    for _ in range(tries - 1):
        if best <= bound:
            break
        best = min(best, call())
    return best


def seconds_of(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def chunks(items: list[Any], count: int) -> Iterator[list[Any]]:
    for begin in range(0, len(items), count):
        yield items[begin : begin + count]
