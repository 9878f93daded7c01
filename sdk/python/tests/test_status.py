"""How spans end: what each exception makes of them, and that it goes on unchanged."""

from __future__ import annotations

import asyncio
import sys
import unittest
from collections.abc import Iterator
from typing import Any

import hostile
from strict import ERROR_BYTES, Event
from support import SdkTest, ends


class StatusTest(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.flow = self.load_sdk().flow

    def end_of(self, error: BaseException) -> Event:
        """The end of a span that this exception leaves."""
        caught: BaseException | None = None
        before = len(self.collector.events())
        try:
            with self.flow.step("step"):
                raise error
        except BaseException as fault:
            caught = fault
        self.assertIs(caught, error)
        _, end = self.collector.events()[before:]
        return end

    def check(self, error: BaseException, *expected: str | None) -> None:
        end = self.end_of(error)
        found = end["status"], end.get("error"), end.get("error_type")
        self.assertEqual(found, expected)


class EndTests(StatusTest):
    def test_clean_failures(self) -> None:
        """flow.Failed gives its reason, whatever that is, also from a class of the user's."""
        for reason, text in (("why", "why"), ("", ""), (5, "5"), (None, "None"), (["x"], "['x']")):
            self.check(self.flow.Failed(reason), "failed", text, "Failed")
        self.check(self.flow.Failed(), "failed", "", "Failed")
        mine: Any = type("Mine", (self.flow.Failed,), {})
        self.check(mine("why"), "failed", "why", "Mine")
        careless: Any = type("Careless", (self.flow.Failed,), {"__init__": lambda self: None})
        self.assertEqual(self.end_of(careless())["status"], "failed")

    def test_reasons_that_cannot_be_told(self) -> None:
        """A reason that fails to describe itself is described."""
        for reason in (hostile.ReprRaises(), hostile.RaisesAtAnything(), hostile.ClassRaises()):
            self.assertEqual(self.end_of(self.flow.Failed(reason))["status"], "failed")
        self.assertEqual(self.end_of(self.flow.Failed(hostile.Text("t")))["status"], "failed")

    def test_interrupts_and_cancellation(self) -> None:
        """They are cancelled."""
        self.check(KeyboardInterrupt(), "cancelled", None, "KeyboardInterrupt")
        self.check(asyncio.CancelledError(), "cancelled", None, "CancelledError")

    def test_exits(self) -> None:
        """An exit without a code, or with 0, is ok; any other has failed with its code."""
        for fine in (None, 0, False):
            self.check(SystemExit(fine), "ok", None, None)
        codes: list[tuple[Any, str]] = [(1, "1"), (True, "True"), ("no disk", "no disk"), ("", "")]
        for code, text in [*codes, (0.0, "0.0")]:
            self.check(SystemExit(code), "failed", text, "SystemExit")
        for odd in (hostile.ReprRaises(), hostile.Integer(3), hostile.RaisesAtAnything()):
            self.assertEqual(self.end_of(SystemExit(odd))["status"], "failed")
        self.check(SystemExit(hostile.Integer(0)), "ok", None, None)

    def test_closed_generators(self) -> None:
        """They are ok."""
        self.check(GeneratorExit(), "ok", None, None)

    def test_cancelled_tasks(self) -> None:
        """A task that is cancelled ends its spans as cancelled."""
        flow = self.flow

        async def wait() -> None:
            async with flow.step("waits"):
                await asyncio.sleep(60)

        async def main() -> None:
            async with flow.step("main"):
                task = asyncio.ensure_future(wait())
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

        asyncio.run(main())
        found = {name: end["status"] for name, end in ends(self.collector.events()).items()}
        self.assertEqual(found, {"main": "ok", "waits": "cancelled"})


class TracebackTests(StatusTest):
    def test_the_whole_traceback(self) -> None:
        """With causes and contexts, as the interpreter prints it."""
        try:
            try:
                raise KeyError("first")
            except KeyError as cause:
                raise ValueError("second") from cause
        except ValueError as error:
            found = self.end_of(error)
        self.assertIn("KeyError: 'first'", found["error"])
        self.assertIn("direct cause", found["error"])
        self.assertTrue(found["error"].endswith("ValueError: second\n"))
        self.assertEqual(found["error_type"], "ValueError")

    def test_our_own_frames_are_left_out(self) -> None:
        """The traceback of a decorated function begins with that function."""

        @self.flow.step("function")  # type: ignore[untyped-decorator]
        def function() -> None:
            raise ValueError("function")

        @self.flow.step("coroutine")  # type: ignore[untyped-decorator]
        async def coroutine() -> None:
            raise ValueError("coroutine")

        @self.flow.step("generator")  # type: ignore[untyped-decorator]
        def generator() -> Iterator[int]:
            raise ValueError("generator")
            yield 1

        for call in (function, lambda: asyncio.run(coroutine()), lambda: list(generator())):
            with self.assertRaises(ValueError):
                call()
        for name, end in ends(self.collector.events()).items():
            self.assertIn("in " + name, end["error"])
            self.assertNotIn("hero_tracing.py", end["error"])

    def test_exceptions_that_cannot_describe_themselves(self) -> None:
        """They fail their span with at least their type."""
        bases: list[dict[str, Any]] = [
            {"__str__": hostile._raise, "__repr__": hostile._raise},
            {"__str__": lambda self: 5},
            {"__getattribute__": hostile._raise},
            {"__class__": property(hostile._raise)},
            {"__str__": lambda self: str(self)},
            {"__str__": lambda self: "\ud800" * 10},
            {"__str__": lambda self: "x" * 50_000_000},
            {"__notes__": property(hostile._raise)},
            {"__hash__": None, "__eq__": hostile._raise},
        ]
        for members in bases:
            kind: Any = type("Odd", (Exception,), members)
            with self.subTest(members=members):
                end = self.end_of(kind("text"))
                self.assertEqual((end["status"], end["error_type"]), ("failed", "Odd"))
                self.assertIn("Odd", end["error"])

    def test_odd_exceptions_of_the_interpreter(self) -> None:
        """Syntax errors without a text, decode errors, chains that end in themselves."""
        circular = ValueError("circular")
        circular.__cause__ = ValueError("other")
        circular.__cause__.__cause__ = circular
        syntax = SyntaxError("bad", ("file", None, None, None))
        decode = UnicodeDecodeError("utf-8", b"\xff" * 100_000, 0, 1, "bad")
        for error in (circular, syntax, decode, OSError(2, "none", "x" * 50_000), StopIteration()):
            self.assertEqual(self.end_of(error)["status"], "failed")
        odd: Any = SyntaxError("bad")
        odd.lineno, odd.text, odd.filename = "x", 5, object()
        self.assertEqual(self.end_of(odd)["status"], "failed")

    def test_deep_recursion(self) -> None:
        """A recursion error of a thousand frames fits."""

        def endless() -> None:
            endless()

        with self.assertRaises(RecursionError) as caught:
            endless()
        found = self.end_of(caught.exception)
        self.assertEqual(found["error_type"], "RecursionError")
        self.assertLessEqual(len(found["error"]), ERROR_BYTES)

    @unittest.skipIf(sys.version_info < (3, 11), "exception groups came with 3.11")
    def test_groups(self) -> None:
        """A group shows its members."""
        group: Any = getattr(__import__("builtins"), "ExceptionGroup")
        end = self.end_of(group("several", [ValueError("first"), KeyError("second")]))
        self.assertIn("ValueError: first", end["error"])
        self.assertIn("KeyError: 'second'", end["error"])

    def test_each_span_that_it_leaves(self) -> None:
        """The exception leaves each span with its own traceback so far."""
        with self.assertRaises(ValueError), self.flow.step("outer"), self.flow.step("inner"):
            raise ValueError("here")
        found = ends(self.collector.events())
        self.assertEqual(found["outer"]["error_type"], "ValueError")
        self.assertIn('raise ValueError("here")', found["inner"]["error"])
