"""Emit without end, and keep the number of calls that returned where a kill leaves it.

usage: counted.py FILE

The file, mapped into memory, holds the number as 8 bytes. Each number is emitted as a tag
or within a log of changing length.
"""

from __future__ import annotations

import itertools
import mmap
import struct
import sys

from hero_tracing import flow


def main() -> None:
    with open(sys.argv[1], "r+b") as file:
        counter = mmap.mmap(file.fileno(), 8)
    step = flow.step("killed").__enter__()
    counter[:] = struct.pack("<q", 1)
    print("ready", flush=True)
    for number in itertools.count(2):
        if number % 3:
            step.tag("number", number)
        else:
            step.log("x" * (number * 37 % 4000), number=number)
        counter[:] = struct.pack("<q", number)


main()
