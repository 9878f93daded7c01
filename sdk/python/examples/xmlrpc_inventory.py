"""Restock a warehouse over XML-RPC; every call is a span.

Run it: python3 sdk/python/examples/xmlrpc_inventory.py
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any
from xmlrpc.client import Fault, ServerProxy
from xmlrpc.server import SimpleXMLRPCServer

from hero_tracing import flow, instrument


@contextlib.contextmanager
def warehouse() -> Iterator[str]:
    """Serve a small inventory on loopback, and give its address."""
    stock = {"bolt": 7, "nut": 250}

    def take(item: Any, count: Any) -> int:
        if stock[item] < count:
            raise ValueError(f"only {stock[item]} of {item}")
        stock[item] -= count
        return stock[item]

    with SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
        server.register_function(lambda: sorted(stock), "items")
        server.register_function(lambda item: stock[item], "stock.count")
        server.register_function(take, "stock.take")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield "http://127.0.0.1:%d" % server.server_address[1]
        server.shutdown()


@flow
def xmlrpc_inventory(wanted: int = 10) -> dict[str, int]:
    """Take so many of every item, and say what the warehouse could not give."""
    taken: dict[str, int] = {}
    with warehouse() as address:
        client: Any = instrument(ServerProxy(address))
        for item in client.items():
            with flow.step("take", item=item, wanted=wanted) as step:
                try:
                    left = client.stock.take(item, wanted)
                    taken[item] = wanted
                    step.tag("left", left)
                except Fault as fault:
                    step.log(fault.faultString, level="warn")
                    taken[item] = client.stock.count(item)
    return taken


if __name__ == "__main__":
    for item, count in xmlrpc_inventory().items():
        print(f"{item}: {count}")
