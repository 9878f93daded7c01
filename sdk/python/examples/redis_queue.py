"""Work through a queue in Redis; every command is a span.

Run it: python3 sdk/python/examples/redis_queue.py

Needs redis-py (pip install redis) and redis-server (apt-get install
redis-server). Without one of them it says so and exits with 69. The server is
its own, on a socket in a folder that goes away with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from hero_tracing import flow, instrument

try:
    import redis
except ImportError:
    print("redis-py is missing: pip install redis", file=sys.stderr)
    sys.exit(os.EX_UNAVAILABLE)

ORDERS = ["2 x tea", "1 x coffee", "many x cake"]


@contextlib.contextmanager
def private_server() -> Iterator[str]:
    """Start a redis-server that nobody else sees, and give the path of its socket."""
    program = shutil.which("redis-server")
    if program is None:
        print("redis-server is missing: apt-get install redis-server", file=sys.stderr)
        sys.exit(os.EX_UNAVAILABLE)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "redis.sock")
        options = ["--port", "0", "--unixsocket", path, "--save", "", "--dir", folder]
        with subprocess.Popen([program, *options], stdout=subprocess.PIPE, text=True) as server:
            try:
                any("ready to accept" in line.lower() for line in server.stdout or ())
                yield path
            finally:
                server.terminate()


def work(client: redis.Redis, order: str) -> None:
    with flow.step("order", order=order) as step:
        count, _, item = order.partition(" x ")
        if not count.isdigit():
            client.rpush("refused", order)
            raise flow.Failed(f"{count!r} is not a number")
        with instrument(client.pipeline()) as together:  # both or neither
            together.decrby("stock:" + item, int(count))
            together.lrem("working", 1, order)
            left, _ = together.execute()
        step.tag("left", left)


@flow
def redis_queue() -> dict[str, str | None]:
    """Take orders from a queue until it is empty, and say what is left in stock."""
    with private_server() as path:
        client = instrument(redis.Redis(unix_socket_path=path, decode_responses=True))
        with flow.step("fill"):
            client.mset({"stock:tea": 10, "stock:coffee": 10})
            client.rpush("orders", *ORDERS)
        while order := client.lmove("orders", "working"):
            with contextlib.suppress(flow.Failed):
                work(client, order)
        stock = {item: client.get("stock:" + item) for item in ("tea", "coffee")}
        return {**stock, "refused": client.lindex("refused", 0)}


if __name__ == "__main__":
    for what, value in redis_queue().items():
        print(f"{what}: {value}")
