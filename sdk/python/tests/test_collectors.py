"""Collectors that are not there, stall, crawl or vanish: the flow does not notice."""

from __future__ import annotations

import signal
import socket
import threading
import time
from typing import Any
from unittest import mock

from strict import LINE_BYTES, Reader, emitted
from support import (
    SLACK_SECONDS,
    Collector,
    SdkTest,
    of_type,
    quickest,
    run_script,
    seconds_of,
    shape,
    starts,
)

ONE_CALL_SECONDS = 0.260
DEAD_READER_SECONDS = 0.300
_LOG = "x" * 2000


class StalledTests(SdkTest):
    """A collector that does not read."""

    def stalled(self) -> tuple[Any, Collector]:
        """A fresh SDK before a collector that reads nothing."""
        self.collector = self.start_collector(reading=False)
        return self.load_sdk(), self.collector

    def fill(self, span: Any) -> tuple[float, int]:
        """Log until a call stalls: the seconds that it took, and how many there were."""
        for count in range(1, 1_000_000):
            seconds = seconds_of(lambda: span.log(_LOG))
            if seconds > 0.2:
                return seconds, count
        raise AssertionError("it never stalled")

    def test_one_call(self) -> None:
        """A call waits WAIT_MS for a stalled collector, and not longer."""

        def one_stall() -> float:
            sdk, _ = self.stalled()
            with sdk.flow.step("load") as step:
                seconds, _ = self.fill(step)
            self.assertGreaterEqual(seconds, 0.24)
            return seconds

        bound = ONE_CALL_SECONDS + SLACK_SECONDS / 5
        self.assertLessEqual(quickest(one_stall, bound), bound)

    def test_five_thousand_calls(self) -> None:
        """After one stall no call waits; what is lost is a gap of the numbers."""

        def five_thousand() -> float:
            sdk, collector = self.stalled()
            step = sdk.flow.step("load").__enter__()
            seconds = seconds_of(lambda: [step.log(_LOG) for _ in range(5000)])
            collector.drain()
            step.tag("last", 1)
            collector.drain()
            (connection,) = collector.connections
            events = connection.events(lossy=True)
            self.assertEqual(emitted(events), 5002)
            self.assertLess(len(events), 5002)
            return seconds

        bound = DEAD_READER_SECONDS + SLACK_SECONDS
        self.assertLessEqual(quickest(five_thousand, bound), bound)

    def test_it_goes_on_when_the_collector_does(self) -> None:
        """When the socket takes bytes again nothing more is lost, and calls may wait again."""
        sdk, collector = self.stalled()
        step = sdk.flow.step("load").__enter__()
        sent = 1
        for _ in range(3):
            sent += self.fill(step)[1]
            collector.drain()
            step.tag("after", 1)
            sent += 1
        collector.drain()
        events = collector.connections[0].events(lossy=True)
        self.assertEqual(emitted(events), sent)
        self.assertEqual(len(events), sent - 3)

    def test_what_is_drained_in_time_is_not_lost(self) -> None:
        """A call that waits sends its line as soon as there is room."""
        sdk, collector = self.stalled()
        step = sdk.flow.step("load").__enter__()
        room = self.fill(step)[1]
        collector.drain()
        for _ in range(room - 1):  # one less than stalled
            step.log(_LOG)
        timer = threading.Timer(0.05, collector.drain)
        timer.start()
        for _ in range(20):
            step.log(_LOG)
        timer.join()
        collector.drain()
        events = collector.connections[0].events(lossy=True)
        self.assertEqual((len(events), emitted(events)), (2 * room + 19, 2 * room + 20))

    def test_many_threads(self) -> None:
        """They wait for one another no longer than for the collector."""

        def worst() -> float:
            sdk, collector = self.stalled()
            times: list[float] = []

            def work() -> None:
                with sdk.flow.step("load") as step:
                    times.extend(seconds_of(lambda: step.log(_LOG)) for _ in range(1000))

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            with sdk.flow.step("last"):
                collector.drain()
            collector.drain()
            self.assertEqual(emitted(collector.connections[0].events(lossy=True)), 8 * 1002 + 2)
            return max(times)

        bound = 2 * ONE_CALL_SECONDS + SLACK_SECONDS
        self.assertLessEqual(quickest(worst, bound), bound)


class TightSocket(socket.socket):
    """A socket whose send buffer stays as small as the kernel allows: it takes lines in parts."""

    def setsockopt(self, *args: Any) -> None:
        if args[1] == socket.SO_SNDBUF:
            args = (*args[:2], 1)
        super().setsockopt(*args)


class PartTests(SdkTest):
    """Lines that the kernel takes in parts only."""

    def setUp(self) -> None:
        super().setUp()
        patch = mock.patch("socket.socket", TightSocket)
        patch.start()
        self.addCleanup(patch.stop)

    def large(self, step: Any) -> None:
        step.log("x" * 4096, **{"k%d" % number: "y" * 4000 for number in range(6)})

    def test_a_reader_gets_whole_lines(self) -> None:
        """Each line is completed before the next begins, also of many threads."""
        flow = self.load_sdk().flow

        def work(number: int) -> None:
            with flow.step("thread %d" % number) as step:
                for _ in range(20):
                    self.large(step)
                    step.tag("small", number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        events = self.collector.events()
        self.assertEqual(len(events), 4 * 42)
        self.assertGreater(min(len(log["fields"]) for log in of_type(events, "span_log")), 5)

    def test_a_slow_reader_loses_nothing(self) -> None:
        """One that takes a little at a time, but in time."""
        self.collector = self.start_collector(reading=False)
        flow, done = self.load_sdk().flow, threading.Event()

        def crawl() -> None:
            while not done.is_set():
                self.collector.pause()  # accepts
                for connection in self.collector.connections:
                    connection.read(3000)
                time.sleep(0.002)

        thread = threading.Thread(target=crawl)
        thread.start()
        with flow.step("load") as step:
            for number in range(20):
                self.large(step)
                step.tag("small", number)
        done.set()
        thread.join()
        self.collector.drain()
        self.assertEqual(len(self.collector.events()), 42)

    def test_a_call_that_is_interrupted_waits_no_longer(self) -> None:
        """Nor for what the handlers that strike meanwhile have to send, each of which waits."""
        self.collector = self.start_collector(reading=False)
        flow, done = self.load_sdk().flow, threading.Event()
        longest: list[float] = []

        def crawl() -> None:
            while not done.is_set():
                self.collector.pause()  # accepts
                for connection in self.collector.connections:
                    connection.read(3000)
                time.sleep(0.02)

        def strike(*_: object) -> None:
            flow.current_span.log("y" * 3000)

        thread = threading.Thread(target=crawl)
        thread.start()
        before = signal.signal(signal.SIGALRM, strike)
        try:
            with flow.step("load") as step:
                signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
                for _ in range(5):
                    longest.append(seconds_of(lambda: step.log("x" * 4000)))
                signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            signal.signal(signal.SIGALRM, before)
            done.set()
            thread.join()
        self.assertLess(sorted(longest)[2], ONE_CALL_SECONDS + SLACK_SECONDS)
        self.assertGreater(max(longest), 0.2)

    def tear(self, step: Any) -> None:
        """Send until a line cannot be completed."""
        for _ in range(1000):
            if seconds_of(lambda: self.large(step)) > 0.2:
                return

    def check_torn(self) -> None:
        """A part of a line is the last that came, and the connection is closed."""
        self.collector.drain()
        (connection,) = self.collector.connections
        whole, _, torn = bytes(connection.data).rpartition(b"\n")
        self.assertTrue(torn)
        self.assertEqual(len(Reader().read(whole + b"\n")), whole.count(b"\n") + 1)
        self.assertFalse(connection.open)

    def test_a_line_that_cannot_be_completed_is_the_last(self) -> None:
        """The SDK is off for good, and closes, so that the part is told from a line."""
        self.collector = self.start_collector(reading=False)
        sdk = self.load_sdk()
        with sdk.flow.step("load") as step:
            self.tear(step)
            self.check_torn()
            step.tag("late", 1)
        self.assertIsNone(sdk.flow.step("off").span_id)

    def test_an_interrupt_amid_a_line(self) -> None:
        """What interrupts a call between two parts of a line leaves no part to go on with."""

        def strike(*_: object) -> None:
            raise KeyboardInterrupt

        self.collector = self.start_collector(reading=False)
        step = self.load_sdk().flow.step("load").__enter__()
        before = signal.signal(signal.SIGALRM, strike)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        with self.assertRaises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.1)
            self.tear(step)
        self.collector.drain()
        step.tag("late", 1)
        self.check_torn()


class VanishedTests(SdkTest):
    def test_a_collector_that_closes(self) -> None:
        """Later events are dropped in silence, and the SDK is off for good."""
        sdk = self.load_sdk()
        with sdk.flow.step("load") as step:
            self.assertIsNotNone(step.span_id)
            self.collector.events()
            self.collector.hang_up()
            for _ in range(100):
                step.tag("late", 1).log("late")
        self.collector.resume()
        with sdk.flow.step("off") as step:
            self.assertIsNone(step.span_id)
        self.assertEqual(len(self.collector.connections), 1)

    def test_a_collector_that_closes_amid_a_line(self) -> None:
        """It takes a part of what was sent, and goes."""
        self.collector = self.start_collector(reading=False)
        sdk = self.load_sdk()
        step = sdk.flow.step("load").__enter__()
        step.log("x" * 4000)
        self.collector.pause()
        self.assertEqual(self.collector.connections[0].read(100), 100)
        self.collector.hang_up()
        step.log("late")
        self.assertIsNone(sdk.flow.step("off").span_id)

    def test_a_collector_that_shuts_down_only(self) -> None:
        """One that keeps its end open but takes nothing more."""
        sdk = self.load_sdk()
        step = sdk.flow.step("load").__enter__()
        self.collector.events()
        self.collector.connections[0].socket.shutdown(socket.SHUT_RD)
        step.log("late").log("late")
        self.assertIsNone(sdk.flow.step("off").span_id)

    def test_sigpipe(self) -> None:
        """A process that leaves SIGPIPE at its default survives."""
        finished = run_script(
            """
            import signal
            from hero_tracing import flow
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            with flow.step("load") as step:
                print("ready", flush=True)
                while flow.step("probe") is not flow.step("other"):  # until it is off
                    step.tag("key", 1)
            print("survived")
            """,
            path=self.collector.path,
            on_output=self.accept_and_hang_up,
        )
        self.assertEqual(finished[:3], (0, "ready\nsurvived\n", ""))

    def accept_and_hang_up(self) -> None:
        self.assertEqual(len(self.collector.connections), 1)
        self.collector.hang_up()


class ArrivalTests(SdkTest):
    def test_a_collector_that_accepts_late(self) -> None:
        """What is sent before it accepts is not lost."""
        self.collector = self.start_collector(reading=False)
        with self.load_sdk().flow.step("early") as step:
            step.tag("key", 1)
        self.assertEqual(self.collector._all, [])
        self.collector.resume()
        shapes = ["start early", "tag key", "end ok"]
        self.assertEqual(shape(self.collector.events()), shapes)

    def full(self) -> tuple[Collector, list[socket.socket]]:
        """A collector whose queue of connections is full."""
        collector = self.start_collector(reading=False, backlog=0)
        waiting: list[socket.socket] = []
        while True:
            other = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.addCleanup(other.close)
            other.setblocking(False)
            try:
                other.connect(collector.path)
            except BlockingIOError:
                return collector, waiting
            waiting.append(other)

    def test_a_full_queue(self) -> None:
        """The first span waits WAIT_MS for a place, and then the SDK is off."""

        def first_span() -> float:
            self.collector, _ = self.full()
            flow = self.load_sdk().flow
            seconds = seconds_of(lambda: flow.step("load"))
            self.assertIs(flow.step("load"), flow.current_span)
            self.assertGreaterEqual(seconds, 0.24)
            return seconds

        bound = ONE_CALL_SECONDS + SLACK_SECONDS / 5
        self.assertLessEqual(quickest(first_span, bound), bound)

    def test_a_queue_that_moves(self) -> None:
        """A place that comes free in time is taken."""
        collector, waiting = self.full()
        timer = threading.Timer(0.05, collector.resume)
        timer.start()
        with self.load_sdk(path=collector.path).flow.step("load"):
            pass
        timer.join()
        collector.drain()
        found = [connection for connection in collector.connections if connection.data]
        self.assertEqual([list(starts(one.events())) for one in found], [["load"]])
        self.assertEqual(len(collector.connections), len(waiting) + 1)


class LongLineTests(SdkTest):
    def test_a_line_may_be_as_long_as_the_contract_allows(self) -> None:
        """The longest lines are whole on a common socket."""
        with self.load_sdk().flow.step("load") as step:
            for _ in range(50):
                step.log("x" * 4096, **{"k%d" % number: "y" * 4030 for number in range(7)})
        events = self.collector.events()
        self.assertEqual(len(events), 52)
        longest = max(map(len, bytes(self.collector.connections[0].data).split(b"\n")))
        self.assertTrue(LINE_BYTES * 0.95 < longest < LINE_BYTES, longest)
