"""Emit from a trace function before every line of the SDK, and print how much.

Each event that such a function emits makes further lines to trace, without an end.
"""

from __future__ import annotations

import itertools
import sys
from types import FrameType
from typing import Any

import hero_tracing
from hero_tracing import flow

_emitted = itertools.count()


def trace(frame: FrameType, event: str, _: object) -> Any:
    if frame.f_code.co_filename == hero_tracing.__file__:
        with flow.span("traced") as span:
            span.tag("line", frame.f_lineno)
        for _ in range(3):
            next(_emitted)
    return trace


def main() -> None:
    sys.settrace(trace)
    with flow.step("outer"):
        pass
    sys.settrace(None)
    with flow.step("last"):
        pass
    for _ in range(2 + 2):
        next(_emitted)
    print(next(_emitted))


main()
