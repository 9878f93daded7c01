"""The contract's closed reading, written again by hand: what an SDK may send.

It shares nothing with the SDK, so that a limit or a name changed there shows here.
"""

from __future__ import annotations

import json
import re
from typing import Any, Callable, NoReturn

Event = dict[str, Any]

LINE_BYTES = 32_768
VALUE_BYTES = 4_096
ERROR_BYTES = 16_384
ERROR_HEAD_BYTES = 4_096
NAME_BYTES = 256
MEMBERS = 64
DEPTH = 32
MEASURED_BYTES = 65_536
INTEGER_MAX = 9_007_199_254_740_991

_ID = re.compile("(?!0{16})[0-9a-f]{16}")
_TIME = re.compile(rb'"ts_ms":\d+(\.\d{1,3})?[,}]')


class Broken(AssertionError):
    """A line or a stream that the contract forbids."""


def _fail(clause: str, found: object) -> NoReturn:
    raise Broken("%s: found %.600r" % (clause, found))


def _expect(condition: object, clause: str, found: object) -> None:
    if not condition:
        _fail(clause, found)


def size(text: str) -> int:
    return len(text.encode())


def compact(value: object) -> str:
    """The compact JSON text of clause value.structured."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def measure(text: str) -> int:
    return min(size(text), MEASURED_BYTES)


# One line.


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _expect(len(dict(pairs)) == len(pairs), "transport.i-json: a key stands twice", pairs)
    return dict(pairs)


def _no_constant(text: str) -> NoReturn:
    _fail("transport.i-json: no NaN or Infinity", text)


def _check_i_json(value: Any, depth: int) -> None:
    """Strings are whole, integers exact, floats finite, and nothing lies too deep."""
    if isinstance(value, str):
        _expect(not re.search("[\ud800-\udfff]", value), "transport.i-json: surrogate", value)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int):
        _expect(abs(value) <= INTEGER_MAX, "value.numbers", value)
    elif isinstance(value, float):
        _expect(abs(value) < float("inf"), "transport.i-json: beyond a double", value)
    else:
        _expect(depth <= DEPTH, "limit.depth", value)
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            _check_i_json(key, depth)
            _check_i_json(item, depth + 1)


def read_json(line: bytes) -> Any:
    """Read one line's JSON the way RFC 7493 has it."""
    try:
        text = line.decode("utf-8", "strict")
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        _fail("transport.i-json: " + str(error), line)
    _check_i_json(value, 1)
    return value


# The fields of an event.


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def _is_parent(value: Any) -> bool:
    return value is None or _is_id(value)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= INTEGER_MAX


def _is_time(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 9007199254740.991


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and 1 <= size(value) <= NAME_BYTES


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and size(value) <= VALUE_BYTES


def _is_error(value: Any) -> bool:
    return isinstance(value, str) and size(value) <= ERROR_BYTES


def _is_json(value: Any) -> bool:
    return size(value if isinstance(value, str) else compact(value)) <= VALUE_BYTES


def _is_members(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= MEMBERS
        and all(_is_name(key) and _is_json(item) for key, item in value.items())
    )


def _is_sizes(value: Any) -> bool:
    return isinstance(value, dict) and bool(value) and all(map(_is_count, value.values()))


def _one_of(*names: str) -> Callable[[Any], bool]:
    return lambda value: value in names


def _is_producer(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and list(value) == ["id", "sdk", "version", "protocol", "pid"]
        and _is_id(value["id"])
        and value["sdk"] == "python"
        and _is_name(value["version"])
        and value["protocol"] == 1
        and _is_count(value["pid"])
    )


_Fields = dict[str, Callable[[Any], bool]]

_REQUIRED_EVERYWHERE: _Fields = {
    "type": _is_name,
    "span_id": _is_id,
    "ts_ms": _is_time,
    "seq": _is_count,
}
_OPTIONAL_EVERYWHERE: _Fields = {"producer": _is_producer, "truncated": _is_sizes}
_REQUIRED: dict[str, _Fields] = {
    "span_start": {
        "parent_span_id": _is_parent,
        "name": _is_name,
        "kind": _one_of("flow", "step", "span", "rpc"),
    },
    "span_tag": {"key": _is_name, "value": _is_json},
    "span_log": {"message": _is_text},
    "span_end": {"status": _one_of("ok", "failed", "cancelled")},
}
_OPTIONAL: dict[str, _Fields] = {
    "span_start": {"tags": _is_members, "params": _is_json},
    "span_tag": {},
    "span_log": {"level": _one_of("debug", "info", "warn", "error"), "fields": _is_members},
    "span_end": {"error": _is_error, "error_type": _is_name, "result": _is_json},
}


def _check_fields(event: Event) -> None:
    kind = event.get("type", "")
    _expect(kind in _REQUIRED, "event.any: the four types", event)
    required = {**_REQUIRED_EVERYWHERE, **_REQUIRED[kind]}
    known = {**required, **_OPTIONAL_EVERYWHERE, **_OPTIONAL[kind]}
    for field in required:
        _expect(field in event, "event.%s: no %s" % (kind, field), event)
    for field, value in event.items():
        _expect(field in known, "event.any: unknown field " + field, event)
        _expect(known[field](value), "event.%s: bad %s" % (kind, field), event)
    if event.get("status") == "failed":
        _expect("error" in event, "event.span_end: failed without error", event)


def _check_truncated(event: Event) -> None:
    """Each entry of truncated names a field of this event, and a size over its limit."""
    for path, before in event.get("truncated", {}).items():
        field, dot, key = path.partition(".")
        _expect(field in event, "value.announced: a field that is not there", event)
        if dot:
            _expect(key in event[field], "value.announced: a member that is not there", event)
        elif field in ("tags", "fields"):
            _expect(before > len(event[field]), "value.announced: members", event)


def read_line(line: bytes) -> Event:
    """One event from a line without its LF."""
    _expect(len(line) < LINE_BYTES, "limit.line", line)
    event = read_json(line)
    _expect(isinstance(event, dict), "transport.line", line)
    _expect(_TIME.search(line), "type.time", line)
    _check_fields(event)
    _check_truncated(event)
    return event  # type: ignore[no-any-return]


# One connection.


class _Rules:
    """The stream rules; a lossy stream may miss what a gap of seq accounts for."""

    def __init__(self, lossy: bool) -> None:
        self._lossy = lossy
        self._last_seq = -1
        self._times: dict[str, float] = {}
        self._ended: set[str] = set()
        self._parents: set[str] = set()

    def observe(self, event: Event) -> None:
        span, seq = event["span_id"], event["seq"]
        _expect(("producer" in event) == (self._last_seq < 0), "rule.producer-first", event)
        if self._lossy:
            _expect(seq > self._last_seq, "rule.seq-rises", event)
        else:
            _expect(seq == self._last_seq + 1, "rule.seq-rises, without a gap", event)
        self._last_seq = seq
        if event["type"] == "span_start":
            self._start(event)
        elif not self._lossy:
            _expect(span in self._times, "rule.start-first", event)
        _expect(span not in self._ended, "rule.end-last", event)
        _expect(event["ts_ms"] >= self._times.get(span, 0), "rule.time-order", event)
        self._times[span] = event["ts_ms"]
        if event["type"] == "span_end":
            self._ended.add(span)

    def _start(self, event: Event) -> None:
        _expect(event["span_id"] not in self._times, "rule.start-once", event)
        _expect(event["span_id"] not in self._parents, "rule.parent-started", event)
        if event["parent_span_id"]:
            self._parents.add(event["parent_span_id"])


class Reader:
    """Reads one connection, as far as it has come, every line and every rule checked."""

    def __init__(self, lossy: bool = False) -> None:
        self.lossy = lossy
        self.events: list[Event] = []
        self._offset = 0
        self._rules = _Rules(lossy)

    def read(self, data: bytes | bytearray) -> list[Event]:
        """All events of data, which begins with what was read before."""
        *lines, torn = bytes(data[self._offset :]).split(b"\n")
        for line in lines:
            event = read_line(line)
            self._rules.observe(event)
            self.events.append(event)
            self._offset += len(line) + 1
        _expect(not torn, "transport.torn", torn[-200:])
        return self.events


def emitted(events: list[Event]) -> int:
    """How many events the SDK tried to send before the last that arrived, and that one."""
    return events[-1]["seq"] + 1 if events else 0
