"""Spans as decorators, spans entered twice, and flow.wrap."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import functools
import inspect
import threading
from typing import Any

from strict import Event
from support import SdkTest, of_type, shape, tree


class DecoratorTest(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.flow = self.load_sdk().flow

    def names(self) -> list[str]:
        return [event["name"] for event in of_type(self.collector.events(), "span_start")]

    def statuses(self) -> list[str]:
        return [event["status"] for event in of_type(self.collector.events(), "span_end")]


class FunctionTests(DecoratorTest):
    def test_functions(self) -> None:
        """Each call is a span; the function keeps its name, text, arguments and result."""
        for kind, make in (("step", self.flow.step), ("span", self.flow.span)):

            def add(left: int, *, right: int = 2) -> int:
                """Add."""
                return left + right

            wrapped = make("adds", kind=kind)(add)
            self.assertEqual((wrapped(1), wrapped(1, right=5)), (3, 6))
            self.assertEqual((wrapped.__name__, wrapped.__doc__), ("add", "Add."))
            self.assertEqual(inspect.signature(wrapped), inspect.signature(add))
        found = of_type(self.collector.events(), "span_start")
        kinds = ["step", "step", "span", "span"]
        self.assertEqual([event["kind"] for event in found], kinds)
        self.assertEqual([event["tags"] for event in found], [{"kind": kind} for kind in kinds])

    def test_exceptions(self) -> None:
        """They pass unchanged, and fail the span."""
        fault = ValueError("bad")

        @self.flow.step("fails")  # type: ignore[untyped-decorator]
        def fail() -> None:
            raise fault

        with self.assertRaises(ValueError) as caught:
            fail()
        self.assertIs(caught.exception, fault)
        with self.assertRaises(TypeError):
            fail(5)
        self.assertEqual(self.statuses(), ["failed", "failed"])

    def test_recursion(self) -> None:
        """A call within a call hangs under it."""

        @self.flow.step("descends")  # type: ignore[untyped-decorator]
        def descend(left: int) -> None:
            if left:
                descend(left - 1)

        descend(3)
        found = of_type(self.collector.events(), "span_start")
        parents = [event["parent_span_id"] for event in found]
        self.assertEqual(parents, [None, *[event["span_id"] for event in found[:3]]])

    def test_methods(self) -> None:
        """Methods, class methods and static methods, under their own decorators."""
        step = self.flow.step

        class Thing:
            @step("method")  # type: ignore[untyped-decorator]
            def method(self) -> Any:
                return self

            @classmethod
            @step("class method")  # type: ignore[untyped-decorator]
            def of_class(cls) -> Any:
                return cls

            @staticmethod
            @step("static method")  # type: ignore[untyped-decorator]
            def static() -> Any:
                return 5

            @property
            @step("property")  # type: ignore[untyped-decorator]
            def value(self) -> Any:
                return 6

        thing = Thing()
        found = [thing.method(), thing.of_class(), thing.static(), thing.value]
        self.assertEqual(found, [thing, Thing, 5, 6])
        self.assertEqual(self.names(), ["method", "class method", "static method", "property"])

    def test_any_callable(self) -> None:
        """Builtins, partials and objects that can be called."""
        for function in (len, functools.partial(max, 1), str.upper):
            argument: Any = "text" if function is not len else [1]
            if isinstance(function, functools.partial):
                argument = 5
            expected = function(argument)
            self.assertEqual(self.flow.step("calls")(function)(argument), expected)
        self.assertEqual(self.names(), ["calls"] * 3)

    def test_while_off(self) -> None:
        """The decorated function is the function."""
        flow = self.load_sdk(path=None).flow

        def function() -> None: ...

        self.assertIs(flow.step("step")(function), function)
        self.assertIs(flow.wrap(function), function)


class CoroutineTests(DecoratorTest):
    def test_coroutines(self) -> None:
        """The span lasts as long as the coroutine; many at a time are siblings."""

        @self.flow.step("waits")  # type: ignore[untyped-decorator]
        async def wait(number: int) -> int:
            with self.flow.span("inner %d" % number):
                await asyncio.sleep(0.001 * (3 - number))
            return number

        async def main() -> Any:
            async with self.flow.step("outer"):
                return await asyncio.gather(*map(wait, range(3)))

        self.assertTrue(inspect.iscoroutinefunction(wait))
        self.assertEqual(asyncio.run(main()), [0, 1, 2])
        events = self.collector.events()
        parents = {event["span_id"]: event["parent_span_id"] for event in starts_of(events)}
        named = {event["name"]: event for event in starts_of(events)}
        for number in range(3):
            parent = named["inner %d" % number]["parent_span_id"]
            self.assertEqual(parents[parent], named["outer"]["span_id"])

    def test_a_function_that_gives_a_coroutine(self) -> None:
        """Its span ends when that does, and it is current only while that runs."""

        async def wait(text: str) -> str:
            await asyncio.sleep(0)
            with self.flow.span("inner"):
                return text

        @self.flow.step("gives")  # type: ignore[untyped-decorator]
        def give(text: str) -> Any:
            return wait(text)

        async def main() -> None:
            with self.flow.step("outer"):
                first, second = give("first"), give("second")
                with self.flow.span("between"):
                    pass
                self.assertEqual([await second, await first], ["second", "first"])

        asyncio.run(main())
        events = self.collector.events()
        names = {event["span_id"]: event["name"] for event in starts_of(events)}
        names[None] = ""
        found = [(event["name"], names[event["parent_span_id"]]) for event in starts_of(events)]
        given = [("gives", "outer"), ("gives", "outer"), ("between", "outer")]
        self.assertEqual(found, [("outer", ""), *given, ("inner", "gives"), ("inner", "gives")])
        self.assertEqual(set(self.statuses()), {"ok"})

    def test_a_coroutine_that_fails(self) -> None:
        """Its exception passes, and fails the span, also of one that was given."""

        async def fail() -> None:
            await asyncio.sleep(0)
            raise KeyError("bad")

        for function in (fail, lambda: fail()):
            with self.assertRaises(KeyError):
                asyncio.run(as_coroutine(self.flow.step("fails")(function)()))
        self.assertEqual(self.statuses(), ["failed", "failed"])

    def test_a_coroutine_that_is_never_awaited(self) -> None:
        """It makes no span, and gives the interpreter's own warning only."""

        async def wait() -> None: ...

        with self.assertWarnsRegex(RuntimeWarning, "'DecoratorTest|'CoroutineTests|wait"):
            self.flow.step("never")(wait)()
            __import__("gc").collect()
        self.assertEqual(self.collector.events(), [])


async def as_coroutine(awaitable: Any) -> Any:
    return await awaitable


def starts_of(events: list[Event]) -> list[Event]:
    return of_type(events, "span_start")


class AgainTests(DecoratorTest):
    """One span object that is used several times."""

    def test_one_after_the_other(self) -> None:
        """A span that is entered again is another span with the same name and tags."""
        step = self.flow.step("again", key=1)
        for _ in range(3):
            with step as entered:
                entered.tag("inner", 1)
        self.assertEqual(shape(self.collector.events()), ["start again", "tag inner", "end ok"] * 3)
        found = [event["tags"] for event in starts_of(self.collector.events())]
        self.assertEqual(found, [{"key": 1}] * 3)

    def test_within_itself(self) -> None:
        """So is one that is entered while it is open."""
        step = self.flow.step("again")
        with step as first, step as second, step as third:
            self.assertIs(self.flow.current_span, third)
        found = starts_of(self.collector.events())
        ids = [span.span_id for span in (first, second, third)]
        self.assertEqual([event["span_id"] for event in found], ids)
        self.assertEqual([event["parent_span_id"] for event in found], [None, *ids[:2]])
        ended = [event["span_id"] for event in of_type(self.collector.events(), "span_end")]
        self.assertEqual(ended, ids[::-1])

    def test_by_two_threads_at_a_time(self) -> None:
        """Each thread leaves the span that it entered."""
        step = self.flow.step("shared")
        barrier = threading.Barrier(2)
        ended: dict[str, tuple[Any, Any]] = {}

        def work(name: str, first_out: bool) -> None:
            with step as entered:
                barrier.wait()
                if not first_out:
                    barrier.wait()
                ended[name] = entered.span_id, self.flow.current_span.span_id
            if first_out:
                barrier.wait()

        for order in (True, False):
            threads = [
                threading.Thread(target=work, args=("first %s" % order, order)),
                threading.Thread(target=work, args=("second %s" % order, not order)),
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self.assertEqual([entered for entered, current in ended.values() if entered != current], [])
        found = [event["span_id"] for event in of_type(self.collector.events(), "span_end")]
        expected = ["first True", "second True", "second False", "first False"]
        self.assertEqual(found, [ended[name][0] for name in expected])

    def test_by_two_tasks_at_a_time(self) -> None:
        """Each task does too."""
        step = self.flow.step("shared")

        async def work(name: str, turns: int) -> None:
            async with step as entered:
                entered.tag("name", name)
                for _ in range(turns):
                    await asyncio.sleep(0)
                self.assertIs(self.flow.current_span, entered)

        async def main() -> None:
            await asyncio.gather(work("first", 1), work("second", 3), work("third", 2))

        asyncio.run(main())
        events = self.collector.events()
        named = {event["span_id"]: event["value"] for event in of_type(events, "span_tag")}
        found = [named[event["span_id"]] for event in of_type(events, "span_end")]
        self.assertEqual(found, ["first", "third", "second"])

    def test_decorator_and_context_manager(self) -> None:
        """The same object may be both."""
        step = self.flow.step("both")
        with step:
            self.assertEqual(step(len)([1, 2]), 2)
        self.assertEqual(self.names(), ["both", "both"])

    def test_tags_before_the_start(self) -> None:
        """They go out with it; logs and results then are nothing."""
        step = self.flow.step("early", a=1)
        step.tag("b", 2).tag(c=3).log("early").result(4)
        self.assertIsNone(step.span_id)
        with step:
            pass
        start, end = self.collector.events()
        self.assertEqual(start["tags"], {"a": 1, "b": 2, "c": 3})
        self.assertNotIn("result", end)

    def test_after_the_end(self) -> None:
        """Every call is safe, and says nothing."""
        with self.flow.step("ended") as step:
            pass
        step.tag("key", 1).tag(a=2).log("late", "warn", b=3).result(4)
        step.__exit__(None, None, None)
        self.assertEqual(shape(self.collector.events()), ["start ended", "end ok"])

    def test_left_without_being_entered(self) -> None:
        """An exit without an entry is nothing."""
        self.flow.step("never").__exit__(None, None, None)
        self.assertEqual(self.collector.events(), [])


class WrapTests(DecoratorTest):
    def test_threads_and_executors(self) -> None:
        """A wrapped function runs under the span that was current when it was wrapped."""

        def work(number: int) -> int:
            with self.flow.span("work %d" % number):
                return number

        with self.flow.step("outer"):
            wrapped = self.flow.wrap(work)
            with concurrent.futures.ThreadPoolExecutor(2) as pool:
                self.assertEqual(list(pool.map(wrapped, range(4))), [0, 1, 2, 3])
                pool.submit(work, 5).result()
            thread = threading.Thread(target=wrapped, args=(4,))
            thread.start()
            thread.join()
        expected: dict[str, Any] = {"work %d" % number: "outer" for number in range(5)}
        expected.update({"outer": None, "work 5": None})
        self.assertEqual(tree(self.collector.events()), expected)

    def test_it_leaves_the_thread_as_it_was(self) -> None:
        """What was current there is current again, after an exception too."""

        def fail() -> None:
            raise ValueError("bad")

        with self.flow.step("outer"):
            wrapped = self.flow.wrap(fail)

        def work() -> None:
            with self.flow.step("thread") as step:
                with self.assertRaises(ValueError):
                    wrapped()
                self.assertIs(self.flow.current_span, step)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    def test_coroutines(self) -> None:
        """A wrapped coroutine function carries the span too."""

        async def work() -> None:
            await asyncio.sleep(0)
            with self.flow.span("work"):
                pass

        with self.flow.step("outer"):
            wrapped = self.flow.wrap(work)
            self.assertTrue(inspect.iscoroutinefunction(wrapped))
            contextvars.Context().run(asyncio.run, wrapped())
        self.assertEqual(tree(self.collector.events()), {"outer": None, "work": "outer"})

    def test_a_span_that_has_ended(self) -> None:
        """Where the carried span has ended, its nearest open ancestor takes its place."""
        with self.flow.step("outer"):
            with self.flow.step("inner"):
                wrapped = self.flow.wrap(lambda: self.flow.step("late").__enter__())
            contextvars.Context().run(wrapped)
        expected = {"outer": None, "inner": "outer", "late": "outer"}
        self.assertEqual(tree(self.collector.events()), expected)
