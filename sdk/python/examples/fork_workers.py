"""Count primes in forked workers.

Run it: python3 sdk/python/examples/fork_workers.py

A forked worker connects on its own, and hangs under the span that was open
when it was forked. Nothing needs to be said for that.
"""

from __future__ import annotations

import multiprocessing
from typing import Any

from hero_tracing import flow


def is_prime(number: int) -> bool:
    return number > 1 and all(number % i for i in range(2, int(number**0.5) + 1))


def count_primes(numbers: range, counts: Any) -> None:
    with flow.step("count", first=numbers[0], last=numbers[-1]) as step:
        count = sum(map(is_prime, numbers))
        step.tag("primes", count)
    counts.put(count)


@flow
def fork_workers(limit: int = 4000, parts: int = 4) -> int:
    """Count the primes below a limit, a part in each worker."""
    size = limit // parts
    context = multiprocessing.get_context("fork")
    counts = context.SimpleQueue()
    with flow.step("share out", parts=parts):
        workers = [
            context.Process(target=count_primes, args=(range(first, first + size), counts))
            for first in range(0, limit, size)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    return sum(counts.get() for _ in workers)


if __name__ == "__main__":
    print(fork_workers(), "primes")
