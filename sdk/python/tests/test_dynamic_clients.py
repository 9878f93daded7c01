"""Clients that make their methods when they are asked for, and what hangs on those."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any
from unittest import mock

from support import SdkTest, of_type


class Collection:
    """As in document stores: callable, with dunders, methods and children of its own."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self) -> None:
        raise TypeError("a collection is not a method")

    def __getitem__(self, key: str) -> Collection:
        return Collection(self.name + "." + key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Collection) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def __getattr__(self, name: str) -> Collection:
        return self[name]

    def find(self, key: int) -> list[object]:
        return [self.name, key]

    def stream(self) -> Iterator[int]:
        yield 1
        yield 2

    async def count(self) -> int:
        await asyncio.sleep(0)
        return 3


class Database:
    def __getattr__(self, name: str) -> Collection:
        return Collection(name)


class DynamicClientTests(SdkTest):
    def names(self) -> list[str]:
        return [event["name"] for event in of_type(self.collector.events(), "span_start")]

    def test_what_a_client_makes_is_what_it_was(self) -> None:
        """Its class, its dunders and its attributes are those of the client's own object."""
        users = self.load_sdk().instrument(Database()).users
        self.assertIsInstance(users, Collection)
        self.assertEqual(users, Collection("users"))
        self.assertEqual(hash(users), hash(Collection("users")))
        self.assertEqual(users["old"].name, "users.old")
        self.assertEqual(self.collector.events(), [])

    def test_methods_that_hang_on_it_are_spans(self) -> None:
        """Plain, generator and coroutine methods, each under its dotted name."""
        database = self.load_sdk().instrument(Database())
        self.assertEqual(database.users.find(7), ["users", 7])
        self.assertEqual(database.users.old.find(8), ["users.old", 8])
        self.assertEqual(list(database.users.stream()), [1, 2])
        self.assertEqual(asyncio.run(database.users.count()), 3)
        expected = ["users.find", "users.old.find", "users.stream", "users.count"]
        self.assertEqual(self.names(), ["rpc:Database." + name for name in expected])

    def test_the_call_of_it_fails_as_it_did(self) -> None:
        """Its own exception comes through, and its span has failed."""
        database = self.load_sdk().instrument(Database())
        with self.assertRaisesRegex(TypeError, "is not a method"):
            database.users()
        self.assertEqual(self.collector.events()[-1]["error_type"], "TypeError")

    def test_what_is_set_on_it_reaches_the_client(self) -> None:
        """As tests do with mocks."""
        raw: Any = mock.Mock()
        client = self.load_sdk().instrument(raw)
        client.fetch.return_value = 7
        self.assertEqual(client.fetch(1), 7)
        raw.fetch.assert_called_once_with(1)
        del client.fetch
        self.assertFalse(hasattr(raw, "fetch"))
        self.assertEqual(self.names(), ["rpc:Mock.fetch"])
