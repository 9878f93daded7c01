"""Interrupt a fresh SDK's first span at every call of its code; print how many there are.

Each point has a copy of the SDK, and so a connection, of its own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import hero_tracing

_CODE = compile(Path(hero_tracing.__file__).read_bytes(), hero_tracing.__file__, "exec")


class Striker:
    def __init__(self, point: int) -> None:
        self.left = point

    def profile(self, frame: FrameType, event: str, _: object) -> None:
        if event in ("call", "c_return") and frame.f_globals.get("__name__") == "hero_tracing":
            self.left -= 1
            if self.left == 0:
                sys.setprofile(None)
                raise KeyboardInterrupt


def strike(point: int, flow: Any) -> bool:
    """Whether there is such a point; the interrupt must reach us."""
    striker = Striker(point)
    try:
        sys.setprofile(striker.profile)
        with flow.step("first"):
            pass
    except KeyboardInterrupt:
        return True
    finally:
        sys.setprofile(None)
    assert striker.left > 0, "swallowed at %d" % point
    return False


def main() -> None:
    for point in range(1, 10_000):
        sdk: Any = ModuleType("hero_tracing")
        exec(_CODE, sdk.__dict__)
        found = strike(point, sdk.flow)
        with sdk.flow.step("after"):
            pass
        if not found:
            print(point)
            return


main()
