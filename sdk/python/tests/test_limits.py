"""Truncation: at each limit, one byte less and one more, for characters of every width."""

from __future__ import annotations

import functools
import random
from collections.abc import Iterator
from typing import Any, Callable

from model import Built, expected
from strict import (
    DEPTH,
    ERROR_BYTES,
    LINE_BYTES,
    MEASURED_BYTES,
    MEMBERS,
    NAME_BYTES,
    VALUE_BYTES,
    compact,
    read_line,
    size,
)
from support import SdkTest, soak

# One to four bytes; then what JSON escapes, shortly and at length; then what it need not.
CHARACTERS = ["a", "é", "€", "😀", '"', "\\", "\n", "\x00", "\x1f", "\x7f", "\u2028", "/"]


def filled(character: str, length: int) -> list[str]:
    """Texts of exactly this many bytes, with the character at either end."""
    count, rest = divmod(length, size(character))
    return [character * count + "a" * rest, "a" * rest + character * count]


def around(limit: int) -> Iterator[str]:
    for character in CHARACTERS:
        for length in (limit - 1, limit, limit + 1):
            yield from filled(character, length)
        # The character that goes over the limit begins before it.
        for missing in range(1, size(character)):
            yield "a" * (limit - missing) + character * 2


def nested(kind: Any, levels: int) -> Any:
    value: Any = kind()
    for _ in range(levels - 1):
        value = [value] if kind is list else {"in": value}
    return value


class LimitsTest(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.sdk = self.load_sdk()
        self.span = self.sdk.flow.step("outer").__enter__()

    def line(self, index: int = -1) -> bytes:
        """A line counted from the end, without its LF."""
        (connection,) = self.collector.connections
        return bytes(connection.data[-4 * LINE_BYTES :]).split(b"\n")[index - 1]

    def check(self, build: Callable[[Built], Built], index: int = -1) -> None:
        line = self.line(index)
        self.assertEqual(read_line(line), expected(line, build))

    def check_log(self, message: str, fields: dict[str, Any]) -> None:
        self.span.log(message, **fields)

        def build(built: Built) -> Built:
            built.value("message", message)
            built.fields["level"] = "info"
            return built.members("fields", fields) if fields else built

        self.check(build)

    def check_tag(self, key: str, value: Any) -> None:
        self.span.tag(key, value)
        self.check(lambda built: built.name("key", key).value("value", value))

    def check_step(self, name: str, tags: dict[str, Any]) -> None:
        with self.sdk.flow.step(name, **tags):
            pass

        def build(built: Built) -> Built:
            built.fields.update({"parent_span_id": self.span.span_id, "kind": "step"})
            built.name("name", name)
            return built.members("tags", tags) if tags else built

        self.check(build, -2)

    def check_end(self, error: str, result: Any) -> None:
        with self.assertRaises(self.sdk.flow.Failed), self.sdk.flow.step("fails") as step:
            step.result(result)
            raise self.sdk.flow.Failed(error)

        def build(built: Built) -> Built:
            built.fields.update({"status": "failed", "error_type": "Failed"})
            return built.error(error).value("result", result)

        self.check(build)

    def check_call(self, *args: Any) -> None:
        """The arguments of an instrumented client's call, and what it gives."""

        class Client:
            def call(self, *given: Any) -> Any:
                return given[0]

        self.sdk.instrument(Client()).call(*args)
        common = {"parent_span_id": self.span.span_id, "kind": "rpc", "name": "rpc:Client.call"}

        def build(built: Built) -> Built:
            built.fields.update(common)
            return built.value("params", {"args": list(args)})

        self.check(build, -2)

        def build_end(built: Built) -> Built:
            built.fields["status"] = "ok"
            return built.value("result", args[0])

        self.check(build_end)


class ValueLimitTests(LimitsTest):
    def test_messages_and_fields(self) -> None:
        """A message and a field are cut at VALUE_BYTES, on a code point."""
        for text in around(VALUE_BYTES):
            self.check_log(text, {})
            self.check_log("short", {"field": text})

    def test_tags(self) -> None:
        """A tag is, on an open span and at the start."""
        for text in around(VALUE_BYTES):
            self.check_tag("key", text)
            self.check_step("inner", {"tag": text})

    def test_results_and_params(self) -> None:
        """A result is; params are a structure, whose text is cut."""
        for text in around(VALUE_BYTES):
            self.check_call(text)
        for text in around(VALUE_BYTES - size(compact({"args": [""]}))):
            self.check_call(text)

    def test_quick_texts(self) -> None:
        """Texts far below the limits, of every width, alone and among others."""
        for character in CHARACTERS:
            for length in (0, 1, 60, 63, 64, 65, 1000, 1023, 1024, 1025, 2048):
                text = character * length
                self.check_tag("key", text)
                self.check_step("inner", {"tag": text, "other": 1})

    def test_structures(self) -> None:
        """An array or object over VALUE_BYTES of compact text becomes that text, cut."""
        for character in CHARACTERS:
            for length in (VALUE_BYTES - 1, VALUE_BYTES, VALUE_BYTES + 1, 3 * VALUE_BYTES):
                item = character * ((length - 4) // (size(compact(character)) - 2))
                array = [item + "a" * (length - size(compact([item])))]
                self.assertEqual(size(compact(array)), length)
                self.check_tag("key", array)
                self.check_log("short", {"field": array})
                self.check_call({"k": array[0][:-4]}, 1, None, True, 1.5)

    def test_structures_of_many(self) -> None:
        """So is one that is large by its number of members."""
        for count in (1, 500, 1000, 2000, 20_000, 200_000):
            self.check_tag("key", list(range(count)))
            self.check_tag("key", {"k%d" % number: number for number in range(count)})

    def test_scalars_are_never_cut(self) -> None:
        """Numbers, true, false and null stay what they are, also in a line that shrinks."""
        values = [0, -1, 2**53 - 1, 1 - 2**53, 1.5, 1e-300, -1e300, True, False, None]
        for value in values:
            self.check_tag("key", value)
        mixed = {"k%d" % number: value for number, value in enumerate(values)}
        self.check_log("x" * VALUE_BYTES, {**mixed, **{"l%d" % n: "y" * 4096 for n in range(54)}})


class MeasureTests(LimitsTest):
    def test_sizes_are_measured_as_far_as_measured_bytes(self) -> None:
        """A size of MEASURED_BYTES means that or more."""
        for length in (MEASURED_BYTES - 1, MEASURED_BYTES, MEASURED_BYTES + 1, 10 * MEASURED_BYTES):
            for character in CHARACTERS[:4]:
                (text, other) = filled(character, length)
                self.check_log(text, {"field": other})
                self.assertEqual(
                    read_line(self.line())["truncated"]["message"], min(length, MEASURED_BYTES)
                )
                self.check_tag("key", [text[: length - 4]])
                self.check_end(text, other)

    def test_a_huge_value_costs_no_more_than_a_large_one(self) -> None:
        """64 MiB of text, bytes or numbers are not encoded to keep 4 KiB of them."""
        text = "é" * (1 << 25)
        self.check_tag("key", text)
        self.check_log(text, {"field": [text]})


class NameLimitTests(LimitsTest):
    def test_names_and_keys(self) -> None:
        """Names and keys are cut at NAME_BYTES; a member is announced with its key as sent."""
        for text in around(NAME_BYTES):
            self.check_step(text, {})
            self.check_tag(text, 1)
            self.check_log("short", {text: 1})
            self.check_step("inner", {text: "value", "other": 1})

    def test_an_empty_name_is_unnamed(self) -> None:
        """An empty name is sent as unnamed, wherever a name stands."""
        with self.sdk.flow.span("", **{"": 1}) as span:
            span.tag("", 2).log("said", **{"": 3})
        start, tag, log = (read_line(self.line(index)) for index in (-4, -3, -2))
        self.assertEqual((start["name"], start["tags"]), ("unnamed", {"unnamed": 1}))
        self.assertEqual((tag["key"], log["fields"]), ("unnamed", {"unnamed": 3}))

    def test_error_types(self) -> None:
        """So is the name of an exception's type."""
        for length in (NAME_BYTES - 1, NAME_BYTES, NAME_BYTES + 1):
            name = "E" * length
            error = type(name, (self.sdk.flow.Failed,), {})("reason")
            with self.assertRaises(type(error)), self.sdk.flow.step("fails"):
                raise error
            self.check(functools.partial(self.failed_with, name))

    def failed_with(self, name: str, built: Built) -> Built:
        built.fields.update({"status": "failed", "error": "reason"})
        return built.name("error_type", name)

    def test_keys_that_are_cut_alike(self) -> None:
        """Of two keys that are sent alike the first is kept."""
        first, second = "k" * NAME_BYTES + "1", "k" * NAME_BYTES + "2"
        self.span.log("said", **{first: 1, second: 2, "other": 3})
        fields = read_line(self.line())["fields"]
        self.assertEqual(fields, {"k" * NAME_BYTES: 1, "other": 3})


class ErrorLimitTests(LimitsTest):
    def test_errors_are_cut_in_the_middle(self) -> None:
        """An error over ERROR_BYTES keeps its head and its tail on code points."""
        for text in around(ERROR_BYTES):
            self.check_end(text, None)

    def test_code_points_at_the_seams(self) -> None:
        """Wherever the seams fall within characters, none is broken."""
        for shift in range(12):
            for character in ("é", "€", "😀"):
                text = "a" * shift + character * 6000 + "b" * (shift * 5 % 7)
                self.check_end(text, None)

    def test_a_long_traceback_keeps_its_last_line(self) -> None:
        """The exception stays readable when its traceback is long."""
        with self.assertRaises(ValueError), self.sdk.flow.step("fails"):
            raise ValueError("€" * 9000 + " the end")
        event = read_line(self.line())
        self.assertTrue(event["error"].startswith("Traceback (most recent call last):\n"))
        self.assertTrue(event["error"].endswith("€ the end\n"))
        self.assertLessEqual(size(event["error"]), ERROR_BYTES)
        self.assertGreater(event["truncated"]["error"], 27_000)


class MembersLimitTests(LimitsTest):
    def test_members(self) -> None:
        """Of tags and fields over MEMBERS the first are kept, and their number is told."""
        for count in (0, 1, MEMBERS - 1, MEMBERS, MEMBERS + 1, 1000):
            members = {"key %d" % number: number for number in range(count)}
            self.check_log("short", members)
            self.check_step("inner", members)
            self.check_step("inner", {**members, "late": "x" * (VALUE_BYTES + 1)})


class DepthLimitTests(LimitsTest):
    def sent_tag(self, value: Any) -> Any:
        self.span.tag("key", value)
        return read_line(self.line())["value"]

    def test_depth(self) -> None:
        """What would lie deeper than DEPTH in its line is [...] or {...}; a tag lies at 2."""
        for kind, stand_in in ((list, "[...]"), (dict, "{...}")):
            fits = nested(kind, DEPTH - 1)
            self.assertEqual(self.sent_tag(fits), fits)
            for more in (1, 2, 30):
                text = compact(self.sent_tag(nested(kind, DEPTH - 1 + more)))
                self.assertEqual(text.count(compact(stand_in)), 1)
                self.assertEqual(text.count(text[0]) - (stand_in[0] == text[0]), DEPTH - 1)

    def test_members_lie_deeper(self) -> None:
        """A member of tags or fields lies at 3."""
        fits, deep = nested(list, DEPTH - 2), nested(list, DEPTH - 1)
        self.span.log("said", fits=fits, deep=deep)
        fields = read_line(self.line())["fields"]
        self.assertEqual(fields["fits"], fits)
        self.assertIn("[...]", compact(fields["deep"]))
        with self.sdk.flow.span("inner", fits=fits, deep=deep):
            pass
        self.assertEqual(read_line(self.line(-2))["tags"], fields)

    def test_results_lie_like_tags(self) -> None:
        """A result lies at 2."""
        fits, deep = nested(dict, DEPTH - 1), nested(dict, DEPTH)
        for value, same in ((fits, True), (deep, False)):
            with self.sdk.flow.span("inner") as span:
                span.result(value)
            self.assertEqual(read_line(self.line())["result"] == value, same)


class LineLimitTests(LimitsTest):
    def test_a_line_of_exactly_line_bytes_is_not_shrunk(self) -> None:
        """One byte more, and the largest values are halved."""
        for character in CHARACTERS:
            escaped = size(compact(character)) - 2
            large = {"k%d" % number: character * (2600 // escaped) for number in range(12)}
            for length in (LINE_BYTES - 1, LINE_BYTES, LINE_BYTES + 1):
                self.check_log("probe", {**large, "last": ""})
                self.check_log("probe", {**large, "last": "a" * self.room(length)})
                found = len(self.line()) + 1
                if length > LINE_BYTES:
                    self.assertIn("truncated", read_line(self.line()))
                else:
                    self.assertEqual(found, length)

    def room(self, length: int) -> int:
        """What the next line can hold beyond the last to be of this length."""
        seq = read_line(self.line())["seq"]
        room = length - len(self.line()) - 1 - (len(str(seq + 1)) - len(str(seq)))
        self.assertLessEqual(room, VALUE_BYTES)
        return int(room)

    def test_the_largest_values_go_first(self) -> None:
        """Values are halved until all fit; small ones stay whole."""
        for count in (7, 8, 9, 15, 16, 17, 32, 60):
            fields = {"k%d" % number: "x" * VALUE_BYTES for number in range(count)}
            self.check_log("said", {**fields, "small": "kept", "number": 5})
            self.assertEqual(read_line(self.line())["fields"]["small"], "kept")
            self.check_step("inner", fields)

    def test_the_worst(self) -> None:
        """The largest of everything in the longest escapes still makes a line."""
        for character in ("\x01", '"', "😀", "a"):
            keys = [character * (62 if character == "😀" else 250) + "%02d" % n for n in range(64)]
            self.span.log(character * 70_000, **{key: character * 70_000 for key in keys})
            event = read_line(self.line())
            self.assertEqual(event["truncated"]["message"], MEASURED_BYTES)
            with self.sdk.flow.step(character * 70_000, **{key: [key] * 2000 for key in keys}):
                pass
            event = read_line(self.line(-2))
            self.assertEqual(event["truncated"]["name"], MEASURED_BYTES)

    def test_error_and_result(self) -> None:
        """An error shrinks with the other values, and keeps head and tail."""
        for character in ("a", '"', "\x01", "€"):
            for length in (4096, 9000, 16_384, 20_000, 70_000):
                self.check_end("begin" + character * length + "end", character * length)

    def test_random_events_are_as_the_model_has_them(self) -> None:
        """Any texts, in any number: what is sent is what the contract's text says."""
        chance = random.Random(20_260_101)
        lengths = [0, 1, 10, 200, 2000, 4096, 5000, 17_000]

        def text() -> str:
            return "".join(chance.choices(CHARACTERS, k=3)) * chance.choice(lengths)

        for _ in range(soak(60, 5000)):
            members: dict[str, Any] = {
                "k%d" % number: chance.choice([text(), [text(), {"in": text()}], number])
                for number in range(chance.choice([0, 1, 3, 10, 70]))
            }
            self.check_log(text(), members)
            self.check_step(text()[:5000] or "x", members)
            self.check_end(text(), text())
