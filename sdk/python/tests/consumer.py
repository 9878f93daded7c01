"""A consumer of the wire contract, written from its clauses alone.

It shares nothing with the SDK, nor with the parser in Rust: the vectors of the conformance
suite hold the two to the same. Its adapter is parser_adapter.py.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, NamedTuple

Json = dict[str, Any]

LINE_BYTES = 32_768
DEPTH = 32
INTEGER_MAX = 9_007_199_254_740_991


class Rejected(Exception):
    """A bad line; its text is the clause that the line breaks."""


class Ignored(Exception):
    """A line whose type the contract does not name; its text is the type."""


# One line: bytes, JSON.


def _too_deep(text: str) -> bool:
    """Looked at before anything else reads the text, for a parser may recurse."""
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', text, re.DOTALL):
        if token.group() in ("[", "{"):
            depth += 1
            if depth > DEPTH:
                return True
        elif token.group() in ("]", "}"):
            depth -= 1
    return False


def _object(pairs: list[tuple[str, Any]]) -> Json:
    if len({key for key, _ in pairs}) < len(pairs):
        raise Rejected("transport.i-json")
    return dict(pairs)


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise Rejected("transport.i-json")
    return value


def _integer(text: str) -> int | float:
    value = _number(text)
    return int(text) if abs(value) <= INTEGER_MAX else value


def _constant(text: str) -> Any:
    raise Rejected("transport.i-json")


def _check_strings(value: Any) -> None:
    """No lone surrogate, in whatever lies in the value."""
    if isinstance(value, str):
        if re.search("[\ud800-\udfff]", value):
            raise Rejected("transport.i-json")
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_strings(key)
            _check_strings(item)
    elif isinstance(value, list):
        for item in value:
            _check_strings(item)


def read_json(line: bytes) -> Json:
    """The object on a line, which stands there without its LF."""
    if len(line) + 1 > LINE_BYTES:
        raise Rejected("limit.line")
    try:
        text = line.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Rejected("transport.utf8") from None
    if text.startswith("\ufeff"):
        raise Rejected("transport.utf8")
    text = text.strip(" \t\r")
    if not text.startswith("{"):
        raise Rejected("transport.line")
    if _too_deep(text):
        raise Rejected("limit.depth")
    try:
        value, end = _DECODER.raw_decode(text)
    except ValueError:
        raise Rejected("transport.i-json") from None
    if end < len(text):
        raise Rejected("transport.line")
    _check_strings(value)
    return value  # type: ignore[no-any-return]


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_number,
    parse_int=_integer,
    parse_constant=_constant,
)


# Values of the contract's types. Each reads a value or rejects it.


def _id(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{16}", value) or value == "0" * 16:
        raise Rejected("type.id")
    return value


def _id_or_null(value: Any) -> str | None:
    return None if value is None else _id(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _time(value: Any) -> float:
    if not _is_number(value):
        raise Rejected("type.time")
    return value + 0  # type: ignore[no-any-return]


def _count(value: Any) -> int:
    if not _is_number(value) or value != int(value) or not 0 <= value <= INTEGER_MAX:
        raise Rejected("type.count")
    return int(value)


def _text_of(clause: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Rejected(clause)
        return value

    return read


def _word_of(clause: str, known: tuple[str, ...], other: str) -> Callable[[Any], str]:
    text = _text_of(clause)
    return lambda value: value if text(value) in known else other


def _status(value: Any) -> str:
    if value not in ("ok", "failed", "cancelled"):
        raise Rejected("type.status")
    return value  # type: ignore[no-any-return]


def _object_of(clause: str) -> Callable[[Any], Json]:
    def read(value: Any) -> Json:
        if not isinstance(value, dict):
            raise Rejected(clause)
        return value

    return read


def _sizes(value: Any) -> Json:
    return {key: _count(size) for key, size in _object_of("type.sizes")(value).items()}


def _json(value: Any) -> Any:
    return value


def _producer(value: Any) -> Json:
    fields = _object_of("type.producer")(value)
    if "id" not in fields:
        raise Rejected("type.producer")
    return {key: read(fields[key]) for key, read in _PRODUCER.items() if key in fields}


_Fields = dict[str, Callable[[Any], Any]]

_name = _text_of("type.name")
_kind = _word_of("type.kind", ("flow", "step", "span", "rpc"), "span")
_level = _word_of("type.level", ("debug", "info", "warn", "error"), "info")
_members = _object_of("type.members")

_PRODUCER: _Fields = {
    "id": _id,
    "sdk": _name,
    "version": _name,
    "protocol": _count,
    "pid": _count,
}


class _Event(NamedTuple):
    required: _Fields
    optional: _Fields
    #: What a field that is absent is read as.
    absent: Json


_ANY = _Event(
    {"span_id": _id, "ts_ms": _time},
    {"seq": _count, "producer": _producer, "truncated": _sizes},
    {},
)
_EVENTS = {
    "span_start": _Event(
        {"name": _name},
        {"parent_span_id": _id_or_null, "kind": _kind, "tags": _members, "params": _json},
        {"parent_span_id": None, "kind": "span"},
    ),
    "span_tag": _Event({"key": _name, "value": _json}, {}, {}),
    "span_log": _Event(
        {"message": _text_of("type.text")},
        {"level": _level, "fields": _members},
        {"level": "info"},
    ),
    "span_end": _Event(
        {"status": _status},
        {"error": _text_of("type.error"), "error_type": _name, "result": _json},
        {},
    ),
}
#: Fields that say nothing when they are empty.
_LISTS = ("tags", "fields", "truncated")


def _fields(clause: str, event: _Event, line: Json) -> Json:
    found = dict(event.absent)
    for name, read in event.required.items():
        if name not in line:
            raise Rejected(clause)
        found[name] = read(line[name])
    for name, read in event.optional.items():
        if name in line:
            found[name] = read(line[name])
    return found


def read_line(line: bytes) -> Json:
    """The event on a line, in the normal form."""
    fields = read_json(line)
    if "type" not in fields:
        raise Rejected("event.any")
    kind = _name(fields["type"])
    if kind not in _EVENTS:
        raise Ignored(kind)
    event = {"type": kind, **_fields("event.any", _ANY, fields)}
    event.update(_fields("event." + kind, _EVENTS[kind], fields))
    return {key: value for key, value in event.items() if value != {} or key not in _LISTS}


# One connection: lines, losses, rules.


class Splitter:
    """Cuts bytes into lines, and keeps no more than one line may have."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._dropped = 0

    def push(self, data: bytes) -> list[bytes | None]:
        """The lines that are complete now; None stands for one that is too long."""
        *ends, rest = data.split(b"\n")
        lines = [self._complete(end) for end in ends]
        self._hold(rest)
        return lines

    def is_torn(self) -> bool:
        return bool(self._held) or self._dropped > 0

    def _complete(self, end: bytes) -> bytes | None:
        self._hold(end)
        line = None if self._dropped else bytes(self._held)
        self._held.clear()
        self._dropped = 0
        return line

    def _hold(self, data: bytes) -> None:
        if self._dropped or len(self._held) + len(data) >= LINE_BYTES:
            self._dropped += len(self._held) + len(data)
            self._held.clear()
        else:
            self._held += data


class _Losses:
    """Numbers of seq that no line had."""

    def __init__(self) -> None:
        self.lost = 0
        self._last = -1
        self._unnumbered = 0

    def skip(self) -> None:
        """A line came whose number cannot be read: it has one of those that are missing."""
        self._unnumbered += 1

    def rises(self, seq: int | None) -> bool:
        if seq is None:
            self.skip()
            return True
        last, self._last = self._last, seq
        missing = max(0, seq - last - 1 - self._unnumbered)
        self._unnumbered = 0
        if seq <= last:
            return False
        self.lost += missing
        return True


class _Rules:
    """The stream rules of one connection."""

    def __init__(self) -> None:
        self.open: dict[str, None] = {}
        self.losses = _Losses()
        self._was_rejected = False
        self._was_heard = False
        self._introduced = False
        self._times: dict[str, float] = {}
        self._parents: set[str] = set()

    def reject(self) -> None:
        self._was_rejected = True
        self.losses.skip()

    def ignore(self) -> None:
        """A line of unknown type may have been the one with the producer."""
        self._was_heard = True
        self.losses.skip()

    def observe(self, event: Json) -> list[str]:
        """The rules that the event breaks, but for those that a loss may explain."""
        broken = [] if self.losses.rises(event.get("seq")) else ["rule.seq-rises"]
        is_excused = self._was_rejected or self.losses.lost > 0
        broken += self._introduce("producer" in event, is_excused)
        if event["type"] == "span_start":
            broken += self._start(event)
        else:
            broken += self._go_on(event, is_excused)
        self._times[event["span_id"]] = event["ts_ms"]
        return broken

    def _introduce(self, has_producer: bool, is_excused: bool) -> list[str]:
        is_missing = not has_producer and not self._was_heard and not is_excused
        is_surplus = has_producer and self._introduced
        self._was_heard = True
        self._introduced = self._introduced or has_producer
        return ["rule.producer-first"] if is_missing or is_surplus else []

    def _start(self, event: Json) -> list[str]:
        span, parent = event["span_id"], event["parent_span_id"]
        broken = ["rule.start-once"] if span in self._times else []
        if span in self._parents or span == parent:
            broken.append("rule.parent-started")
        if parent is not None and parent not in self._times:
            self._parents.add(parent)
        self.open[span] = None
        return broken

    def _go_on(self, event: Json, is_excused: bool) -> list[str]:
        span, is_end = event["span_id"], event["type"] == "span_end"
        if span not in self._times:
            if not is_end:
                self.open[span] = None
            return [] if is_excused else ["rule.start-first"]
        broken = ["rule.time-order"] if event["ts_ms"] < self._times[span] else []
        if span not in self.open:
            broken.append("rule.end-once" if is_end else "rule.end-last")
        elif is_end:
            del self.open[span]
        return broken


class Connection:
    """One connection, read as its bytes come."""

    def __init__(self) -> None:
        self.events: list[Json] = []
        self._lines: list[Json] = []
        self._findings: list[Json] = []
        self._rules = _Rules()
        self._splitter = Splitter()

    def push(self, data: bytes) -> None:
        for line in self._splitter.push(data):
            self._lines.append(self._take(line))

    def reading(self) -> Json:
        """What came of it, once it has ended."""
        return {
            "lines": self._lines,
            "torn": self._splitter.is_torn(),
            "lost": self._rules.losses.lost,
            "open": list(self._rules.open),
            "findings": self._findings,
        }

    def _take(self, line: bytes | None) -> Json:
        reading, event = reading_of(line)
        if event is not None:
            at = len(self._lines) + 1
            rules = self._rules.observe(event)
            self._findings += [{"line": at, "clause": rule} for rule in rules]
            self.events.append(event)
        elif reading["verdict"] == "ignore":
            self._rules.ignore()
        else:
            self._rules.reject()
        return reading


def reading_of(line: bytes | None) -> tuple[Json, Json | None]:
    """What a consumer says of a line, and the event if it is one."""
    try:
        if line is None:
            raise Rejected("limit.line")
        event = read_line(line)
    except Rejected as clause:
        return {"verdict": "reject", "clause": str(clause)}, None
    except Ignored as kind:
        return {"verdict": "ignore", "type": str(kind)}, None
    return {"verdict": "accept", "event": event}, event


# Several connections: runs.


def grow(connections: list[list[Json]]) -> list[Json]:
    """For each run its roots, and below each span its children."""
    home = {e["span_id"]: at for at, events in enumerate(connections) for e in events}
    run = list(range(len(connections)))
    below: dict[str, Json] = {span: {} for span in home}
    roots: list[Json] = [{} for _ in connections]
    for at, events in enumerate(connections):
        for start in (event for event in events if event["type"] == "span_start"):
            parent = start["parent_span_id"]
            if parent in home:
                run = [run[home[parent]] if it == run[at] else it for it in run]
                below[parent][start["span_id"]] = below[start["span_id"]]
            else:
                roots[at][start["span_id"]] = below[start["span_id"]]
    trees: dict[int, Json] = {}
    for at, events in enumerate(connections):
        if events:
            trees.setdefault(run[at], {}).update(roots[at])
    return list(trees.values())
