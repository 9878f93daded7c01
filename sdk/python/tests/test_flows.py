"""What @flow makes of a function, and how a flow is run."""

from __future__ import annotations

import enum
import functools
import inspect
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, Optional

from strict import Event
from support import SdkTest, ends


class Colour(str, enum.Enum):
    RED = "red"


class FlowTests(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.flow = self.load_sdk().flow

    def metadata(self, function: Any, **options: Any) -> Any:
        """What stands on a function, which must be plain JSON data."""
        marked = self.flow(**options)(function) if options else self.flow(function)
        self.assertIs(marked, function)
        found = inspect.getattr_static(function, "__hero_flow__")
        self.assertEqual(json.loads(json.dumps(found, allow_nan=False)), found)
        return found

    def test_the_three_ways(self) -> None:
        """@flow, @flow() and @flow(...) give the very function."""

        def function() -> None:
            """Text."""

        for mark in (self.flow, self.flow()):
            self.assertIs(mark(function), function)
            self.assertEqual(self.metadata(function)["name"], "function")
        found = self.metadata(function, name="x", description="y", inputs={"a": str})
        self.assertEqual((found["name"], found["description"]), ("x", "y"))
        self.assertEqual(found["inputs"], [{"name": "a", "type": "string", "required": True}])
        self.assertEqual(self.collector.events(), [])

    def test_inputs_from_the_signature(self) -> None:
        """Name, JSON type, whether it is required, and its default."""

        class Thing:
            def __repr__(self) -> str:
                return "<thing>"

        def function(
            text: str,
            /,
            count: int,
            ratio: float = 0.5,
            *rest: str,
            flag: bool = True,
            items: list[str] = [],  # noqa: B006
            table: dict[str, int] | None = None,
            missing: Missing = float("nan"),  # type: ignore[name-defined] # noqa: F821
            odd: Any = Thing(),  # noqa: B008
            colour: Colour = Colour.RED,
            **others: int,
        ) -> None: ...

        found = {entry.pop("name"): entry for entry in self.metadata(function)["inputs"]}
        self.assertEqual(list(found)[:4], ["text", "count", "ratio", "flag"])
        self.assertNotIn("rest", found)
        self.assertNotIn("others", found)
        self.assertEqual(found["text"]["required"], True)
        self.assertEqual(found["ratio"]["default"], 0.5)
        self.assertEqual(found["items"]["default"], [])
        self.assertEqual(found["missing"]["default"], "NaN")
        self.assertEqual(found["colour"]["default"], "red")
        self.assertEqual(found["odd"], {"type": "any", "required": False, "default": "<thing>"})

    def test_types(self) -> None:
        """The JSON type of each annotation; any for what has none."""
        kinds: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
        kinds.update({list: "array", dict: "object", tuple: "array", type(None): "null"})
        kinds.update({object: "any", Any: "any", Optional[int]: "any", Colour: "any"})
        for kind, text in kinds.items():
            (entry,) = self.metadata(lambda: 0, inputs={"x": kind})["inputs"]
            self.assertEqual(entry["type"], text)

    def test_given_inputs(self) -> None:
        """Inputs may be given with a type, or with details."""
        given = {"day": "string", "limit": {"type": int, "default": 5}, "any": {"required": False}}
        expected = [
            {"name": "day", "type": "string", "required": True},
            {"name": "limit", "type": "integer", "required": False, "default": 5},
            {"name": "any", "type": "any", "required": False},
        ]
        self.assertEqual(self.metadata(lambda: 0, inputs=given)["inputs"], expected)

    def test_kinds_of_functions(self) -> None:
        """Async or not; generators are flows too, and stay what they are."""

        async def coroutine() -> None: ...

        async def async_generator() -> AsyncIterator[int]:
            yield 1

        def generator() -> Iterator[int]:
            yield 1

        for function, is_async in ((coroutine, True), (async_generator, True), (generator, False)):
            self.assertEqual(self.metadata(function)["async"], is_async)
        self.assertEqual(list(generator()), [1])

    def test_bad_arguments(self) -> None:
        """They raise TypeError when the function is decorated, and say what was wrong."""
        calls: list[tuple[Any, ...]] = [
            (lambda: self.flow("name"), "not str"),
            (lambda: self.flow(Colour), "not EnumMeta|not EnumType"),
            (lambda: self.flow(len), "not builtin_function_or_method"),
            (lambda: self.flow(name=5), "name.*a string, not int"),
            (lambda: self.flow(description=5), "description.*a string, not int"),
            (lambda: self.flow(inputs=["day"]), "inputs.*a mapping.*not list"),
            (lambda: self.flow(inputs={5: str})(lambda: 0), "inputs.*by a string, not 5"),
            (lambda: self.flow(nmae="x"), "nmae"),
            (lambda: self.flow()(5), "not int"),
        ]
        for call, message in calls:
            with self.assertRaisesRegex(TypeError, message):
                call()

    def test_a_default_within_itself(self) -> None:
        """A default that JSON cannot hold is described, not fatal."""
        items: list[Any] = []
        items.append(items)

        def function(x: Any = items, y: Any = 10**400, z: Any = {1: {2}}) -> None: ...  # noqa: B006

        found = [entry["default"] for entry in self.metadata(function)["inputs"]]
        self.assertEqual(found, [["[...]"], str(10**400), {"1": "set({2})"}])


class BootstrapTests(SdkTest):
    def check(self, entry: Any, expected: Any, data: Any = None) -> Event:
        self.collector = self.start_collector()
        sdk = self.load_sdk()
        self.assertEqual(sdk._bootstrap_run(entry, data), expected)
        (end,) = ends(self.collector.events()).values()
        self.assertEqual(end["status"], "ok")
        return self.collector.events()[0]

    def test_kinds_of_flows(self) -> None:
        """Sync, async, generators of both kinds; marked or not."""

        async def coroutine(x: int) -> int:
            return x

        async def async_generator(x: int) -> AsyncIterator[int]:
            yield x

        def generator(x: int) -> Iterator[int]:
            yield x

        for entry, expected in ((coroutine, 1), (async_generator, [1]), (generator, [1])):
            start = self.check(entry, expected, {"x": 1})
            self.assertEqual((start["name"], start["params"]), (entry.__name__, {"x": 1}))

    def test_inputs(self) -> None:
        """None and an empty mapping are no inputs; anything but a mapping is refused."""
        self.assertNotIn("params", self.check(lambda: 5, 5))
        self.assertEqual(self.check(lambda: 5, 5, {}).get("params"), {})
        sdk = self.load_sdk()
        with self.assertRaises(TypeError):
            sdk._bootstrap_run(lambda: 5, [1])

    def test_while_off(self) -> None:
        """It runs the flow and returns what it returns."""
        sdk = self.load_sdk(path=None)
        self.assertEqual(sdk._bootstrap_run(lambda x: x, {"x": 1}), 1)
        with self.assertRaises(KeyError):
            sdk._bootstrap_run({}.popitem)

    def test_an_exit(self) -> None:
        """An exit passes, and is ok or failed by its code."""
        for code, status in ((0, "ok"), (3, "failed")):
            self.collector = self.start_collector()
            with self.assertRaises(SystemExit):
                self.load_sdk()._bootstrap_run(functools.partial(_exit, code))
            (end,) = ends(self.collector.events()).values()
            self.assertEqual(end["status"], status)


def _exit(code: int) -> None:
    raise SystemExit(code)
