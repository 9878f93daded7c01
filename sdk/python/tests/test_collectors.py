"""Collectors that are not there, stall, crawl or vanish: the flow does not notice."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import signal
import socket
import tempfile
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
    tree,
)

ONE_CALL_SECONDS = 0.260
DEAD_READER_SECONDS = 0.300
_LOG = "x" * 2000


def bound_socket(path: str, kind: int = socket.SOCK_STREAM) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX, kind)
    bound.bind(path)
    return bound


class UnusableSocketTests(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        directory = tempfile.TemporaryDirectory(prefix="hero-")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def at(self, name: str) -> str:
        return os.path.join(self.directory, name)

    def check_off(self, path: str) -> Any:
        """With this path the SDK is off: a step is the null span, and nothing is said."""
        sdk = self.load_sdk(path=path or None)
        if not path:
            os.environ["HERO_FLOW_SPAN_SOCK"] = ""
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            step = sdk.flow.step("load", a=1)
            with step:
                step.tag("key", 1).log("said")
            self.assertIs(step, sdk.flow.current_span)
            self.assertIsNone(sdk.flow.child_env({}).get("HERO_FLOW_PARENT_SPAN"))
        self.assertEqual(output.getvalue(), "")
        return sdk

    def test_paths_that_cannot_be_a_socket(self) -> None:
        """Empty, relative, too long, missing, or a file, a directory, a device."""
        with open(self.at("file"), "w"):
            pass
        os.mkfifo(self.at("fifo"))
        broken = self.at("link")
        os.symlink(self.at("nowhere"), broken)
        paths = ["", "span.sock", "./span.sock", "/" + "x" * 107, "/" + "x" * 5000, "/dev/null"]
        for path in [*paths, self.directory, self.at("file"), self.at("fifo"), broken, "/\udcff"]:
            with self.subTest(path=path):
                self.check_off(path)

    def test_a_relative_path_to_a_socket(self) -> None:
        """A path is absolute, or the SDK is off, even where it would lead somewhere."""
        here = os.getcwd()
        self.addCleanup(os.chdir, here)
        os.chdir(os.path.dirname(self.collector.path))
        self.check_off("span.sock")
        self.check_off("./span.sock")
        self.assertEqual(self.collector.connections, [])

    def test_nobody_listens(self) -> None:
        """A socket that is bound only, one left behind, one of datagrams."""
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            with bound_socket(self.at("bound %d" % kind), kind):
                self.check_off(self.at("bound %d" % kind))
            self.check_off(self.at("bound %d" % kind))

    def test_it_tries_once(self) -> None:
        """A collector that comes later is too late."""
        path = self.at("late.sock")
        sdk = self.check_off(path)
        with bound_socket(path) as listener:
            listener.listen()
            listener.setblocking(False)
            with sdk.flow.step("late"):
                pass
            with self.assertRaises(BlockingIOError):
                listener.accept()

    def test_permission_denied(self) -> None:
        """A socket that this user may not write to."""
        os.chmod(os.path.dirname(self.collector.path), 0o700)
        os.chmod(self.collector.path, 0o600)
        self.script("""
            import os
            from hero_tracing import flow
            if os.getuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            else:
                os.chmod(os.environ["HERO_FLOW_SPAN_SOCK"], 0)
            with flow.step("load") as step:
                assert step is flow.current_span and step.span_id is None
            """)
        self.assertEqual(self.collector.connections, [])

    def test_no_descriptors_left(self) -> None:
        """A process that can open nothing more traces nothing."""
        self.script("""
            import resource, socket
            from hero_tracing import flow
            resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
            with flow.step("load") as step:
                assert step.span_id is None
            """)

    def test_a_link_to_the_socket(self) -> None:
        """A link is as good as the socket."""
        os.symlink(self.collector.path, self.at("link"))
        with self.load_sdk(path=self.at("link")).flow.step("load"):
            pass
        self.assertEqual(shape(self.collector.events()), ["start load", "end ok"])

    def test_parents_that_are_none(self) -> None:
        """A parent that is not an id leaves the roots without one."""
        zero, upper, short = "0" * 16, "00000000DEADBEEF", "deadbeef"
        for parent in ("", zero, upper, short, "00000000deadbeef\n", " 0000000deadbeef", "é" * 16):
            with self.load_sdk(parent=parent).flow.step("load"):
                pass
            last = self.collector.connections[-1].events()
            self.assertEqual(tree(last), {"load": None})


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


class DescriptorTests(SdkTest):
    """The program closes the SDK's descriptor; a helper finds it by the kernel's list."""

    def our_descriptor(self) -> int:
        """The descriptor of the connection that the SDK in this process holds."""
        found: list[int] = []
        for name in os.listdir("/dev/fd"):
            with contextlib.suppress(OSError):
                duplicate = socket.socket(fileno=os.dup(int(name)))
                with duplicate:
                    if duplicate.getpeername() == self.collector.path:
                        found.append(int(name))
        self.assertEqual(len(found), 1)
        return found[0]

    def begin(self) -> tuple[Any, Any, int]:
        sdk = self.load_sdk()
        step = sdk.flow.step("load").__enter__()
        return sdk, step, self.our_descriptor()

    def check_off(self, sdk: Any, step: Any) -> None:
        for _ in range(3):
            step.tag("late", 1)
        self.assertIsNone(sdk.flow.step("off").span_id)

    def test_closed(self) -> None:
        """A number that serves nothing."""
        sdk, step, number = self.begin()
        os.close(number)
        self.check_off(sdk, step)
        with self.assertRaises(OSError) as caught:
            os.fstat(number)
        self.assertEqual(caught.exception.errno, errno.EBADF)

    def test_a_file(self) -> None:
        """A number that serves a file of the program's: it stays empty, and open."""
        sdk, step, number = self.begin()
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), number)
            self.check_off(sdk, step)
            os.lseek(number, 0, os.SEEK_SET)
            self.assertEqual(os.read(number, 100), b"")
            self.assertEqual(os.write(number, b"mine"), 4)
            os.close(number)

    def test_another_socket(self) -> None:
        """A number that serves another socket: nothing arrives at its other end."""
        sdk, step, number = self.begin()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            os.dup2(ours.fileno(), number)
            self.check_off(sdk, step)
            theirs.setblocking(False)
            with self.assertRaises(BlockingIOError):
                theirs.recv(100)
            os.close(number)

    def test_another_connection_to_the_collector(self) -> None:
        """Even one to the same collector, of somebody else's."""
        sdk, step, number = self.begin()
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.connect(self.collector.path)
            os.dup2(other.fileno(), number)
            self.check_off(sdk, step)
            os.close(number)
        self.assertEqual([bool(one.data) for one in self.collector.connections], [True, False])

    def test_a_line_may_be_as_long_as_the_contract_allows(self) -> None:
        """The longest lines are whole on a common socket."""
        with self.load_sdk().flow.step("load") as step:
            for _ in range(50):
                step.log("x" * 4096, **{"k%d" % number: "y" * 4030 for number in range(7)})
        events = self.collector.events()
        self.assertEqual(len(events), 52)
        longest = max(map(len, bytes(self.collector.connections[0].data).split(b"\n")))
        self.assertTrue(LINE_BYTES * 0.95 < longest < LINE_BYTES, longest)
