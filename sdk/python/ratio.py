"""What a span costs, beside the two bare sends that it is made of.

    python3 ratio.py --spans 10000 --rounds 20

Each round prints {"ours_ns":…,"theirs_ns":…}: the processor time of this process for one span, in
nanoseconds. Ours is a child span with two tags at its start, opened and closed; theirs are two
calls of socket.send with the very lines of such a span, on a second connection to the same socket,
which HERO_FLOW_SPAN_SOCK names. Somebody must read there.
"""

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from typing import Callable

from hero_tracing import flow

VARIABLE = "HERO_FLOW_SPAN_SOCK"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--spans", type=int, default=10_000, help="how many spans a round has")
    parser.add_argument("--rounds", type=int, default=20, help="how many rounds")
    parser.add_argument("--once", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.once:
        with flow.step("ratio"):
            ours()
        return
    lines = record_lines()
    theirs = two_sends(os.environ[VARIABLE], lines)
    with flow.step("ratio"):
        for _ in range(arguments.rounds):
            times = timed(arguments.spans, ours), timed(arguments.spans, theirs)
            print('{"ours_ns":%.1f,"theirs_ns":%.1f}' % times, flush=True)


def ours() -> None:
    with flow.span("fetch", key="apple", rows=1024):
        pass


def two_sends(path: str, lines: list[bytes]) -> Callable[[], None]:
    connection = socket.socket(socket.AF_UNIX)
    # As much room as the SDK gives to its own.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
    connection.connect(path)
    start, end = lines
    send = connection.send

    def theirs() -> None:
        send(start)
        send(end)

    return theirs


def timed(times: int, call: Callable[[], None]) -> float:
    before = time.process_time_ns()
    for _ in range(times):
        call()
    return (time.process_time_ns() - before) / times


def record_lines() -> list[bytes]:
    """Lets another process send one such span to a socket of our own, and takes its two lines."""
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = os.path.join(directory, "s")
        listener.bind(path)
        listener.listen()
        command = [sys.executable, __file__, "--once"]
        subprocess.run(command, env={**os.environ, VARIABLE: path}, check=True)
        accepted, _ = listener.accept()
        with accepted, accepted.makefile("rb") as stream:
            return stream.readlines()[1:3]


if __name__ == "__main__":
    main()
