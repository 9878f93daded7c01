"""What the contract makes of large values: cut, announced, shrunk. Written from its text.

Values here are plain I-JSON data; test_values.py is about the rest.
"""

from __future__ import annotations

import re
from typing import Any, Callable, NamedTuple

from strict import (
    ERROR_BYTES,
    ERROR_HEAD_BYTES,
    LINE_BYTES,
    MEMBERS,
    NAME_BYTES,
    VALUE_BYTES,
    Event,
    compact,
    measure,
    read_line,
    size,
)


class Limits(NamedTuple):
    value: int
    name: int
    error: int
    head: int


def rounds() -> list[Limits]:
    """The limits of clause value.line, halved and halved again."""
    values = [VALUE_BYTES >> halving for halving in range(13)]
    return [
        Limits(value, min(NAME_BYTES, value), ERROR_BYTES >> n, ERROR_HEAD_BYTES >> n)
        for n, value in enumerate(values)
    ]


def _is_within_character(data: bytes, position: int) -> bool:
    return position < len(data) and data[position] & 0xC0 == 0x80


def cut(text: str, limit: int) -> str:
    """The longest prefix of whole code points within the limit (value.cut)."""
    data, end = text[: limit + 1].encode(), limit
    while _is_within_character(data, end):
        end -= 1
    return data[:end].decode()


def cut_error(text: str, limit: int, head_limit: int) -> str:
    """Head, dots and as much of the end as fits (value.error)."""
    head = cut(text, head_limit)
    data = text.encode()
    begin = len(data) - (limit - size(head) - len("\n...\n"))
    while _is_within_character(data, begin):
        begin += 1
    return head + "\n...\n" + data[begin:].decode()


class Built:
    """Fields of an event by some limits, with what truncated must say."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.fields: Event = {}
        self._cuts: dict[str, int] = {}

    def name(self, field: str, text: str) -> Built:
        self.fields[field] = self._name(field, text)
        return self

    def value(self, field: str, value: Any) -> Built:
        self.fields[field] = self._value(field, value)
        return self

    def error(self, text: str) -> Built:
        self.fields["error"] = text
        if size(text) > self.limits.error:
            self.fields["error"] = cut_error(text, self.limits.error, self.limits.head)
            self._cuts["error"] = measure(text)
        return self

    def members(self, field: str, members: dict[str, Any]) -> Built:
        kept = self.fields[field] = {}
        for key, value in list(members.items())[:MEMBERS]:
            path = field + "." + cut(key, self.limits.name)
            kept[self._name(path, key)] = self._value(path, value)
        if len(members) > MEMBERS:
            self._cuts[field] = len(members)
        return self

    def all(self) -> Event:
        return {**self.fields, "truncated": self._cuts} if self._cuts else self.fields

    def _name(self, path: str, text: str) -> str:
        if size(text) > self.limits.name:
            self._cuts[path] = measure(text)
        return cut(text, self.limits.name)

    def _value(self, path: str, value: Any) -> Any:
        text = value if isinstance(value, str) else compact(value)
        if size(text) <= self.limits.value or not isinstance(value, (str, list, dict)):
            return value
        self._cuts[path] = max(measure(text), self._cuts.get(path, 0))
        return cut(text, self.limits.value)


def line_size(event: Event, line: bytes) -> int:
    """The bytes of an event as a line, with the time written as in the given one."""
    time = re.search(rb'"ts_ms":([\d.]+)', line)
    assert time is not None
    return size(compact({**event, "ts_ms": 0})) - 1 + len(time[1]) + 1


_COMMON = ("type", "span_id", "seq", "ts_ms", "producer")


def expected(line: bytes, build: Callable[[Built], Built]) -> Event:
    """What the line should say: the fields that build makes, by the first limits that fit."""
    found = read_line(line)
    common = {field: found[field] for field in _COMMON if field in found}
    for limits in rounds():
        event = {**common, **build(Built(limits)).all()}
        if line_size(event, line) <= LINE_BYTES:
            return event
    raise AssertionError("no limits make it fit")
