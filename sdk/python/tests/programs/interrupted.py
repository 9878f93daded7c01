"""Be interrupted at random moments of SDK calls; print how many struck and were caught.

usage: interrupted.py ROUNDS SEED
"""

from __future__ import annotations

import contextvars
import random
import signal
import sys
import threading

from hero_tracing import flow, instrument

_struck = 0


class Client:
    def fetch(self, key: str) -> list[str]:
        return [key]


def strike(*_: object) -> None:
    global _struck
    _struck += 1
    raise KeyboardInterrupt


def work(client: Client) -> None:
    with flow.step("outer", a=1) as outer:
        outer.tag("key", [1]).log("said", b={"c": 2})
        with flow.span("inner"):
            client.fetch("key")


def work_until(caught: int, client: Client) -> None:
    while _struck == caught:
        work(client)


def emit(name: str) -> None:
    with flow.step(name) as step:
        step.tag("key", 1)


def main() -> None:
    rounds, chance = int(sys.argv[1]), random.Random(int(sys.argv[2]))
    client, caught = instrument(Client()), 0
    signal.signal(signal.SIGALRM, strike)
    for _ in range(rounds):
        before = _struck
        try:
            signal.setitimer(signal.ITIMER_REAL, chance.uniform(0.00002, 0.0006))
            # A context of its own: an interrupt may strike before an exit can begin.
            contextvars.copy_context().run(work_until, before, client)
        except KeyboardInterrupt:
            caught += 1
    for number in range(3):
        emit("after %d" % number)
    thread = threading.Thread(target=emit, args=("thread",))
    thread.start()
    thread.join()
    print(_struck, caught)


main()
