"""Instrumented clients: a proxy behaves as its client does, and each public call is a span."""

from __future__ import annotations

import asyncio
import collections
import copy
import gc
import io
import pickle
import queue
import weakref
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import hostile
from support import SdkTest, of_type, tree


class Account:
    """A client with a bit of everything."""

    currency = "EUR"
    Nested = collections.namedtuple("Nested", "value")

    def __init__(self, balance: int = 0) -> None:
        self.balance = balance
        self.handlers = [print]
        self.callback = self.deposit
        self._log: list[str] = []

    def deposit(self, amount: int) -> Account:
        self.balance += amount
        return self

    def fail(self, error: BaseException) -> None:
        raise error

    def inner(self) -> int:
        return self.deposit(1).balance

    def numbers(self, count: int) -> Iterator[int]:
        yield from range(count)

    async def fetch(self, key: str) -> str:
        await asyncio.sleep(0)
        return key

    async def stream(self, count: int) -> AsyncIterator[int]:
        for number in range(count):
            await asyncio.sleep(0)
            yield number

    def give(self, key: str) -> Any:
        return self.fetch(key)

    @classmethod
    def of(cls, balance: int) -> Account:
        return cls(balance)

    @staticmethod
    def convert(amount: int) -> int:
        return amount * 2

    @property
    def double(self) -> int:
        return self.balance * 2

    def _private(self) -> str:
        return "private"

    def __len__(self) -> int:
        return 3

    def __getitem__(self, key: Any) -> Any:
        return key

    def __contains__(self, key: object) -> bool:
        return key == 5

    def __iter__(self) -> Iterator[int]:
        return iter([1, 2])

    def __call__(self, value: int) -> int:
        return value

    def __add__(self, other: Any) -> Any:
        return self.balance + getattr(other, "balance", other)

    def __isub__(self, other: int) -> Account:
        return self.deposit(other)

    def __eq__(self, other: object) -> bool:
        return self.balance == getattr(other, "balance", None)

    def __lt__(self, other: Any) -> bool:
        return bool(self.balance < other.balance)

    def __hash__(self) -> int:
        return 7

    def __enter__(self) -> Account:
        return self

    def __exit__(self, *_: object) -> None:
        self.balance = -1

    async def __aenter__(self) -> Account:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.balance = -2

    def __repr__(self) -> str:
        return "<account>"

    def __format__(self, spec: str) -> str:
        return "formatted " + spec

    def __bool__(self) -> bool:
        return False

    def __index__(self) -> int:
        return 4


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


class MethodTests(InstrumentTest):
    def test_params(self) -> None:
        """Positional and named arguments, without the empty ones."""

        class Client:
            def call(self, *args: Any, **kwargs: Any) -> None: ...

        client = self.instrument(Client())
        client.call()
        client.call(1, "a")
        client.call(b=[2])
        client.call(None, c=None)
        given = [{"args": [1, "a"]}, {"kwargs": {"b": [2]}}]
        last = {"args": [None], "kwargs": {"c": None}}
        self.assertEqual([params or None for params in self.params()], [None, *given, last])

    def test_fluent_methods(self) -> None:
        """A method that returns its client returns the proxy, so that a chain is traced."""
        account = Account()
        client = self.instrument(account)
        self.assertIs(client.deposit(1).deposit(2), client)
        self.assertEqual(account.balance, 3)
        self.assertEqual(self.names(), ["rpc:Account.deposit"] * 2)

    def test_exceptions(self) -> None:
        """They pass unchanged, and fail the span."""
        for fault in (ValueError("bad"), KeyboardInterrupt(), self.flow.Failed("why")):
            with self.assertRaises(type(fault)) as caught:
                self.instrument(Account()).fail(fault)
            self.assertIs(caught.exception, fault)
        with self.assertRaises(TypeError):
            self.instrument(Account()).deposit()
        with self.assertRaises(AttributeError):
            self.instrument(Account()).nothing  # noqa: B018
        found = [event["status"] for event in of_type(self.collector.events(), "span_end")]
        self.assertEqual(found, ["failed", "cancelled", "failed", "failed"])

    def test_calls_within_the_client(self) -> None:
        """What a client calls of itself is its own affair."""
        self.assertEqual(self.instrument(Account()).inner(), 1)
        self.assertEqual(self.names(), ["rpc:Account.inner"])

    def test_generator_methods(self) -> None:
        """The span lasts from the first item to the last."""
        with self.flow.step("outer"):
            items = self.instrument(Account()).numbers(3)
            self.assertEqual(next(items), 0)
            with self.flow.span("between"):
                pass
            self.assertEqual(list(items), [1, 2])
        name = "rpc:Account.numbers"
        expected = {"outer": None, name: "outer", "between": "outer"}
        self.assertEqual(tree(self.collector.events()), expected)

    def test_coroutine_methods(self) -> None:
        """Coroutines, and functions that give one, with their results."""

        async def main() -> None:
            client = self.instrument(Account())
            both = await asyncio.gather(client.fetch("a"), client.give("b"))
            self.assertEqual(both, ["a", "b"])

        asyncio.run(main())
        self.assertEqual(sorted(self.names()), ["rpc:Account.fetch", "rpc:Account.give"])
        self.assertEqual(sorted(self.results()), ["a", "b"])

    def test_async_generator_methods(self) -> None:
        """Async generators too."""

        async def main() -> None:
            client = self.instrument(Account())
            self.assertEqual([item async for item in client.stream(3)], [0, 1, 2])

        asyncio.run(main())
        self.assertEqual(self.names(), ["rpc:Account.stream"])

    def test_class_and_static_methods(self) -> None:
        """They are public methods."""
        client = self.instrument(Account())
        self.assertEqual((client.of(5).balance, client.convert(2)), (5, 4))
        self.assertEqual(self.names(), ["rpc:Account.of", "rpc:Account.convert"])

    def test_methods_keep_their_looks(self) -> None:
        """Their name and text, and whether they are coroutine functions."""
        client = self.instrument(Account())
        self.assertEqual(client.deposit.__name__, "deposit")
        self.assertTrue(asyncio.iscoroutinefunction(client.fetch))
        self.assertFalse(asyncio.iscoroutinefunction(client.deposit))

    def test_a_method_kept_for_later(self) -> None:
        """It hangs under the span that is current when it is called."""
        deposit = self.instrument(Account()).deposit
        with self.flow.step("outer"):
            deposit(1)
        expected = {"outer": None, "rpc:Account.deposit": "outer"}
        self.assertEqual(tree(self.collector.events()), expected)

    def test_wrong_results(self) -> None:
        """Hostile arguments and results are the client's own affair too."""

        class Client:
            def call(self, value: Any) -> Any:
                return value

        for make in hostile.ODD:
            value = make()
            self.assertIs(self.instrument(Client()).call(value), value)
        self.assertEqual(len(self.names()), len(hostile.ODD))


class PassThroughTests(InstrumentTest):
    def test_attributes(self) -> None:
        """Plain attributes, properties, private names: read, set and deleted on the client."""
        account = Account(5)
        client = self.instrument(account)
        self.assertEqual((client.balance, client.double, client.currency), (5, 10, "EUR"))
        self.assertEqual((client._private(), client._log), ("private", []))
        client.balance = 6
        self.assertEqual(account.balance, 6)
        client.fresh = 1
        del client.fresh
        self.assertFalse(hasattr(account, "fresh"))
        with self.assertRaises(AttributeError):
            client.double = 1
        self.assertEqual(self.names(), [])

    def test_classes_are_no_methods(self) -> None:
        """A class that hangs on a client is that class."""
        self.assertIs(self.instrument(Account()).Nested, Account.Nested)

    def test_isinstance(self) -> None:
        """Against the client's class and its bases; the proxy is no other class."""
        clients: list[Any] = [Account(), io.StringIO(), collections.OrderedDict(), queue.Queue()]
        for client in clients:
            proxy = self.instrument(client)
            for base in type(client).__mro__:
                self.assertIsInstance(proxy, base)
            self.assertIs(proxy.__class__, type(client))
            self.assertNotIsInstance(proxy, bytes)
        self.assertIsInstance(self.instrument({}), Mapping)

    def test_dunders(self) -> None:
        """Operators and protocols are the client's, without a span."""
        account = Account(5)
        client = self.instrument(account)
        self.assertEqual((len(client), client["k"], 5 in client), (3, "k", True))
        self.assertEqual((list(client), client(8), client + 1), ([1, 2], 8, 6))
        self.assertEqual((client == Account(5), client == Account(6)), (True, False))
        self.assertEqual((client < Account(6), hash(client), bool(client)), (True, 7, False))
        self.assertEqual((repr(client), str(client)), ("<account>", "<account>"))
        self.assertEqual((f"{client:x}", [0, 1, 2, 3, 4][client]), ("formatted x", 4))
        self.assertEqual(set(dir(account)), set(dir(client)))
        self.assertEqual(vars(client), vars(account))
        self.assertEqual(self.names(), [])

    def test_in_place(self) -> None:
        """An operator that gives the client gives the proxy."""
        account = Account(5)
        client = proxy = self.instrument(account)
        client -= 2
        self.assertIs(client, proxy)
        self.assertEqual(account.balance, 7)

    def test_what_a_class_refuses(self) -> None:
        """What its class does not offer the proxy does not either."""

        class Bare:
            __hash__ = None  # type: ignore[assignment]

            def __eq__(self, other: object) -> bool:
                return False

        proxy = self.instrument(Bare())
        for call in (len, iter, hash, abs, reversed, lambda one: one(), lambda one: one[0]):
            with self.assertRaises(TypeError):
                call(proxy)
        self.assertTrue(callable(self.instrument(Account())))
        self.assertFalse(callable(proxy))

    def test_with_statements(self) -> None:
        """`with instrument(client) as c` gives the proxy, and leaves the client."""
        account = Account()
        proxy = self.instrument(account)
        with proxy as entered:
            self.assertIs(entered, proxy)
            entered.deposit(1)
        self.assertEqual(account.balance, -1)

        async def main() -> None:
            async with proxy as entered:
                self.assertIs(entered, proxy)

        asyncio.run(main())
        self.assertEqual(account.balance, -2)
        self.assertEqual(self.names(), ["rpc:Account.deposit"])

    def test_copies_and_pickles(self) -> None:
        """A copy or a pickle is of the client."""
        client = self.instrument(collections.Counter(a=1))
        self.assertEqual(copy.copy(client), {"a": 1})
        self.assertEqual(copy.deepcopy(client), {"a": 1})
        self.assertEqual(pickle.loads(pickle.dumps(client)), {"a": 1})

    def test_weak_references(self) -> None:
        """A proxy may be referred to weakly where its client may."""
        client = self.instrument(Account())
        self.assertIs(weakref.ref(client)(), client)

    def test_lifetime(self) -> None:
        """A proxy keeps its client alive, and lets it go at once when it goes itself."""

        class Client:
            def call(self) -> Client:
                return self

        original = Client()
        kept = weakref.ref(original)
        client = self.instrument(original)
        client.call().call()
        del original
        gc.collect()
        self.assertIsNotNone(kept())
        gc.disable()
        try:
            del client
            self.assertIsNone(kept())
        finally:
            gc.enable()

    def test_twice(self) -> None:
        """An instrumented client is instrumented."""
        client = self.instrument(Account())
        self.assertIs(self.instrument(client), client)
        client.deposit(1)
        self.assertEqual(self.names(), ["rpc:Account.deposit"])

    def test_while_off(self) -> None:
        """The client is itself."""
        account = Account()
        self.assertIs(self.load_sdk(path=None).instrument(account), account)
