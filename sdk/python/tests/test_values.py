"""Values: whatever a flow tags, logs, returns or raises makes a strict line, and no fault."""

from __future__ import annotations

import collections
import contextvars
import decimal
import gc
import random
import threading
import time
from typing import Any

import hostile
from strict import VALUE_BYTES, size
from support import SLACK_SECONDS, SdkTest, ends, of_type, quickest, seconds_of, soak, starts


class ValuesTest(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.sdk = self.load_sdk()
        self.flow = self.sdk.flow

    def through_every_door(self, value: Any) -> list[Any]:
        """What arrives of a value, by each way that takes one."""

        class Client:
            def call(self, given: Any) -> Any:
                return given

        before = len(self.collector.events())
        with self.flow.step("step", key=value) as step:
            step.tag("key", value).log("said", key=value).result(value)
        same = self.sdk.instrument(Client()).call(value) is value
        self.assertTrue(same)
        events = self.collector.events()[before:]
        start, tag, log, end, call, answer = events
        params = call["params"]
        return [
            start["tags"]["key"],
            tag["value"],
            log["fields"]["key"],
            end["result"],
            params["args"][0] if isinstance(params, dict) else params,
            answer["result"],
        ]

    def check(self, value: Any, expected: Any) -> None:
        """The value is sent as expected through every door, and in a list and an object."""
        for found in self.through_every_door(value):
            self.assertEqual((type(found), found), (type(expected), expected))
        inside = [[expected], {"in": expected}]
        for wrapped, result in zip(([value], {"in": value}), inside):
            for found in self.through_every_door(wrapped):
                self.assertEqual(found, result)

    def sent(self, value: Any) -> Any:
        with self.flow.span("span") as span:
            span.tag("key", value)
        return of_type(self.collector.events(), "span_tag")[-1]["value"]


class NumberTests(ValuesTest):
    def test_floats(self) -> None:
        """Finite floats are exact; NaN and the infinities are strings."""
        for number in (0.0, -0.0, 1.5, 0.1, 1e16, 1e300, -1e-320, 123456789.123456789):
            self.check(number, number)
        self.check(float("nan"), "NaN")
        self.check(float("inf"), "Infinity")
        self.check(-float("inf"), "-Infinity")

    def test_integers(self) -> None:
        """Integers are exact numbers as far as every reader keeps them, else strings."""
        for number in (0, -1, 2**53 - 1, 1 - 2**53):
            self.check(number, number)
        for number in (2**53, -(2**53), 2**64, 10**400, -(10**4000)):
            self.check(number, str(number))

    def test_integers_that_the_interpreter_does_not_print(self) -> None:
        """Beyond that they are a bounded string, and cost no time."""
        for number in (10**5000, -(10**5000), 1 << 5_000_000):
            found = self.sent(number)
            self.assertIsInstance(found, str)
            self.assertLessEqual(size(found), VALUE_BYTES)
        self.assertLess(quickest(lambda: seconds_of(lambda: self.sent(number)), 0.1), 1)

    def test_true_and_false(self) -> None:
        """They are not taken for numbers, nor none for text."""
        self.check(True, True)
        self.check(False, False)
        self.check(None, None)


class TextTests(ValuesTest):
    def test_surrogates(self) -> None:
        """Halves that pair make their character; the others are U+FFFD."""
        self.check("\ud83d\ude00", "😀")
        self.check("a\ud83d", "a\ufffd")
        self.check("\ude00\ud83d", "\ufffd\ufffd")
        self.check("\ud83d\ud83d\ude00\ude00", "\ufffd😀\ufffd")

    def test_surrogates_in_names(self) -> None:
        """So in names, keys, messages and reasons."""
        text, clean = "n\ud800\ud83d\ude00", "n\ufffd😀"
        with self.assertRaises(self.flow.Failed), self.flow.step(text, **{text: 1}) as step:
            step.tag(text, 2).log(text, **{text: 3})
            raise self.flow.Failed(text)
        start, tag, log, end = self.collector.events()
        self.assertEqual((start["name"], start["tags"]), (clean, {clean: 1}))
        self.assertEqual((tag["key"], log["message"], log["fields"]), (clean, clean, {clean: 3}))
        self.assertEqual(end["error"], clean)

    def test_every_character(self) -> None:
        """Each code point of the basic plane arrives as itself, or as U+FFFD."""
        for begin in range(0, 0x10000, 1024):
            text = "".join(map(chr, range(begin, begin + 1024)))
            found = self.sent(text)
            self.assertEqual(found, text if not 0xD800 <= begin < 0xE000 else "\ufffd" * 1024)

    def test_what_is_not_text_where_text_belongs(self) -> None:
        """A name, a key, a message or a level of another type is described."""
        others = [5, None, 1.5, b"b", ["x"], {"k": 1}, hostile.ReprRaises(), hostile.ClassRaises()]
        for other in others + [hostile.RaisesAtAnything(), hostile.Text("t")]:
            with self.flow.step(other) as step:
                step.tag(other, 1).log(other, level=other)
        events = self.collector.events()
        self.assertEqual(len(events), 4 * 10 - 1)  # a key of None is no key
        self.assertEqual([event["name"] for event in of_type(events, "span_start")][0], "5")
        self.assertEqual({log["level"] for log in of_type(events, "span_log")}, {"info"})

    def test_levels(self) -> None:
        """The four levels, and the names that other loggers have for them."""
        known = ["debug", "info", "warn", "error", "warning", "critical", "fatal", "INFO", "x", ""]
        with self.flow.step("step") as step:
            for level in known:
                step.log("said", level)
        found = [log["level"] for log in of_type(self.collector.events(), "span_log")]
        expected = ["debug", "info", "warn", "error", "warn", "error", "error", *["info"] * 3]
        self.assertEqual(found, expected)


class ContainerTests(ValuesTest):
    def test_arrays_and_objects(self) -> None:
        """Lists, tuples and dicts are structures, also those of a class of their own."""
        self.check([1, [2, {"k": None}]], [1, [2, {"k": None}]])
        self.check((1, (2,)), [1, [2]])
        self.check(hostile.Pair(1, "r"), [1, "r"])
        self.check(collections.OrderedDict(a=1), {"a": 1})

    def test_keys(self) -> None:
        """A key that is not a string is sent as its JSON text."""
        given = {1: 0, 1.5: 0, None: 0, False: 0, (1, "a"): 0, 2**53: 0, "": 0}
        keys = ["1", "1.5", "null", "false", '[1,"a"]', str(2**53), ""]
        self.check(given, dict.fromkeys(keys, 0))

    def test_keys_that_are_sent_alike(self) -> None:
        """Of two such the first is kept."""
        self.check({1: "first", "1": "second", "a": 3}, {"1": "first", "a": 3})
        self.check({"true": "first", True: "second"}, {"true": "first"})
        self.check(dict(zip(hostile.LONE_SURROGATES, [1, 2, 3])), {"\ufffd": 1})

    def test_cycles(self) -> None:
        """What lies within itself is [...] or {...} there, and only there."""
        items: list[Any] = [1]
        items.append(items)
        self.assertEqual(self.sent(items), [1, "[...]"])
        members: dict[str, Any] = {}
        members["self"] = members
        self.assertEqual(self.sent(members), {"self": "{...}"})
        shared = ["twice"]
        self.check([shared, shared], [["twice"], ["twice"]])

    def test_depth(self) -> None:
        """A structure of a hundred thousand levels is sent as deep as a line may be."""
        value = hostile.deep()
        found = self.through_every_door(value)
        self.assertEqual(len(found), 6)
        hostile.undo(value)

    def test_many_members(self) -> None:
        """Millions of members cost no more than the first of them."""
        large: list[Any] = [list(range(3_000_000)), dict.fromkeys(range(1_000_000))]
        for value in (*large, set(range(1_000_000))):
            found: list[float] = []
            found.append(quickest(lambda: seconds_of(lambda: self.sent(value)), 0.1))  # noqa: B023
            self.assertLess(found[0], 0.15 + SLACK_SECONDS)

    def test_what_another_thread_changes(self) -> None:
        """A dict, list or set that grows and shrinks meanwhile costs no event."""
        members: dict[str, int] = {}
        items: list[int] = []
        numbers: set[int] = set()
        done = threading.Event()

        def change() -> None:
            number = 0
            while not done.is_set():
                number += 1
                members["k%d" % (number % 999)] = number
                members.pop("k%d" % (number * 7 % 999), None)
                items.append(number)
                numbers.symmetric_difference_update({number % 500})
                if number % 100 == 0:
                    items.clear()

        thread = threading.Thread(target=change)
        thread.start()
        try:
            count = self.count_tags_for(0.3, [members, items, numbers, [members, [numbers]]])
        finally:
            done.set()
            thread.join()
        self.assertEqual(len(of_type(self.collector.events(), "span_tag")), count)

    def test_what_its_own_members_change(self) -> None:
        """A member that changes its container while it is described costs nothing either."""
        members: dict[Any, Any] = {}
        items: list[Any] = []
        numbers: set[Any] = set()

        class Changes:
            def __repr__(self) -> str:
                members[len(members)] = 1
                items.append(1)
                numbers.add(len(numbers))
                return "<changes>"

        members["first"] = Changes()
        items.append(Changes())
        numbers.add(Changes())
        self.assertEqual(self.sent(members), {"first": "<changes>"})
        self.assertEqual(self.sent(items), ["<changes>", 1])
        self.assertEqual(len(numbers), 3)
        self.assertIn("<changes>", self.sent(numbers))

    def count_tags_for(self, seconds: float, values: list[Any]) -> int:
        deadline, count = time.monotonic() + seconds, 0
        with self.flow.step("step") as step:
            while time.monotonic() < deadline:
                for value in values:
                    step.tag("key", value)
                    count += 1
        return count


class OtherTests(ValuesTest):
    def test_readable(self) -> None:
        """Whatever else JSON cannot hold is sent as a readable string."""
        self.check(b"ab\xff", repr(b"ab\xff"))
        self.check(bytearray(b"ab"), repr(bytearray(b"ab")))
        self.check({5}, "set({5})")
        self.check(hostile.Point(1, "two"), "Point(x=1, y='two')")
        self.check(decimal.Decimal("1.10"), "Decimal('1.10')")
        self.check(hostile.Colour.RED, "<Colour.RED: 1>")
        self.check(hostile.Number.ONE, 1)
        self.check(hostile.ReprHasSurrogates(), "<\ufffd😀>")

    def test_objects_that_cannot_describe_themselves(self) -> None:
        """They are named by their type."""
        for kind in (hostile.ReprRaises, hostile.ReprRecurses, hostile.ReprGivesNoString):
            self.check(kind(), "<%s that cannot describe itself>" % kind.__name__)
        for other in (hostile.RaisesAtAnything, hostile.OfHostileClass, hostile.ClassRaises):
            for found in self.through_every_door(other()):
                self.assertIn(type.__dict__["__name__"].__get__(other), found)

    def test_subclasses_that_lie(self) -> None:
        """What a value's own methods say of it is not asked."""
        self.check(hostile.Text("text"), "text")
        self.check(hostile.Integer(5), 5)
        self.check(hostile.Integer(2**70), str(2**70))
        self.check(hostile.Real(1.5), 1.5)
        self.check(hostile.Real("nan"), "NaN")
        self.check(hostile.Dict(a=1), {"a": 1})
        self.check(hostile.List([1]), [1])
        self.check(hostile.Tuple([1]), [1])

    def test_classes_that_lie(self) -> None:
        """Nor is what it says of its class."""
        for claimed in (str, int, float, dict, list, bytes, set):
            self.check(hostile._liar(claimed), "<liar>")

    def test_a_description_of_50_megabytes(self) -> None:
        """It is cut; so are 50 MB of text, bytes, or a key, at no cost."""
        self.assertEqual(self.sent(hostile.ReprIsHuge()), "<" + "x" * (VALUE_BYTES - 1))
        huge: list[Any] = ["é" * 50_000_000, b"b" * 50_000_000, "\ud800" * 50_000_000]
        for value in (*huge, [huge[0]], {huge[0]: 1}):
            found = quickest(lambda: seconds_of(lambda: self.sent(value)), 0.02)  # noqa: B023
            self.assertLess(found, 0.05 + SLACK_SECONDS)

    def test_a_description_that_traces(self) -> None:
        """An object may emit events while it is described, even of itself."""
        flow = self.flow

        class Traced:
            def __repr__(self) -> str:
                with flow.span("describing") as span:
                    span.tag("number", 1)
                return "<traced>"

        class Endless:
            def __repr__(self) -> str:
                flow.current_span.tag("again", self)
                return "<endless>"

        self.assertEqual(self.sent(Traced()), "<traced>")
        with flow.span("endless") as span:
            span.tag("key", Endless())  # with no frame left an event may be lost
        with flow.step("after") as step:
            step.tag("key", 1)
        self.assertEqual(self.collector.events(lossy=True)[-2]["value"], 1)

    def test_every_value_everywhere(self) -> None:
        """Each hostile value by itself, in a list, as a member and as a key: no event lost."""
        for value in hostile.walk():
            self.through_every_door(value)

    def test_generated_values(self) -> None:
        """So for any mixture of them."""
        chance = random.Random(20_260_102)
        for _ in range(soak(200, 10_000)):
            found = self.through_every_door(hostile.value(chance))
            self.assertEqual(len(found), 6)

    def test_a_value_is_taken_when_it_is_given(self) -> None:
        """A later change of it is not seen."""
        items = ["before"]
        with self.flow.step("step") as step:
            step.tag("key", items).result(items)
            items[0] = "after"
        events = self.collector.events()
        self.assertEqual((events[1]["value"], events[2]["result"]), (["before"], ["before"]))

    def test_a_value_is_not_kept(self) -> None:
        """An ended span keeps nothing of what it was given alive."""

        class Thing:
            alive = 0

            def __init__(self) -> None:
                Thing.alive += 1

            def __del__(self) -> None:
                Thing.alive -= 1

        with self.flow.step("step") as step:
            step.tag("key", Thing()).log("said", key=Thing()).result(Thing())
        gc.collect()
        self.assertEqual(Thing.alive, 0)


class StackTests(ValuesTest):
    def test_near_the_recursion_limit(self) -> None:
        """With few frames left events may be lost, but the SDK goes on as before."""
        for room in range(1, 60):
            # In a context of its own: a with statement may have no frame for its exit.
            contextvars.copy_context().run(self.at_the_limit, room)
            with self.flow.step("after %d" % room) as step:
                step.tag("key", [room])
        events = self.collector.events(lossy=True)
        for room in range(1, 60):
            name = "after %d" % room
            self.assertEqual(ends(events)[name]["status"], "ok")
            self.assertIsNone(starts(events)[name]["parent_span_id"])

    def at_the_limit(self, room: int) -> None:
        def call() -> None:
            with self.flow.step("deep %d" % room) as step:
                step.tag("key", [1, {"a": 2}]).log("said", key=[2])

        try:
            hostile.near_the_stack(call, room)
        except RecursionError:
            pass  # the user's own call had no frame left
