"""Ask three servers for the time at once, and cancel the one that is too slow.

Run it: python3 sdk/python/examples/async_fanout.py

Each task inherits the span that was open when the task was made.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from hero_tracing import flow

DELAYS = {"oslo": 0.02, "lima": 0.01, "perth": 60.0}


@contextlib.asynccontextmanager
async def clock(delay: float) -> AsyncIterator[int]:
    """Serve the word "noon" on loopback after a delay, and give the port."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.sleep(delay)
            writer.write(b"noon\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def ask(city: str, port: int) -> str:
    async with flow.step("ask", city=city) as step:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.closing(writer):
            line = await reader.readline()
        step.log("answered", bytes=len(line))
        return line.decode().strip()


@flow
async def async_fanout(enough: int = 2) -> dict[str, str]:
    """Ask every clock, and cancel the others when enough have answered."""
    async with contextlib.AsyncExitStack() as stack:
        servers = [stack.enter_async_context(clock(delay)) for delay in DELAYS.values()]
        ports = [await server for server in servers]
        async with flow.step("fan out", cities=len(ports)) as step:
            asked = [asyncio.create_task(ask(*pair)) for pair in zip(DELAYS, ports)]
            waiting = set(asked)
            while len(asked) - len(waiting) < enough:
                _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
            step.tag("cancelled", len(waiting))
    answers = ["?" if task.cancelled() else task.result() for task in asked]
    return dict(zip(DELAYS, answers))


if __name__ == "__main__":
    for city, answer in asyncio.run(async_fanout()).items():
        print(f"{city}: {answer}")
