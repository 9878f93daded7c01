"""What a span costs with hero_tracing and with another library, by turns in one process.

    python3 peers.py --peer otel-batch --spans 10000 --rounds 20

Each round prints {"row":…,"ours_ns":…,"theirs_ns":…}: the processor time of this process, all its
threads, for one span (or log line, tag, call), in nanoseconds. A first round is not printed. A span
is a child with two attributes at its start, opened and closed under an open parent. What a library
keeps in a buffer is sent within the time that is measured.

HERO_FLOW_SPAN_SOCK names a Unix socket where somebody reads: hero_tracing writes there, and so do
the peers that write to a socket, each on a connection of its own. PYTHONPATH leads to sdk/python.

A process measures one peer: most of them change the whole process when they are set up.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time

import hero_tracing
import parts
import tracers
from bench_support import Peer, Work
from hero_tracing import flow
from ratio import VARIABLE

PEERS: dict[str, Peer] = {**tracers.PEERS, **parts.PEERS}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--peer", required=True, choices=sorted(PEERS))
    parser.add_argument("--spans", type=int, default=10_000, help="how many spans a round has")
    parser.add_argument("--rounds", type=int, default=20, help="how many rounds")
    arguments = parser.parse_args()
    row, spans = arguments.peer, arguments.spans
    if row == "off":
        os.environ.pop(VARIABLE, None)  # the SDK looks for it when the first span is made
    elif not os.environ.get(VARIABLE):
        sys.exit("peers.py: %s names no socket" % VARIABLE)
    try:
        measure(row, spans, arguments.rounds)
    except ModuleNotFoundError as error:
        print(json.dumps({"row": row, "left_out": "%s is not installed" % error.name}))


def measure(row: str, spans: int, rounds: int) -> None:
    with PEERS[row](spans) as pair, flow.step("peers"):
        for number in range(rounds + 1):
            times = timed(spans, pair.ours), timed(spans, pair.theirs)
            if row != "off":
                check_ours()
            if number > 0:
                print('{"row":"%s","ours_ns":%.1f,"theirs_ns":%.1f}' % (row, *times), flush=True)


def timed(times: int, work: Work) -> float:
    gc.collect()  # nobody pays for what the other left behind
    before = time.process_time_ns()
    work(times)
    return (time.process_time_ns() - before) / times


def check_ours() -> None:
    """Fails when ours went silent: then it would have been measured doing nothing."""
    producer = hero_tracing._producer
    if producer is None or producer.dead:
        raise RuntimeError("hero_tracing is silent: nobody reads at its socket")


if __name__ == "__main__":
    main()
