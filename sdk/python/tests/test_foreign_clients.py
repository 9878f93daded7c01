"""Clients that make their methods on demand, and clients that nobody here wrote."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import functools
import io
import logging
import math
import queue
import sqlite3
import threading
import unittest.mock
from typing import Any

import hostile
from support import SdkTest, ends, of_type


class InstrumentTest(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.sdk = self.load_sdk()
        self.flow = self.sdk.flow

    def instrument(self, client: Any) -> Any:
        return self.sdk.instrument(client)

    def names(self) -> list[str]:
        return [event["name"] for event in of_type(self.collector.events(), "span_start")]

    def params(self) -> list[Any]:
        return [event.get("params") for event in of_type(self.collector.events(), "span_start")]

    def results(self) -> list[Any]:
        found = [event for event in of_type(self.collector.events(), "span_end")]
        return [event.get("result", event.get("error_type")) for event in found]


class OnDemandTests(InstrumentTest):
    """Clients that make their methods when they are asked for."""

    def test_made_by_getattr(self) -> None:
        """A method made in __getattr__ is a method, and so is what hangs on it."""

        class Method:
            def __init__(self, name: str) -> None:
                self.name = name

            def __getattr__(self, name: str) -> Any:
                if name.startswith("_"):
                    raise AttributeError(name)
                return Method(self.name + "." + name)

            def __call__(self, *args: Any) -> Any:
                return self.name, args

        class Server:
            def __getattr__(self, name: str) -> Any:
                if name.startswith("_"):
                    raise AttributeError(name)
                return Method(name)

        client = self.instrument(Server())
        self.assertEqual(client.ping(), ("ping", ()))
        self.assertEqual(client.system.list.methods(1), ("system.list.methods", (1,)))
        expected = ["rpc:Server.ping", "rpc:Server.system.list.methods"]
        self.assertEqual(self.names(), expected)

    def test_fluent_methods(self) -> None:
        """One that returns the client returns the client's proxy."""

        class Server:
            def __getattr__(self, name: str) -> Any:
                if name.startswith("_"):
                    raise AttributeError(name)
                return Give(self)

        class Give:
            def __init__(self, server: Server) -> None:
                self.server = server

            def __call__(self) -> Any:
                return self.server

            def deeper(self) -> Any:
                return self.server

        client = self.instrument(Server())
        self.assertIs(client.one().two(), client)
        self.assertIs(client.one.deeper(), client)
        expected = ["rpc:Server.one", "rpc:Server.two", "rpc:Server.one.deeper"]
        self.assertEqual(self.names(), expected)

    def test_functions_made_by_getattr(self) -> None:
        """Plain functions, coroutine functions and partials too."""

        async def wait() -> int:
            return 2

        class Server:
            made = {"plain": lambda: 1, "wait": wait, "partial": functools.partial(max, 3)}

            def __getattr__(self, name: str) -> Any:
                try:
                    return self.made[name]
                except KeyError:
                    raise AttributeError(name) from None

        client = self.instrument(Server())
        self.assertEqual((client.plain(), asyncio.run(client.wait())), (1, 2))
        self.assertEqual(client.partial(2), 3)
        self.assertFalse(hasattr(client, "absent"))
        expected = ["rpc:Server.plain", "rpc:Server.wait", "rpc:Server.partial"]
        self.assertEqual(self.names(), expected)

    def test_mocks(self) -> None:
        """A mock stays a mock."""
        mock = unittest.mock.MagicMock(spec=["fetch"])
        mock.fetch.return_value = 5
        client = self.instrument(mock)
        self.assertEqual(client.fetch("a"), 5)
        mock.fetch.assert_called_once_with("a")
        client.fetch.assert_called_once_with("a")
        names = ["rpc:MagicMock.fetch", "rpc:MagicMock.fetch.assert_called_once_with"]
        self.assertEqual(self.names(), names)


class ForeignClientTests(InstrumentTest):
    """Clients of the standard library, which knows nothing of proxies."""

    def test_sqlite(self) -> None:
        """A connection: its calls, its with statement, its cursor."""
        with contextlib.closing(self.instrument(sqlite3.connect(":memory:"))) as connection:
            with connection as entered:
                self.assertIs(entered, connection)
                entered.execute("create table t (x)")
                entered.executemany("insert into t values (?)", [(1,), (2,)])
            self.assertEqual(connection.execute("select sum(x) from t").fetchone(), (3,))
            self.assertEqual(connection.total_changes, 2)
            with self.assertRaises(sqlite3.OperationalError):
                connection.execute("nonsense")
        calls = ["execute", "executemany", "execute", "execute", "close"]
        self.assertEqual(self.names(), ["rpc:Connection." + call for call in calls])

    def test_files_and_queues(self) -> None:
        """A text buffer, a queue, a logger, a lock."""
        buffer = self.instrument(io.StringIO("one\ntwo\n"))
        self.assertEqual((buffer.readline(), list(buffer)), ("one\n", ["two\n"]))
        items: Any = self.instrument(queue.Queue())
        items.put(1)
        self.assertEqual((items.get(), items.maxsize), (1, 0))
        logger = self.instrument(logging.getLogger("hero"))
        logger.debug("nobody listens")
        self.assertEqual(logger.name, "hero")
        with self.instrument(threading.Lock()):
            pass
        names = ["StringIO.readline", "Queue.put", "Queue.get", "Logger.debug"]
        self.assertEqual(self.names(), ["rpc:" + name for name in names])

    def test_modules_and_classes(self) -> None:
        """A module's functions, and a class's methods."""
        self.assertEqual(self.instrument(math).sqrt(4), 2)
        self.assertEqual(self.instrument(math).pi, math.pi)
        self.assertEqual(self.names(), ["rpc:module.sqrt"])

    def test_odd_clients(self) -> None:
        """Slots, enumerations, hostile classes: at worst they are what they are."""

        class Slotted:
            __slots__ = ("value",)

            def call(self) -> int:
                return 5

        class Colour(enum.Enum):
            RED = 1

            def call(self) -> int:
                return self.value

        for client, expected in ((Slotted(), 5), (Colour.RED, 1)):
            self.assertEqual(self.instrument(client).call(), expected)
        slotted = self.instrument(Slotted())
        slotted.value = 3
        self.assertEqual(slotted.value, 3)
        self.assertIsNotNone(self.instrument(hostile.OfHostileClass()))

        class Lazy:
            broken = hostile.ClassRaises()

            def call(self) -> int:
                return 6

        lazy = self.instrument(Lazy())
        self.assertIs(lazy.broken, Lazy.broken)
        self.assertEqual(lazy.call(), 6)

    def test_threads(self) -> None:
        """One proxy serves many threads; each call hangs under its own thread's span."""
        client = self.instrument(math)

        def work(number: int) -> None:
            with self.flow.step("thread %d" % number):
                client.sqrt(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        events = self.collector.events()
        threads_by_id = {
            event["span_id"]: int(event["name"][7:])
            for event in of_type(events, "span_start")
            if event["kind"] == "step"
        }
        for event in of_type(events, "span_start"):
            if event["kind"] == "rpc":
                number = threads_by_id[event["parent_span_id"]]
                self.assertEqual(event["params"], {"args": [number]})
        self.assertEqual(len(ends([e for e in events if e.get("kind") != "rpc"])), 8)
