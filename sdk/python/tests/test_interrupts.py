"""Signals, finalizers, trace functions and threads: no line is mixed, no interrupt lost.

The programs beside these tests emit and are struck; each says in its own text how.
"""

from __future__ import annotations

import contextlib
import contextvars
import functools
import os
import signal
import socket
import threading
import time
from typing import Any, Callable

from strict import Event, emitted
from support import SdkTest, ends, of_type, seconds_of, soak, starts


class StormTests(SdkTest):
    def test_signals_finalizers_and_threads(self) -> None:
        """At 1 kHz and more, lines stay whole, and received + gaps = emitted."""
        finished = self.program("storm.py", str(soak(400, 6000)), str(soak(4, 8)))
        count, struck = map(int, finished.output.split())
        received = bytes(self.collector.connections[0].data).count(b"\n")
        # Without a loss every rule must hold; with one, those that a gap does not explain.
        events = self.collector.events(lossy=received < count)
        self.assertEqual(emitted(events), count)
        self.assertEqual(len(events), received)
        handlers = sum(event["name"] == "handler" for event in of_type(events, "span_start"))
        self.assertGreater(struck, 20)
        self.assertGreaterEqual(handlers, struck - (count - received))

    def test_a_span_that_many_threads_use(self) -> None:
        """What others say of a span while one ends it comes before its end, or not at all."""
        flow = self.load_sdk().flow
        barrier = threading.Barrier(4)
        spans: list[Any] = [flow.step("first")]

        def speak() -> None:
            for _ in range(soak(150, 5000)):
                barrier.wait()
                span = spans[-1]
                for _ in range(5):
                    span.tag("key", 1).log("said", field=[1])

        threads = [threading.Thread(target=speak) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(soak(150, 5000)):
            spans.append(flow.step("step"))
            with spans[-1]:
                barrier.wait()
                time.sleep(0.0002)
        for thread in threads:
            thread.join()
        self.assertGreater(len(self.collector.events()), 2 * soak(150, 5000))


class InterruptTests(SdkTest):
    def after(self) -> list[Event]:
        """What was emitted after the interrupts, all of it."""
        return self.collector.events(lossy=True)

    def test_keyboard_interrupts_at_random(self) -> None:
        """Each reaches the user, wherever in the SDK it strikes, and the SDK goes on."""
        rounds = soak(1500, 100_000)
        finished = self.program("interrupted.py", str(rounds), str(os.getpid()))
        struck, caught = map(int, finished.output.split())
        self.assertEqual((struck, caught), (rounds, rounds))
        events = [event for event in self.after() if event.get("name") not in ("outer", "inner")]
        names = [start["name"] for start in of_type(events, "span_start")][-4:]
        self.assertEqual(names, ["after 0", "after 1", "after 2", "thread"])

    def check_every_point(self, action: str, points: str, stride: int) -> None:
        """After a strike at each of the points this thread and others emit as before."""
        finished = self.program("injected.py", action, points, str(stride))
        end = int(finished.output)
        self.assertGreater(end, 400)
        events = self.collector.events(lossy=action == "interrupt")
        by_id = {event["span_id"]: event["name"] for event in of_type(events, "span_start")}
        ended = {by_id.get(event["span_id"], "") for event in of_type(events, "span_end")}
        for point in range(1, end, stride):
            self.assertIn("here %d" % point, ended)
            self.assertIn("thread %d" % point, ended)
            if action == "emit":
                self.assertIn("struck %d" % point, ended)

    def test_an_interrupt_at_every_call(self) -> None:
        """Where interpreters look for signals."""
        self.check_every_point("interrupt", "calls", 1)

    def test_an_interrupt_at_instructions(self) -> None:
        """And anywhere else."""
        self.check_every_point("interrupt", "opcodes", soak(37, 1))

    def test_an_interrupt_of_the_first_span(self) -> None:
        """Also while it connects, and introduces itself: it does so once."""
        points = int(self.program("first.py").output)
        self.assertGreater(points, 50)
        after = 0
        for connection in self.collector.connections:
            names = [event.get("name") for event in connection.events(lossy=True)]
            after += names.count("after")
        self.assertEqual(after, points)

    def test_a_handler_that_emits_at_every_call(self) -> None:
        """What a handler says is sent whole and in order, wherever it strikes."""
        self.check_every_point("emit", "calls", 1)

    def test_a_handler_that_emits_at_instructions(self) -> None:
        """And anywhere else."""
        self.check_every_point("emit", "opcodes", soak(37, 1))

    def test_a_trace_function_that_emits(self) -> None:
        """One that emits at every line of the SDK is bounded, and what is lost is counted."""
        finished = self.program("traced.py")
        events = self.collector.events(lossy=True)
        self.assertEqual(emitted(events), int(finished.output))
        self.assertIn("last", ends([event for event in events if event.get("name") != "traced"]))


class AlarmTests(SdkTest):
    """A handler that raises while an SDK call waits for a stalled collector."""

    def setUp(self) -> None:
        super().setUp()
        before = signal.signal(signal.SIGALRM, self.strike)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        self.addCleanup(signal.setitimer, signal.ITIMER_REAL, 0)

    def strike(self, *_: object) -> None:
        raise TimeoutError("struck")

    def check(self, call: Callable[[], object], seconds: float = 0.15) -> None:
        """The exception gets out of this call, which comes to wait."""
        with self.assertRaisesRegex(TimeoutError, "^struck$"):
            signal.setitimer(signal.ITIMER_REAL, seconds)
            for _ in range(20_000):
                call()

    def test_every_call(self) -> None:
        """Whichever call it is; and after it the SDK goes on."""
        self.collector = self.start_collector(reading=False)
        sdk = self.load_sdk()
        client = sdk.instrument(Client())
        step = sdk.flow.step("outer").__enter__()
        calls: list[Callable[[], object]] = [
            lambda: step.tag("key", "x" * 1000),
            lambda: step.log("x" * 4000),
            lambda: sdk.flow.step("x" * 250, key="x" * 900).__enter__(),
            lambda: client.call("x" * 2000),
            lambda: sdk.flow.span("span")(Client.call)(client, "x"),
        ]
        for number, call in enumerate(calls):
            context = contextvars.copy_context()
            context.run(self.check, call)
            self.collector.drain()
            step.tag("after %d" % number, 1)
        self.collector.drain()
        events = self.collector.connections[0].events(lossy=True)
        tags = {event["key"] for event in of_type(events, "span_tag")} - {"key"}
        self.assertEqual(tags, {"after %d" % number for number in range(len(calls))})

    def test_while_an_object_describes_itself(self) -> None:
        """Its own exceptions are its own affair, but not the handler's, whatever that is."""
        flow = self.load_sdk().flow
        step = flow.step("outer").__enter__()

        class Slow:
            def __repr__(self) -> str:
                time.sleep(1)
                return "<slow>"

        class Handler:
            def __call__(self, *_: object) -> None:
                raise TimeoutError("struck")

            strike = __call__

        def strike(*_: object) -> None:
            Handler()()

        def fail_with(reason: object) -> None:
            with contextlib.suppress(flow.Failed), flow.step("fails"):
                raise flow.Failed(reason)

        handlers: list[Callable[..., None]] = [
            self.strike,
            strike,
            functools.partial(strike, 1),
            Handler(),
            Handler().strike,
        ]
        for handler in handlers:
            signal.signal(signal.SIGALRM, handler)
            self.check(functools.partial(step.tag, "key", Slow()), 0.01)
            self.check(functools.partial(step.tag, "key", [{Slow()}]), 0.01)
            self.check(functools.partial(fail_with, Slow()), 0.01)
        step.tag("after", 1)
        self.assertEqual(self.collector.events()[-1]["key"], "after")

    def test_while_it_connects(self) -> None:
        """The first span, that waits for a place in the queue; the next one tries again."""
        self.collector = self.start_collector(reading=False, backlog=0)
        flow = self.load_sdk().flow
        others = [socket.socket(socket.AF_UNIX) for _ in range(3)]
        for other in others:
            self.addCleanup(other.close)
            other.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                other.connect(self.collector.path)
        self.check(lambda: flow.step("first"))
        self.collector.drain()
        with flow.step("second"):
            pass
        self.collector.drain()
        found = [one.events() for one in self.collector.connections if one.data]
        self.assertEqual([list(starts(events)) for events in found], [["second"]])


class Client:
    def call(self, text: str) -> str:
        return text


class SilentTests(SdkTest):
    def test_finalizers_that_collect_within_a_call(self) -> None:
        """A collection that an SDK call sets off may emit, without a limit to the nesting."""
        flow = self.load_sdk().flow

        class Nested:
            def __init__(self, depth: int) -> None:
                self.inner = Nested(depth - 1) if depth else None

            def __del__(self) -> None:
                with flow.span("finalizer") as span:
                    span.tag("inner", self.inner)

        with flow.step("step") as step:
            step.tag("key", Nested(20))
            seconds = seconds_of(lambda: step.result(Nested(20)))
        self.assertLess(seconds, 5)
        events = self.collector.events()
        self.assertEqual(len(of_type(events, "span_start")), 43)
        self.assertEqual(list(starts([e for e in events if e.get("name") == "step"])), ["step"])
