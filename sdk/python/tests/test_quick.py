"""The quick path makes the very lines of the general one, or leaves them to it."""

from __future__ import annotations

import fcntl
import functools
import os
import random
import re
import socket
import sys
import threading
import unittest
from types import FrameType
from typing import Any

from strict import Event
from support import SdkTest, ends, of_type, seconds_of, shape, soak, starts, tree

# What differs between any two runs: ids, numbers and times.
_CHANGING = re.compile(
    r'"(?:span_id|parent_span_id|id)":"[0-9a-f]{16}"|"ts_ms":[0-9]+\.[0-9]{3}|"pid":[0-9]+'
)
_CHARS = 'ab "\\/\n\t\x00\x1f\x7fé€😀\ud83d\ude00\ud800\u2028'


def some_text(chance: random.Random) -> str:
    length = chance.choice((0, 1, 3, 20, 63, 64, 65, 257, 1023, 1024, 1025, 4097))
    return "".join(chance.choice(_CHARS) for _ in range(length))


class Text(str):
    """A string that is equal to others than it is sent as."""

    def __eq__(self, _: object) -> bool:
        return True

    def __hash__(self) -> int:
        return hash("key")


class Number(int):
    pass


def some_value(chance: random.Random) -> Any:
    return chance.choice(
        (
            None,
            True,
            False,
            chance.randrange(-(1 << 54), 1 << 54),
            chance.choice((-1, 1)) * ((1 << 53) - chance.randrange(3)),
            chance.choice((0.0, -0.0, 1e300, 0.1, float("nan"), float("inf"))),
            some_text(chance),
            some_text(chance)[:20],
            Text("apple"),
            Number(5),
            [1, {"a": some_text(chance)[:20]}],
            b"bytes",
        )
    )


def say(flow: Any, instrument: Any, chance: random.Random, events: int) -> None:
    """Something of everything, by chance."""

    class Client:
        def fetch(self, *args: Any, **kwargs: Any) -> Any:
            return some_value(chance)

    client = instrument(Client())
    for _ in range(events):
        tags = {some_text(chance)[:70]: some_value(chance) for _ in range(chance.randrange(4))}
        tags.pop("", None)
        with flow.span(some_text(chance), **tags) as span:
            span.tag(some_text(chance), some_value(chance))
            span.tag(Text("ear"), 1).tag("key", 2)
            level = chance.choice(("info", "WARN", "fatal", "none", "debug", 7))
            span.log(some_text(chance), level=level, **tags)
            client.fetch(some_value(chance), key=some_value(chance))
            if chance.random() < 0.5:
                span.result(some_value(chance))


class SameLinesTests(SdkTest):
    def lines(self, seed: int, quick: bool) -> list[str]:
        self.collector = self.start_collector()
        sdk = self.load_sdk()
        if not quick:
            sdk._Producer.quick = lambda *_: False
        say(sdk.flow, sdk.instrument, random.Random(seed), soak(150, 3000))
        text = bytes(self.collector.connections[0].data).decode()
        self.collector.events()
        return _CHANGING.sub("", text).splitlines()

    def test_random_events(self) -> None:
        """The same calls make the same lines, but for ids and times, in both ways."""
        for seed in range(3):
            self.assertEqual(self.lines(seed, True), self.lines(seed, False))

    def test_the_order_of_members(self) -> None:
        """Byte by byte, as it is written here."""
        flow = self.load_sdk().flow
        with flow.step("first"), flow.span("fetch", key="apple", rows=1024) as span:
            span.tag("a", 1.5).log("said", n=None).result("x")
        text = _CHANGING.sub("", bytes(self.collector.connections[0].data).decode())
        self.assertEqual(
            text.splitlines()[1:5],
            [
                '{"type":"span_start","seq":1,,,,"name":"fetch","kind":"span",'
                '"tags":{"key":"apple","rows":1024}}',
                '{"type":"span_tag","seq":2,,,"key":"a","value":1.5}',
                '{"type":"span_log","seq":3,,,"message":"said","level":"info","fields":{"n":null}}',
                '{"type":"span_end","seq":4,,,"status":"ok","result":"x"}',
            ],
        )

    def test_names_without_end(self) -> None:
        """What is remembered of names and keys is bounded."""
        sdk = self.load_sdk()
        for number in range(3000):
            with sdk.flow.span("name %d" % number, **{"key %d" % number: 1}):
                pass
        self.assertLessEqual(len(sdk._quoted_names), 1024)
        self.assertEqual(len(starts(self.collector.events())), 3000)

    def test_ids_without_end(self) -> None:
        """No id comes twice, also when their random end is drawn anew, by several threads."""
        sdk = self.load_sdk()
        with sdk.flow.step("step"):
            pass
        found: list[str] = []

        def draw() -> None:
            found.extend(sdk._producer.new_id() for _ in range(20_000))

        threads = [threading.Thread(target=draw) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(set(found)), 80_000)
        self.assertTrue(all(re.fullmatch("[0-9a-f]{16}", one) for one in found))

    def test_seconds_that_pass(self) -> None:
        """The text of a second is kept, and made anew when it is over, to the microsecond."""
        sdk = self.load_sdk()
        now = [10_000_000_000]
        sdk._now_ns = lambda: now[0]
        sdk._CLOCK_ANCHOR_NS = 999_999_999
        steps = (0, 1, 999, 1000, 999_998_000, 1_000_000_000, 61_000_000_001, 999_999_000)
        with sdk.flow.step("first") as step:
            for ns in steps:
                now[0] += ns
                step.tag("at", now[0] + sdk._CLOCK_ANCHOR_NS)
        for event in of_type(self.collector.events(), "span_tag"):
            self.assertEqual(event["ts_ms"], event["value"] // 1000 / 1000)


class TurnTests(SdkTest):
    """Whoever writes has the turn, and nobody waits for a call that is no more."""

    def test_a_turn_that_nobody_has(self) -> None:
        """A call that an interrupt ended as it gave the turn back holds up nobody for long."""
        sdk = self.load_sdk()
        step = sdk.flow.step("outer").__enter__()
        step.tag("quick", 1)
        sdk._producer._turn[0] = object()
        self.assertLess(seconds_of(lambda: step.tag("late", 1)), 0.2)
        sdk._producer._turn[0] = object()
        threads = [threading.Thread(target=step.tag, args=("other", 1)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        keys = [event["key"] for event in of_type(self.collector.events(), "span_tag")]
        self.assertEqual(keys, ["quick", "late", "other", "other", "other"])

    def test_a_turn_that_is_not_given_back(self) -> None:
        """A thread that holds it for long costs the others their lines, which are counted."""
        sdk = self.load_sdk()
        step = sdk.flow.step("outer").__enter__()
        step.tag("before", 1)
        goes_on, holds = threading.Event(), threading.Event()
        real = sdk._producer._send

        def send(line: bytes, flags: int) -> int:
            holds.set()
            goes_on.wait(10)
            return int(real(line, flags))

        sdk._producer._send = send
        thread = threading.Thread(target=step.tag, args=("held", 1))
        thread.start()
        holds.wait(10)
        sdk._producer._send = real
        seconds = seconds_of(lambda: step.tag("lost", 1))
        goes_on.set()
        thread.join()
        step.tag("after", 1)
        self.assertGreater(seconds, 0.2)
        self.assertLess(seconds, 1)
        events = self.collector.events(lossy=True)
        self.assertEqual([event["key"] for event in events[1:]], ["before", "held", "after"])
        self.assertEqual([event["seq"] for event in events], [0, 1, 2, 4])

    def test_what_a_handler_says_while_a_line_is_sent(self) -> None:
        """It comes after that line, in its order, when the call returns."""
        sdk = self.load_sdk()
        step = sdk.flow.step("outer").__enter__()
        real = sdk._producer._send

        def send(line: bytes, flags: int) -> int:
            sdk._producer._send = real
            with sdk.flow.span("handler") as span:
                span.tag("inside", 1)
            return int(real(line, flags))

        sdk._producer._send = send
        step.tag("struck", 1)
        step.tag("next", 1)
        said = shape(self.collector.events())
        self.assertEqual(
            said[1:], ["tag struck", "start handler", "tag inside", "end ok", "tag next"]
        )


class StrikeTests(SdkTest):
    """An exception at every instruction of the quick path."""

    def strike(self, call: Any, codes: set[Any], point: int) -> bool:
        """Whether the call has so many instructions; the exception must reach us."""
        left = [point]

        def trace(frame: FrameType, event: str, _: object) -> Any:
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            if event == "opcode" and frame.f_code in codes:
                left[0] -= 1
                if left[0] == 0:
                    sys.settrace(None)
                    raise KeyboardInterrupt
            return trace

        try:
            sys._getframe().f_trace_opcodes = True  # first, or 3.12 tells of none
            sys.settrace(trace)
            call()
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(None)
        self.assertGreater(left[0], 0, "swallowed at %d" % point)
        if left[0] == point:  # programs/injected.py strikes there too
            self.skipTest("this Python tells of no instructions here")
        return False

    def test_every_instruction(self) -> None:
        """The line was said, or is counted, or said by the same call; and the turn is free."""
        sdk = self.load_sdk()
        step = sdk.flow.step("outer").__enter__()
        producer = sdk._producer
        codes = {sdk._Producer.quick.__code__}
        step.tag("warm", 0)
        point = 0
        while True:
            point += 1
            call = functools.partial(step.tag, "at", point)
            struck = self.strike(call, codes, point)
            self.assertFalse(producer._turn, "held after %d" % point)
            step.tag("after", point)
            if not struck:
                break
        self.assertGreater(point, 50)
        events: list[Event] = self.collector.events(lossy=True)
        values = [event["value"] for event in of_type(events, "span_tag")]
        after = [event["value"] for event in events if event.get("key") == "after"]
        self.assertEqual(after, list(range(1, point + 1)))
        # Before its turn came it is said all the same; later it was, or its number is skipped.
        lost = set(range(1, point)) - {e["value"] for e in events if e.get("key") == "at"}
        gaps = events[-1]["seq"] + 1 - len(events)
        self.assertLessEqual(len(lost), gaps)
        self.assertEqual(values[0], 0)

    def test_an_end_at_every_instruction(self) -> None:
        """A span ends once, whatever struck its end; what is not said is counted."""
        sdk = self.load_sdk()
        root = sdk.flow.step("root").__enter__()
        codes = {sdk._Producer.quick.__code__}
        root.tag("warm", 0)
        point = 0
        while True:
            point += 1
            span = sdk.flow.span("struck %d" % point).__enter__()
            call = functools.partial(span.__exit__, None, None, None)
            if not self.strike(call, codes, point):
                break
        self.assertGreater(point, 50)
        root.__exit__(None, None, None)
        events = self.collector.events(lossy=True)
        found = ends(events)
        lost = [name for name in starts(events) if name not in found]
        self.assertLessEqual(len(lost), events[-1]["seq"] + 1 - len(events))
        self.assertIn("root", found)
        self.assertEqual(tree(events)["struck %d" % point], "root")


@unittest.skipUnless(sys.platform == "linux", "a mark is there on Linux only")
class MarkTests(SdkTest):
    def test_a_socket_without_the_mark(self) -> None:
        """Any other socket is told from ours, also one of the same process and collector."""
        sdk = self.load_sdk()
        step = sdk.flow.step("load").__enter__()
        step.tag("quick", 1)
        number = sdk._producer._descriptor
        mark = fcntl.fcntl(number, 11)
        self.assertEqual(mark, sdk._producer._mark)
        self.assertIn(mark, range(34, 65))
        with socket.socket(socket.AF_UNIX) as other:
            other.connect(self.collector.path)
            self.assertEqual(fcntl.fcntl(other.fileno(), 11), 0)
            os.dup2(other.fileno(), number)
            step.tag("lost", 1)
            os.close(number)
        self.assertTrue(sdk._producer.dead)
        sent = [shape(one.events()) for one in self.collector.connections if one.data]
        self.assertEqual(sent, [["start load", "tag quick"]])

    def test_without_marks(self) -> None:
        """Where there are none, the file is looked at, and no line goes the quick way."""
        sdk = self.load_sdk()
        sdk._mark = lambda descriptor: 0
        with sdk.flow.step("load") as step:
            step.tag("key", 1)
            self.assertFalse(sdk._producer._is_clear)
        self.assertEqual(shape(self.collector.events()), ["start load", "tag key", "end ok"])

    def test_a_small_buffer(self) -> None:
        """A socket that may take a part of a line is settled after each."""
        sdk = self.load_sdk()
        sdk._SEND_BUFFER_BYTES = 4096
        with sdk.flow.step("load") as step:
            step.tag("key", "x" * 1000)
            self.assertFalse(sdk._producer._is_clear)
        self.assertEqual(len(self.collector.events()), 3)
