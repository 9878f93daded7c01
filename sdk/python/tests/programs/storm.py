"""Emit from threads, a signal handler at 1 kHz and finalizers at once; print how much.

usage: storm.py MILLISECONDS THREADS
"""

from __future__ import annotations

import gc
import itertools
import signal
import sys
import threading
import time
from typing import Any

from hero_tracing import flow

_emitted = itertools.count()
_struck = itertools.count()


def count(events: int) -> None:
    for _ in range(events):
        next(_emitted)


def emit(span: Any, length: int) -> None:
    span.tag("key", length).log("x" * length, field=[length])
    count(2)


class Finalized:
    """Garbage in a cycle, so that it is collected wherever the collector happens to run."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        with flow.span("finalizer") as span:
            emit(span, 10)
        count(2)


def strike(*_: object) -> None:
    next(_struck)
    with flow.span("handler") as span:
        emit(span, 20)
    count(2)
    current = flow.current_span
    if current.span_id is not None:
        emit(current, 30)


def work(deadline: float) -> None:
    for number in itertools.count():
        if time.monotonic() > deadline:
            return
        Finalized()
        with flow.step("step") as step:
            emit(step, number * 37 % 3000)
            with flow.span("inner"):
                pass
        count(4)


def main() -> None:
    seconds, others = int(sys.argv[1]) / 1000, int(sys.argv[2])
    with flow.step("first"):
        pass  # while it connects, what interrupts it finds the SDK off
    gc.set_threshold(20)
    deadline = time.monotonic() + seconds
    threads = [threading.Thread(target=work, args=(deadline,)) for _ in range(others)]
    signal.signal(signal.SIGALRM, strike)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    for thread in threads:
        thread.start()
    work(deadline)
    signal.setitimer(signal.ITIMER_REAL, 0)
    for thread in threads:
        thread.join()
    gc.collect()
    with flow.step("last"):
        pass
    count(4)
    print(next(_emitted), next(_struck))


main()
