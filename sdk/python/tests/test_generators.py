"""Generators and async generators: closed in any order, the nearest open span is current."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import inspect
import random
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from typing import Any, Callable

from support import SdkTest, ends, shape, soak, tree


class GeneratorsTest(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.flow = self.load_sdk().flow

    def statuses(self) -> dict[str, str]:
        return {name: end["status"] for name, end in ends(self.collector.events()).items()}

    def current(self) -> Any:
        return self.flow.current_span._name or None

    def within(self, name: str) -> Generator[int, None, None]:
        """Undecorated, with its span in a with statement."""
        with self.flow.step(name):
            yield 1
            yield 2

    async def async_within(self, name: str) -> AsyncGenerator[int, None]:
        async with self.flow.step(name):
            yield 1
            yield 2

    def decorated(self, name: str) -> Generator[int, None, None]:
        @self.flow.step(name)  # type: ignore[untyped-decorator]
        def numbers() -> Iterator[int]:
            yield 1
            with self.flow.span("in " + name):
                pass
            yield 2

        return numbers()  # type: ignore[no-any-return]


class OrderTests(GeneratorsTest):
    def test_closed_out_of_order(self) -> None:
        """A span that is closed under another leaves that one current; then their parent."""
        with self.flow.step("outer"):
            first, second = self.within("first"), self.within("second")
            next(first)
            next(second)
            self.assertEqual(self.current(), "second")
            first.close()
            self.assertEqual(self.current(), "second")
            second.close()
            self.assertEqual(self.current(), "outer")
        self.assertIsNone(self.current())
        events = self.collector.events()
        self.assertEqual(tree(events), {"outer": None, "first": "outer", "second": "first"})
        self.assertEqual(set(self.statuses().values()), {"ok"})

    def test_every_order(self) -> None:
        """Four spans entered and left in any order."""
        chance = random.Random(20_260_104)
        for number in range(soak(60, 2000)):
            names = ["%d %d" % (number, index) for index in range(4)]
            spans = [self.flow.step(name).__enter__() for name in names]
            for name in chance.sample(names, 4):
                spans[names.index(name)].__exit__(None, None, None)
                left = [span._name for span in spans if span._open]
                self.assertEqual(self.current(), left[-1] if left else None)

    def test_a_parent_that_ends_before_its_child(self) -> None:
        """New spans hang under the nearest open one, not under an ended one."""
        outer = self.flow.step("outer").__enter__()
        child = self.within("child")
        next(child)
        outer.__exit__(None, None, None)
        child.close()
        with self.flow.step("next"):
            pass
        expected = {"outer": None, "child": "outer", "next": None}
        self.assertEqual(tree(self.collector.events()), expected)

    def test_collected(self) -> None:
        """Generators that are dropped end their spans as ok, wherever they are collected."""
        with self.flow.step("outer"):
            dropped: list[Any] = [self.within("first"), self.decorated("second")]
            list(map(next, dropped))
            dropped.append(dropped)
            del dropped
            gc.collect()
            self.assertEqual(self.current(), "outer")
        self.assertEqual(self.statuses(), {"first": "ok", "second": "ok", "outer": "ok"})

    def test_closed_by_another_thread(self) -> None:
        """It ends its span, and changes nothing of that thread's current one."""
        generators = [self.within("first"), self.decorated("second")]
        found: list[Any] = []

        def close() -> None:
            with self.flow.step("thread"):
                for generator in generators:
                    generator.close()
                found.append(self.current())

        with self.flow.step("outer"):
            for generator in generators:
                next(generator)
            thread = threading.Thread(target=close)
            thread.start()
            thread.join()
            self.assertEqual((found, self.current()), (["thread"], "outer"))
        self.assertEqual(set(self.statuses().values()), {"ok"})

    def test_an_exit_stack(self) -> None:
        """Spans pass through an ExitStack, also one that is closed elsewhere."""
        with self.flow.step("outer"):
            stack = contextlib.ExitStack()
            stack.enter_context(self.flow.step("first"))
            stack.enter_context(self.flow.step("second"))
            contextvars.copy_context().run(stack.close)
            self.assertEqual(self.current(), "outer")
        self.assertEqual(self.statuses(), {"first": "ok", "second": "ok", "outer": "ok"})


class DecoratedTests(GeneratorsTest):
    def test_current_only_in_its_turn(self) -> None:
        """Its span is current while it runs, and its consumer's while that runs."""
        seen: list[Any] = []

        @self.flow.step("generator")  # type: ignore[untyped-decorator]
        def numbers() -> Iterator[int]:
            for number in range(3):
                seen.append(self.current())
                yield number

        with self.flow.step("outer"):
            for _ in numbers():
                seen.append(self.current())
        self.assertEqual(seen, ["generator", "outer"] * 3)
        self.assertEqual(tree(self.collector.events()), {"outer": None, "generator": "outer"})

    def test_interleaved(self) -> None:
        """Two at a time are siblings, and what each does hangs under its own."""
        with self.flow.step("outer"):
            for _ in zip(self.decorated("first"), self.decorated("second")):
                self.assertEqual(self.current(), "outer")
        expected = {"first": "outer", "second": "outer", "outer": None}
        expected.update({"in first": "first", "in second": "second"})
        self.assertEqual(tree(self.collector.events()), expected)

    def test_never_started(self) -> None:
        """A generator that is never asked for an item makes no span."""
        self.decorated("never").close()
        self.assertEqual(self.collector.events(), [])

    def test_bad_arguments(self) -> None:
        """A call that the function refuses leaves no span open."""

        @self.flow.step("generator")  # type: ignore[untyped-decorator]
        def numbers(count: int) -> Iterator[int]:
            yield count

        @self.flow.step("async generator")  # type: ignore[untyped-decorator]
        async def more(count: int) -> AsyncIterator[int]:
            yield count

        with self.assertRaises(TypeError):
            next(numbers())
        with self.assertRaises(TypeError):
            asyncio.run(more().__anext__())
        self.assertIsNone(self.current())
        found = shape(self.collector.events())
        self.assertEqual(found.count("end failed"), len(found) // 2)

    def test_what_it_does_while_it_closes(self) -> None:
        """That hangs under its own span."""

        @self.flow.step("generator")  # type: ignore[untyped-decorator]
        def numbers() -> Iterator[int]:
            with self.flow.span("within"):
                pass
            try:
                yield 1
            finally:
                with self.flow.span("finally"):
                    pass

        @self.flow.step("async generator")  # type: ignore[untyped-decorator]
        async def more() -> AsyncIterator[int]:
            try:
                yield 1
            finally:
                with self.flow.span("async finally"):
                    await asyncio.sleep(0)

        async def main() -> None:
            items = more()
            await items.__anext__()
            await items.aclose()

        generator = numbers()
        next(generator)
        generator.close()
        asyncio.run(main())
        expected = {"generator": None, "within": "generator", "finally": "generator"}
        expected.update({"async generator": None, "async finally": "async generator"})
        self.assertEqual(tree(self.collector.events()), expected)

    def test_it_behaves_as_the_plain_one(self) -> None:
        """Any sequence of next, send, throw and close has the same answers."""
        chance = random.Random(20_260_105)
        wrapped = self.flow.step("generator")(talkative)
        self.assertTrue(inspect.isgeneratorfunction(wrapped))
        for _ in range(soak(300, 20_000)):
            calls = [chance.choice(CALLS) for _ in range(chance.randrange(1, 6))]
            self.assertEqual(answers(talkative(), calls), answers(wrapped(), calls), calls)
        self.check_all_ended()

    def test_the_async_one_behaves_as_the_plain_one(self) -> None:
        """So for asend, athrow and aclose."""
        chance = random.Random(20_260_106)
        wrapped = self.flow.step("generator")(async_talkative)
        self.assertTrue(inspect.isasyncgenfunction(wrapped))

        async def compare() -> None:
            for _ in range(soak(300, 20_000)):
                calls = [chance.choice(CALLS) for _ in range(chance.randrange(1, 6))]
                plain = await async_answers(async_talkative(), calls)
                self.assertEqual(plain, await async_answers(wrapped(), calls), calls)

        asyncio.run(compare())
        self.check_all_ended()

    def check_all_ended(self) -> None:
        gc.collect()
        events = self.collector.events()
        kinds = [event["type"] for event in events]
        self.assertEqual(kinds.count("span_start"), kinds.count("span_end"))
        self.assertIsNone(self.current())


CALLS = ["next", "send", "value", "stop", "interrupt", "close"]


def talkative() -> Generator[Any, Any, str]:
    """Takes what is sent, survives one error, refuses nothing."""
    for number in range(3):
        try:
            got = yield number
            yield ("got", got)
        except ValueError as error:
            yield ("caught", str(error))
    return "returned"


async def async_talkative() -> AsyncGenerator[Any, Any]:
    for number in range(3):
        try:
            got = yield number
            await asyncio.sleep(0)
            yield ("got", got)
        except ValueError as error:
            yield ("caught", str(error))


def answers(generator: Any, calls: list[str]) -> list[Any]:
    """What a generator answers to calls, exceptions by their type and text."""
    table: dict[str, Callable[[], Any]] = {
        "next": lambda: next(generator),
        "send": lambda: generator.send("sent"),
        "value": lambda: generator.throw(ValueError("thrown")),
        "stop": lambda: generator.throw(StopIteration("thrown")),
        "interrupt": lambda: generator.throw(KeyboardInterrupt("thrown")),
        "close": lambda: generator.close(),
    }
    found: list[Any] = []
    for call in calls:
        try:
            found.append(table[call]())
        except BaseException as error:
            found.append((type(error), str(error)))
    return found


async def async_answers(generator: Any, calls: list[str]) -> list[Any]:
    table: dict[str, Callable[[], Any]] = {
        "next": lambda: generator.__anext__(),
        "send": lambda: generator.asend("sent"),
        "value": lambda: generator.athrow(ValueError("thrown")),
        "stop": lambda: generator.athrow(StopAsyncIteration("thrown")),
        "interrupt": lambda: generator.athrow(KeyError("thrown")),
        "close": lambda: generator.aclose(),
    }
    found: list[Any] = []
    for call in calls:
        try:
            found.append(await table[call]())
        except BaseException as error:
            found.append((type(error), str(error)))
    await generator.aclose()
    return found


class AsyncTests(GeneratorsTest):
    def test_closed_out_of_order(self) -> None:
        """Async generators too."""

        async def main() -> None:
            async with self.flow.step("outer"):
                first, second = self.async_within("first"), self.async_within("second")
                await first.__anext__()
                await second.__anext__()
                await first.aclose()
                self.assertEqual(self.current(), "second")
                await second.aclose()
                self.assertEqual(self.current(), "outer")

        asyncio.run(main())
        self.assertEqual(self.statuses(), {"first": "ok", "second": "ok", "outer": "ok"})

    def test_left_to_the_event_loop(self) -> None:
        """One that a break leaves behind is closed by the loop, in another context."""
        kept: list[Any] = []

        async def main() -> None:
            async with self.flow.step("outer"):
                async for _ in self.async_within("broken off"):
                    break
                gc.collect()
                await asyncio.sleep(0.01)
                with self.flow.step("next"):
                    pass
                kept.append(self.async_within("kept"))
                await kept[0].__anext__()

        asyncio.run(main())
        self.assertEqual(set(self.statuses().values()), {"ok"})
        self.assertEqual(len(self.statuses()), 4)

    def test_consumed_by_several_tasks(self) -> None:
        """A decorated one hangs where it was first asked; each task keeps its own current."""

        @self.flow.step("shared")  # type: ignore[untyped-decorator]
        async def shared() -> AsyncIterator[int]:
            for number in range(6):
                with self.flow.span("item %d" % number):
                    await asyncio.sleep(0)
                yield number

        items = shared()

        async def consume(name: str) -> None:
            async with self.flow.step(name):
                for _ in range(3):
                    await items.__anext__()
                    self.assertEqual(self.current(), name)

        async def main() -> None:
            for name in ("first", "second"):
                await asyncio.ensure_future(consume(name))
            await items.aclose()

        asyncio.run(main())
        found = tree(self.collector.events())
        self.assertEqual((found.pop("first"), found.pop("second")), (None, None))
        self.assertEqual(found.pop("shared"), "first")
        self.assertEqual(set(found.values()), {"shared"})

    def test_cancelled(self) -> None:
        """A task that is cancelled within one ends its spans as cancelled."""

        async def consume() -> None:
            async for _ in self.waiting():
                pass

        async def main() -> None:
            task = asyncio.ensure_future(consume())
            await asyncio.sleep(0.01)
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

        asyncio.run(main())
        self.assertEqual(self.statuses(), {"waits": "cancelled"})

    def waiting(self) -> AsyncGenerator[int, None]:
        @self.flow.step("waits")  # type: ignore[untyped-decorator]
        async def wait() -> AsyncIterator[int]:
            yield 1
            await asyncio.sleep(60)

        return wait()  # type: ignore[no-any-return]
