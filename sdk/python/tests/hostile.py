"""Values that do their worst, and a generator that puts them into one another."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import enum
import inspect
import pathlib
import random
import sys
from collections.abc import Iterator
from typing import Any, Callable, NoReturn


def _raise(*_: Any, **__: Any) -> NoReturn:
    raise ValueError("hostile")


class ReprRaises:
    __repr__ = __str__ = __format__ = _raise


class ReprRecurses:
    def __repr__(self) -> str:
        return repr(self)


class ReprGivesNoString:
    def __repr__(self) -> str:
        return 5  # type: ignore[return-value]


class ReprIsHuge:
    def __repr__(self) -> str:
        return "<" + "x" * 50_000_000 + ">"


class ReprHasSurrogates:
    def __repr__(self) -> str:
        return "<\ud800\ud83d\ude00>"


class RaisesAtAnything:
    def __getattribute__(self, name: str) -> Any:
        raise ValueError("hostile " + name)

    __repr__ = __str__ = __eq__ = __bool__ = __len__ = __iter__ = _raise
    __hash__ = object.__hash__


class ClassRaises:
    @property
    def __class__(self) -> Any:
        raise ValueError("hostile")

    @__class__.setter
    def __class__(self, value: Any) -> None: ...


def _liar(claimed: type) -> Any:
    class Liar:
        @property
        def __class__(self) -> Any:
            return claimed

        @__class__.setter
        def __class__(self, value: Any) -> None: ...

        def __repr__(self) -> str:
            return "<liar>"

    return Liar()


class Text(str):
    """A text that lies about itself wherever it can."""

    __str__ = __repr__ = __getitem__ = __iter__ = __eq__ = _raise
    encode = isascii = __format__ = lower = __contains__ = _raise
    __hash__ = str.__hash__

    def __len__(self) -> int:
        return 10**9


class Integer(int):
    __int__ = __index__ = __repr__ = __str__ = __neg__ = __abs__ = _raise
    __le__ = __lt__ = __ge__ = __gt__ = __eq__ = _raise
    __hash__ = int.__hash__


class Real(float):
    __float__ = __repr__ = __str__ = __sub__ = __pos__ = _raise
    __le__ = __lt__ = __ge__ = __gt__ = __eq__ = __ne__ = _raise
    __hash__ = float.__hash__


class Dict(dict[Any, Any]):
    items = keys = values = get = __iter__ = __getitem__ = __contains__ = _raise
    __len__ = __repr__ = __bool__ = _raise


class List(list[Any]):
    __iter__ = __getitem__ = __len__ = __repr__ = __bool__ = _raise


class Tuple(tuple[Any, ...]):
    __iter__ = __getitem__ = __len__ = __repr__ = __bool__ = _raise


class _HostileMeta(type):
    """A class that is itself hostile: no hash, no name, no checks."""

    __eq__ = __hash__ = __repr__ = __instancecheck__ = __subclasscheck__ = _raise

    vars()["__name__"] = property(_raise)


class OfHostileClass(metaclass=_HostileMeta):
    pass


@dataclasses.dataclass
class Point:
    x: int
    y: object


class Colour(enum.Enum):
    RED = 1


class Number(enum.IntEnum):
    ONE = 1


Pair = collections.namedtuple("Pair", "left right")


def cycle() -> Any:
    inner: dict[str, Any] = {"list": [1]}
    inner["list"].append(inner)
    return inner


def deep(levels: int = 100_000) -> Any:
    value: Any = []
    for number in range(levels):
        value = [value] if number % 2 else {"in": value}
    return value


def undo(value: Any) -> None:
    """Take a deep value apart: some interpreters overflow when one is freed."""
    while value:
        value = value.pop("in") if isinstance(value, dict) else value.pop()


LONE_SURROGATES = ["\ud800", "\udfff", "\ufffd"]  # and what is sent for them

PLAIN: list[Callable[[], Any]] = [
    lambda: None,
    lambda: True,
    lambda: 0,
    lambda: -(2**53) + 1,
    lambda: 1.5,
    lambda: "text",
    lambda: 'é€😀\n"\\\x00',
    lambda: [],
    lambda: {},
    lambda: [1, [2, {"k": None}]],
    lambda: {"a": {"b": ["c"]}},
    lambda: (1, 2),
]
ODD: list[Callable[[], Any]] = [
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: -float("inf"),
    lambda: 2**53,
    lambda: -(2**64),
    lambda: 10**5000,
    lambda: "\ud800",
    lambda: "\ud83d\ude00",
    lambda: "\ude00\ud83d" * 3000,
    lambda: "x" * 1_000_000,
    lambda: b"\x00\xff" * 5000,
    lambda: bytearray(b"abc"),
    lambda: memoryview(b"abc"),
    lambda: {1, 2},
    lambda: frozenset("ab"),
    lambda: set(range(100_000)),
    lambda: {ReprRaises()},
    lambda: Point(1, ReprRaises()),
    lambda: Point(1, "x" * 100_000),
    lambda: Colour.RED,
    lambda: Number.ONE,
    lambda: Pair(1, "r"),
    lambda: decimal.Decimal("1.10"),
    lambda: datetime.datetime(2026, 1, 1),
    lambda: pathlib.Path("/tmp"),
    lambda: range(10),
    lambda: 1j,
    lambda: ...,
    lambda: object(),
    lambda: object,
    lambda: random,
    lambda: (number for number in range(3)),
    lambda: _raise,
    lambda: collections.OrderedDict(a=1),
    lambda: collections.defaultdict(list, a=1),
    lambda: collections.deque([1]),
    lambda: collections.UserDict(a=1),
    lambda: cycle(),
    lambda: list(range(100_000)),
    lambda: {number: str(number) for number in range(10_000)},
    lambda: {1: "int", "1": "text", 1.5: 0, None: 0, False: 0, (1, 2): 0, b"k": 0},
    lambda: dict.fromkeys(LONE_SURROGATES, 1),
    lambda: {"k" * 1_000_000: 1},
    lambda: {ReprRaises(): ReprRaises()},
    lambda: ReprRaises(),
    lambda: ReprRecurses(),
    lambda: ReprGivesNoString(),
    lambda: ReprHasSurrogates(),
    lambda: RaisesAtAnything(),
    lambda: ClassRaises(),
    lambda: _liar(str),
    lambda: _liar(int),
    lambda: _liar(dict),
    lambda: _liar(bytes),
    lambda: _liar(set),
    lambda: _liar(BaseException),
    lambda: Text("text"),
    lambda: Text("\ud800"),
    lambda: Integer(5),
    lambda: Integer(2**70),
    lambda: Real(1.5),
    lambda: Real("nan"),
    lambda: Dict(a=1),
    lambda: List([1]),
    lambda: Tuple([1]),
    lambda: {Text("key"): Text("value")},
    lambda: {Integer(1): 1, Real(2.5): 2, Tuple([3]): 3},
    lambda: OfHostileClass(),
    lambda: OfHostileClass,
]


def value(chance: random.Random, depth: int = 0) -> Any:
    """Any value: plain, odd, or a container of such; deeper ones are rarer."""
    kind = chance.random()
    if kind < 0.25 or depth > 6:
        return chance.choice(PLAIN)()
    if kind < 0.6:
        return chance.choice(ODD)()
    items = [value(chance, depth + 1) for _ in range(chance.randrange(5))]
    if kind < 0.8:
        return chance.choice([list, tuple, List, Tuple])(items)
    keys = [chance.choice(["a", "b", "", 1, None, "\udc00", (1,), b"k"]) for _ in items]
    return chance.choice([dict, Dict])(list(zip(keys, items)))


def walk() -> Iterator[Any]:
    """Each value by itself, within a list, as a member and as a key."""
    for make in PLAIN + ODD:
        yield make()
        yield [1, make(), 2]
        yield {"a": make(), "b": 1}
        try:
            yield {make(): 1}
        except (TypeError, ValueError):
            pass  # it has no hash


def near_the_stack(call: Callable[[], object], room: int) -> None:
    """Call with so many frames left before the recursion limit."""

    def descend(left: int) -> None:
        if left:
            descend(left - 1)
        else:
            call()

    descend(sys.getrecursionlimit() - len(inspect.stack(0)) - room)
