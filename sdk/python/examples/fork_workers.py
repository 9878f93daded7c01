"""Count primes in forked workers.

Run it: python3 sdk/python/examples/fork_workers.py

A forked worker connects on its own, and hangs under the span that was open
when it was forked. Nothing needs to be said for that.
"""

from __future__ import annotations

import multiprocessing

from hero_tracing import flow

Range = tuple[int, int]


def is_prime(number: int) -> bool:
    return number > 1 and all(number % i for i in range(2, int(number**0.5) + 1))


def count_primes(numbers: Range) -> int:
    with flow.step("count", first=numbers[0], last=numbers[1]) as step:
        count = sum(map(is_prime, range(numbers[0], numbers[1] + 1)))
        step.result(count)
        return count


@flow
def fork_workers(limit: int = 4000, parts: int = 4) -> int:
    """Count the primes up to a limit, a part in each worker."""
    size = limit // parts
    ranges: list[Range] = [(part * size + 1, (part + 1) * size) for part in range(parts)]
    with flow.step("share out", parts=parts) as step:
        with multiprocessing.get_context("fork").Pool(2) as pool:
            counts = pool.map(count_primes, ranges, chunksize=1)
        step.tag("counts", counts)
    return sum(counts)


if __name__ == "__main__":
    print(fork_workers(), "primes")
