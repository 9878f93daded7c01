"""Fork again and again beside busy threads; each child emits one step and leaves.

usage: forks.py FORKS THREADS

Prints one line for each child: its exit status, and the span that was open at its fork.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings

from hero_tracing import flow

_done = threading.Event()


def keep_busy() -> None:
    while not _done.is_set():
        with flow.step("busy") as step:
            step.tag("key", "x" * 500).log("said", field=[1, 2])
        time.sleep(0.0005)


def child(number: int) -> None:
    flow.current_span.tag("of the parent", number).log("of the parent")
    with flow.step("child %d" % number) as step:
        step.tag("key", number)


def fork(number: int) -> None:
    with flow.step("fork %d" % number) as step:
        process = os.fork()
        if process == 0:
            try:
                child(number)
            finally:
                os._exit(0)
        _, status = os.waitpid(process, 0)
        print(status, step.span_id)


def main() -> None:
    warnings.simplefilter("ignore", DeprecationWarning)  # threads and forks, said by 3.12
    forks, others = int(sys.argv[1]), int(sys.argv[2])
    threads = [threading.Thread(target=keep_busy) for _ in range(others)]
    for thread in threads:
        thread.start()
    for number in range(forks):
        fork(number)
    _done.set()
    for thread in threads:
        thread.join()
    print("done")


main()
