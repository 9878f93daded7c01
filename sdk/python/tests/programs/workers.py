"""Make a step in a forked worker of multiprocessing, and in a spawned one."""

from __future__ import annotations

import multiprocessing

from hero_tracing import flow


def work(name: str) -> None:
    with flow.step(name):
        pass


def main() -> None:
    for way in ("fork", "spawn"):
        with flow.step("outer " + way):
            child = getattr(multiprocessing.get_context(way), "Process")(target=work, args=(way,))
            child.start()
            child.join()
            assert child.exitcode == 0


if __name__ == "__main__":
    main()
