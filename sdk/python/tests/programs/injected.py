"""Strike SDK calls once at every point of their code, and print how many points there are.

usage: injected.py interrupt|emit calls|opcodes STRIDE

The strike raises KeyboardInterrupt, or emits as a signal handler would. At calls: where
the interpreter looks for signals, when a function begins and when a C function has
returned. At opcodes: before every single instruction of the SDK, which is more than
interpreters do. A complaint goes to stderr.
"""

from __future__ import annotations

import contextvars
import sys
import threading
from types import FrameType
from typing import Any

import hero_tracing
from hero_tracing import flow, instrument

_SDK = hero_tracing.__file__
_ACTION, _POINTS, _STRIDE = sys.argv[1], sys.argv[2], int(sys.argv[3])


class Client:
    def fetch(self, key: str) -> list[str]:
        return [key]


def untrace() -> None:
    sys.settrace(None)
    sys.setprofile(None)


class Striker:
    """Strikes at the n-th point within the SDK's code."""

    def __init__(self, point: int) -> None:
        self.point = self.left = point
        self.place = ""

    def _count(self, frame: FrameType) -> None:
        if frame.f_code.co_filename == _SDK:
            self.left -= 1
            if self.left == 0:
                self.place = "%s:%s" % (frame.f_code.co_name, frame.f_lineno)
                untrace()
                self._strike()

    def _strike(self) -> None:
        if _ACTION == "interrupt":
            raise KeyboardInterrupt
        with flow.span("struck %d" % self.point) as span:
            span.tag("key", [1])
        flow.current_span.log("struck %d" % self.point, field=2)

    def profile(self, frame: FrameType, event: str, _: object) -> None:
        if event in ("call", "c_return"):
            self._count(frame)

    def trace(self, frame: FrameType, event: str, _: object) -> Any:
        frame.f_trace_opcodes = frame.f_code.co_filename == _SDK
        frame.f_trace_lines = False
        if event == "opcode":
            self._count(frame)
        return self.trace


def work(client: Client) -> None:
    with flow.step("outer", a=1) as outer:
        outer.tag("key", [1]).log("said", b={"c": 2})
        with flow.span("inner"):
            client.fetch("key")


def run(striker: Striker, client: Client) -> str:
    """How the work ended."""
    try:
        if _POINTS == "calls":
            sys.setprofile(striker.profile)
        else:
            sys._getframe().f_trace_opcodes = True  # first, or 3.12 tells of none
            sys.settrace(striker.trace)
        work(client)
    except KeyboardInterrupt:
        return "interrupt"
    finally:
        untrace()
    return "emit"


def emit(name: str) -> None:
    with flow.step(name) as step:
        step.tag("key", 1)


def emit_in_thread(name: str) -> None:
    thread = threading.Thread(target=emit, args=(name,))
    thread.start()
    thread.join()


def strike(point: int, client: Client) -> bool:
    """Whether there is such a point."""
    striker = Striker(point)
    # A context of its own: an interrupt may strike before an exit can begin.
    ended = contextvars.copy_context().run(run, striker, client)
    if not striker.place:
        return False
    if ended != _ACTION:
        print("point %d, %s: ended by %s" % (point, striker.place, ended), file=sys.stderr)
    emit("here %d" % point)
    emit_in_thread("thread %d" % point)
    return True


def main() -> None:
    client, point = instrument(Client()), 1
    emit("first")
    while strike(point, client):
        point += _STRIDE
    print(point)


main()
