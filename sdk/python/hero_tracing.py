r"""Trace a Python flow: one file, the standard library only, nothing to set up.

    from hero_tracing import flow, instrument

    @flow
    def nightly(day: str):
        with flow.step("load", day=day) as step:
            rows = instrument(client).fetch(day)
            step.tag("rows", len(rows)).log("loaded")
            if not rows:
                raise flow.Failed("no rows for " + day)

Each call writes one line to the Unix socket named in HERO_FLOW_SPAN_SOCK.
Without that variable every call is a silent no-op, so a flow runs as a plain
script. When the collector goes away, events are dropped in silence and the
flow goes on.

The rest of this text is the wire contract. It is the one source of truth: the
JSON Schemas, the limits and the tables in spec/ are generated from it, and
every SDK and parser is tested against it. After a change here, run
"cargo xtask spec".

Wire contract, protocol 1
=========================

A clause starts with its id in brackets and its level, MUST or SHOULD. What
follows on that line declares something by name; the text below says the rest.

Transport
---------

[transport.socket] MUST
    An SDK writes to a Unix stream socket (AF_UNIX, SOCK_STREAM). A process
    that writes is a producer and has one connection. The collector never
    writes back.

[transport.line] MUST
    An event is one JSON object on one line, ended by one LF.

[transport.utf8] MUST
    A line is UTF-8 without a byte order mark.

[transport.i-json] MUST
    A line is an I-JSON message (RFC 7493): no key twice in one object, no lone
    surrogate, no NaN or Infinity, no number beyond a double.

[transport.torn] MUST
    A last line without its LF is torn. A consumer discards and counts it, even
    if it would parse.

Environment
-----------

[env.socket] MUST HERO_FLOW_SPAN_SOCK
    The absolute path of the collector's socket. Unset, empty or unusable
    (relative, with a NUL, too long, missing, not a socket, nobody listening,
    permission denied): the SDK is off. It tries once, when the first span is
    made, and says nothing.

[env.parent] MUST HERO_FLOW_PARENT_SPAN
    The span id under which the process's root spans hang (a sub-flow). Unset,
    empty or not an id: they are roots.

Types
-----

What stands before ";" holds for SDKs and consumers alike; what follows "sent:"
binds SDKs only. "else" names what a consumer reads any other string as.

[type.id] MUST id = string, pattern ^[0-9a-f]{16}$, not 0000000000000000
    64 bits in lower-case hex, not all zero; never used twice.

[type.time] MUST time = number, unit ms; sent: minimum 0, maximum 9007199254740, decimals 3
    Milliseconds since the Unix epoch, whole or with up to three decimals
    (microseconds), so that a child lies within its parent to the microsecond.
    A consumer keeps a negative or absurd time and flags it.

[type.count] MUST count = integer, minimum 0, maximum INTEGER_MAX
    A whole number.

[type.name] MUST name = string; sent: bytes 1 to NAME_BYTES
    The name of a span, a tag or a field. An empty one is sent as "unnamed".

[type.text] MUST text = string; sent: bytes 0 to VALUE_BYTES
    Free text.

[type.error] MUST error = string; sent: bytes 0 to ERROR_BYTES
    Why a span failed.

[type.json] MUST json = any; sent: bytes 0 to VALUE_BYTES
    Any JSON value.

[type.members] MUST members = object of name to json; sent: members 0 to MEMBERS
    Tags or log fields.

[type.sizes] MUST sizes = object of string to count
    What was cut and its size before, as clause value.announced says.

[type.kind] MUST kind = string; sent: one of flow step span rpc; else span
    What a span stands for: a whole flow, a step of it, any stretch of code, or
    a call of an instrumented client.

[type.level] MUST level = string; sent: one of debug info warn error; else info
    How much a log line matters.

[type.status] MUST status = string, one of ok failed cancelled
    How a span ended.

[type.producer] MUST producer = object
    Who writes on this connection.

    id        id     required  The producer's own id, new after a fork.
    sdk       name   expected  The SDK's language, such as "python".
    version   name   expected  The SDK's version.
    protocol  count  expected  The protocol's number, 1 for this contract.
    pid       count  expected  The process id.

Events
------

A field is required (a consumer rejects a line without it), expected (an SDK
always sends it, a consumer does without), optional, "first" (expected on the
first event of a connection only) or "failed" (expected when status is failed,
optional otherwise). On its way out it is deprecated (an SDK stops sending it,
a consumer still takes it) and then reserved (removed: no SDK sends it, a
consumer ignores it, and no other field is ever called so).

[event.any] MUST
    The fields of every event. An SDK sends no field that this contract does
    not name.

    type       name      required  Which event this is: the name that its
                                   clause declares.
    span_id    id        required  The span this event belongs to.
    ts_ms      time      required  When it happened.
    seq        count     expected  0, 1, 2 and so on for each event that the
                                   SDK tried to send on this connection: a gap
                                   is a counted loss.
    producer   producer  first     Who writes.
    truncated  sizes     optional  Which fields were cut.

[event.span_start] MUST span_start
    A span begins.

    parent_span_id  id|null  expected  The span it hangs under, null for a
                                       root.
    name            name     required  What it is called. A call of an
                                       instrumented client is called
                                       rpc:Class.method.
    kind            kind     expected  What it stands for.
    tags            members  optional  Tags known at the start.
    params          json     optional  A flow's input, or the arguments of an
                                       rpc as {"args": [...], "kwargs": {...}}
                                       without the empty ones.

[event.span_tag] MUST span_tag
    A tag is set on an open span. The last value of a key wins.

    key    name  required  The tag.
    value  json  required  Its value.

[event.span_log] MUST span_log
    Something was said within an open span.

    message  text     required  What was said.
    level    level    optional  How much it matters; absent means info.
    fields   members  optional  Data that goes with the message.

[event.span_end] MUST span_end
    A span ends.

    status      status  required  How it ended.
    error       error   failed    The reason given to flow.Failed, or the whole
                                  traceback.
    error_type  name    optional  The exception's type.
    result      json    optional  What the span gave.

Limits
------

[limit.line] MUST LINE_BYTES = 32768
    Bytes of a line, its LF included. A consumer rejects a longer one.

[limit.value] MUST VALUE_BYTES = 4096
    Bytes of a value: params, result, message, and each value of a tag or a log
    field.

[limit.error] MUST ERROR_BYTES = 16384
    Bytes of an error.

[limit.error-head] MUST ERROR_HEAD_BYTES = 4096
    Bytes of a cut error that come from its beginning.

[limit.name] MUST NAME_BYTES = 256
    Bytes of a name or a key.

[limit.members] MUST MEMBERS = 64
    Tags or fields in one event.

[limit.depth] MUST DEPTH = 32
    Objects and arrays within one another in a line; the event's own object is
    the first. A consumer rejects a deeper line.

[limit.measured] MUST MEASURED_BYTES = 65536
    How far a size is measured: a size of 65536 means that or more.

[limit.integer] MUST INTEGER_MAX = 9007199254740991
    The largest integer that every JSON reader keeps, and, negated, the least.

[limit.wait] MUST WAIT_MS = 250
    Milliseconds that one call waits for a stalled collector.

[limit.buffer] SHOULD SEND_BUFFER_BYTES = 4194304
    Bytes of send buffer that an SDK asks for; the default holds only some 170
    short lines.

Values
------

[value.bytes] MUST
    Sizes are bytes of UTF-8 before JSON escaping.

[value.cut] MUST
    A string over its limit is cut to its longest prefix that fits and ends on
    a code point.

[value.structured] MUST
    An array or object whose compact JSON text is over VALUE_BYTES becomes a
    string: that text, cut the same way. Compact means no white space, members
    in the order given, and no escapes but \" \\ \b \f \n \r \t and \u00xx.

[value.error] MUST
    An error over ERROR_BYTES keeps its head and its tail: its first
    ERROR_HEAD_BYTES, then LF, three dots, LF, then as much of its end as fits,
    all on code points.

[value.announced] MUST
    The field truncated has an entry for each cut: the field's name (tags.KEY
    or fields.KEY for one member, with the key as sent) and the size before;
    where both key and value were cut, the larger. When members were left out,
    because there were more than MEMBERS or two keys are sent alike, the entry
    tags or fields says how many there were. Nothing in the text itself says
    that it was cut, but for the dots in an error.

[value.line] MUST
    An event that would be over LINE_BYTES is built again with VALUE_BYTES,
    ERROR_BYTES and ERROR_HEAD_BYTES halved, and names cut to VALUE_BYTES if
    that is less, until it fits: the largest values are cut first, and no event
    is dropped for its size.

[value.numbers] MUST
    NaN and the infinities are sent as the strings NaN, Infinity and -Infinity,
    integers beyond INTEGER_MAX as strings of their digits. One of more than
    4300 digits may be described instead, as value.other says.

[value.surrogates] MUST
    A surrogate without its other half is sent as U+FFFD.

[value.keys] MUST
    A key that is not a string is sent as its JSON text. Of more than MEMBERS
    tags or fields the first are kept, and of keys that are then sent alike the
    first.

[value.deep] MUST
    An array or object that would lie deeper than DEPTH, or within itself, is
    sent as the string [...] or {...}.

[value.other] MUST
    Whatever else JSON cannot hold is sent as a readable string of bounded
    size, also when the object fails to describe itself.

Stream rules
------------

[rule.start-first] MUST
    The first event of a span is its span_start.

[rule.start-once] MUST
    A span starts once; its id is never used again.

[rule.end-last] MUST
    No tag or log comes after the end of its span.

[rule.end-once] MUST
    A span ends at most once.

[rule.parent-started] MUST
    A parent has started before its child, unless it belongs to another
    producer. A child may outlive its parent.

[rule.time-order] MUST
    Within one span ts_ms never goes back.

[rule.seq-rises] MUST
    On a connection seq rises strictly, in the order of the lines.

[rule.producer-first] MUST
    The first event of a connection carries producer, and no other does.

SDKs
----

[sdk.features] MUST threads async fork instrument generator decorator
    What a language may lack. An SDK says which of these it has; what a clause
    asks of one that it lacks does not bind it.

[sdk.silent] MUST
    An SDK never raises into the user's code and never prints. The user's own
    exceptions and interrupts pass through unchanged.

[sdk.bounded] MUST
    A call waits at most WAIT_MS for a stalled collector. After one stall no
    call waits until the socket takes bytes again. What is not sent is dropped
    whole, and its seq is skipped.

[sdk.delivered] MUST
    When a call returns, its line is in the kernel's queue whole, and survives
    the death of the process. It does not mean that it was stored. Only a call
    that interrupts another call on the same thread returns earlier.

[sdk.vanished] MUST
    When the collector goes away, or a line was sent in part and cannot be
    completed, the SDK is off for good. No SIGPIPE reaches the process.

[sdk.whole-lines] MUST
    Threads, signal handlers, finalizers and forks never mix two lines.

[sdk.fork] MUST
    A forked child is a producer of its own: a new connection and id. The span
    that was open at the fork is the parent of its roots, and what the child
    says of its parent's spans is dropped.

[sdk.foreign-descriptor] MUST
    When the program closed the SDK's descriptor and its number serves
    something else, the SDK is off and writes nothing there.

[sdk.clock] MUST
    The wall clock is read once; a monotonic clock is added to it.

[sdk.parent] MUST
    A new span hangs under the nearest open span of its own thread or task, and
    a new thread starts without one. Spans closed out of order leave the
    nearest open ancestor current.

[sdk.status] MUST
    A span that an exception leaves has failed, with the traceback as error; a
    clean failure (flow.Failed) gives its reason instead. Cancellation and
    interrupts are cancelled. An exit with a code that is not zero has failed
    with the code as error; other exits and closed generators are ok.

Consumers
---------

[consumer.unknown-field] MUST
    A consumer ignores fields that it does not know.

[consumer.unknown-type] MUST
    A consumer skips and counts lines whose type it does not know.

[consumer.bad-line] MUST
    A bad line is rejected and counted. It costs no other line and does not
    close the connection.

[consumer.open] MUST
    A span that is open when its connection ends stays open: a consumer says so
    and never invents an end.

[consumer.run] MUST
    What comes from one producer, and from producers whose roots hang under its
    spans, makes one run with one tree, which may have several roots.
"""

from __future__ import annotations

import builtins
import contextvars
import functools
import inspect
import itertools
import json
import operator
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
import traceback
import typing
import weakref
from collections import deque
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Coroutine,
    Generator,
    Iterable,
    Iterator,
    Mapping,
)
from json.encoder import encode_basestring as _quote
from types import (
    AsyncGeneratorType,
    BuiltinFunctionType,
    CodeType,
    CoroutineType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodType,
    ModuleType,
    TracebackType,
)
from typing import (
    Any,
    Callable,
    NamedTuple,
    NoReturn,
    Optional,
    TypeVar,
    cast,
    overload,
)

if typing.TYPE_CHECKING:
    import subprocess

__all__ = ["flow", "instrument"]
__version__ = "1.0.0"

_PROTOCOL = 1
_ENV_SOCKET = "HERO_FLOW_SPAN_SOCK"
_ENV_PARENT = "HERO_FLOW_PARENT_SPAN"
_KINDS = ("flow", "step", "span", "rpc")
_LEVELS = ("debug", "info", "warn", "error")
_STATUSES = ("ok", "failed", "cancelled")
_LINE_BYTES = 32_768
_VALUE_BYTES = 4_096
_ERROR_BYTES = 16_384
_ERROR_HEAD_BYTES = 4_096
_NAME_BYTES = 256
_MEMBERS = 64
_DEPTH = 32
_MEASURED_BYTES = 65_536
_INTEGER_MAX = 9_007_199_254_740_991
_WAIT_MS = 250
_SEND_BUFFER_BYTES = 4_194_304

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")

_FLOW, _STEP, _SPAN, _RPC = _KINDS
_OK, _FAILED, _CANCELLED = _STATUSES
_LEVEL_ALIASES = {"warning": "warn", "critical": "error", "fatal": "error"}
_CUT_MARK = "\n...\n"
_PRINTED_BITS = 14_284  # 4,300 digits; to print more takes long, and Python may refuse
if sys.platform == "win32":  # nobody collects there, but flows run

    def _fcntl(descriptor: int, command: int, argument: int = 0) -> int:
        raise OSError
else:
    from fcntl import fcntl as _fcntl

_write_json, _read_json = json.dumps, json.loads  # a flow may replace them in their module


# Values: what JSON can hold, as text of a bounded size.


class _Captured(NamedTuple):
    """A value as it was when given: raw text of a string, or JSON text."""

    text: str
    is_string: bool
    is_container: bool
    size: int


class _Full(Exception):
    """A structured value was measured as far as MEASURED_BYTES."""


def _clean(text: str) -> str:
    """Pair surrogates where they pair, and replace the others (value.surrogates)."""
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _measure(text: str) -> int:
    """The bytes of clean text, as far as they are measured."""
    if len(text) >= _MEASURED_BYTES:
        return _MEASURED_BYTES
    return min(len(text if text.isascii() else text.encode()), _MEASURED_BYTES)


def _cut(text: str, limit: int) -> str:
    """The longest prefix within the limit that ends on a code point (value.cut)."""
    data = text[:limit].encode()
    return data[:limit].decode("utf-8", "ignore")


def _cut_middle(text: str, limit: int, head_limit: int) -> str:
    """The head and the tail of an error (value.error)."""
    head = _cut(text, head_limit)
    room = limit - len(head.encode()) - len(_CUT_MARK)
    tail = text[-room:].encode()[-room:].decode("utf-8", "ignore")
    return head + _CUT_MARK + tail


def _is_a(value: object, *kinds: type) -> bool:
    """Whether a value is of a kind in truth: its own __class__ may lie, or raise."""
    return issubclass(type(value), kinds)


def _describe(value: object) -> str:
    """A readable text for what JSON cannot hold (value.other)."""
    try:
        if _is_a(value, bytes, bytearray):
            return repr(cast(bytes, value)[:_VALUE_BYTES])
        if _is_a(value, set, frozenset):
            return _describe_set(cast(Iterable[object], value))
        return repr(value)
    except Exception as error:  # whatever the object's own code raises
        if _is_struck(error):
            raise
        return "<" + _type_name(value) + " that cannot describe itself>"


def _is_struck(error: BaseException) -> bool:
    """Whether a signal handler raised it, while an object's own code ran."""
    codes = {_code_of(signal.getsignal(number)) for number in signal.valid_signals()}
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code not in codes:
        trace = trace.tb_next
    return trace is not None


def _code_of(handler: Any) -> object:
    while _is_a(handler, functools.partial):
        handler = handler.func
    call = getattr(handler, "__func__", handler)
    return getattr(call if _is_a(call, FunctionType) else type(call).__call__, "__code__", None)


def _describe_set(value: Iterable[object]) -> str:
    items = list(itertools.islice(value, _VALUE_BYTES))
    texts: list[str] = []
    size = 0
    for item in items:
        texts.append(_describe(item)[:_VALUE_BYTES])
        size += len(texts[-1])
        if size > _VALUE_BYTES:
            break
    return _type_name(value) + "({" + ", ".join(texts) + "})"


def _type_name(value: object) -> str:
    return _name_of(type(value))


def _name_of(kind: type) -> str:
    return cast(str, type.__dict__["__name__"].__get__(kind))


def _raw_string(value: object) -> str:
    """A string value, clean, with at least as much of it as is measured."""
    text = str.__str__(cast(str, value)) if _is_a(value, str) else _describe(value)
    return _clean(text if len(text) <= _MEASURED_BYTES else text[: _MEASURED_BYTES + 1])


def _integer_text(value: int) -> tuple[str, bool]:
    """The digits, and whether they must be sent as a string (value.numbers)."""
    number = int.__int__(value)
    if -_INTEGER_MAX <= number <= _INTEGER_MAX:
        return int.__repr__(number), False
    if number.bit_length() > _PRINTED_BITS:
        return "<int of %d bits>" % number.bit_length(), True
    return int.__repr__(number), True


def _float_text(value: float) -> tuple[str, bool]:
    number = float.__pos__(value)
    if number - number == 0.0:
        return float.__repr__(number), False
    return ("NaN" if number != number else "Infinity" if number > 0 else "-Infinity"), True


def _plain(value: object) -> tuple[str, bool] | None:
    """The text of anything but an array or object, and whether it is a string."""
    if value is None:
        return "null", False
    if value is True:
        return "true", False
    if value is False:
        return "false", False
    kind = type(value)
    if issubclass(kind, str):
        return _raw_string(value), True
    if issubclass(kind, int):
        return _integer_text(cast(int, value))
    if issubclass(kind, float):
        return _float_text(cast(float, value))
    if issubclass(kind, (dict, list, tuple)):
        return None
    return _raw_string(value), True


class _Writer:
    """Writes compact JSON text of a value, and stops where nobody measures on."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._size = 0
        self._parents: set[int] = set()

    def _put(self, text: str) -> None:
        self.parts.append(text)
        self._size += len(text)
        if self._size >= _MEASURED_BYTES:
            raise _Full

    def value(self, value: object, depth: int) -> None:
        plain = _plain(value)
        if plain is not None:
            text, is_string = plain
            self._put(_quote(text) if is_string else text)
        elif depth > _DEPTH or id(value) in self._parents:
            self._put('"{...}"' if isinstance(value, dict) else '"[...]"')
        else:
            self._parents.add(id(value))
            if isinstance(value, dict):
                self._object(cast(dict[object, object], value), depth)
            else:
                self._array(cast(list[object], value), depth)
            self._parents.discard(id(value))

    def _array(self, value: list[object] | tuple[object, ...], depth: int) -> None:
        items = list.__iter__(value) if isinstance(value, list) else tuple.__iter__(value)
        self._put("[")
        for index, item in enumerate(_first(items)):
            if index:
                self._put(",")
            self.value(item, depth + 1)
        self._put("]")

    def _object(self, value: dict[object, object], depth: int) -> None:
        seen: set[str] = set()
        self._put("{")
        for key, item in _first(dict.items(value)):
            name = _key_text(key)
            if name in seen:
                continue
            if seen:
                self._put(",")
            seen.add(name)
            self._put(_quote(name) + ":")
            self.value(item, depth + 1)
        self._put("}")


def _first(items: Iterable[_T]) -> list[_T]:
    """As many members as are measured, taken at once: another thread may change them."""
    return list(itertools.islice(items, _MEASURED_BYTES))


def _key_text(key: object) -> str:
    """A key as it is sent (value.keys)."""
    plain = _plain(key)
    return plain[0] if plain is not None else _capture(key, 2).text


def _capture(value: object, depth: int) -> _Captured:
    """Take a value now, since the caller may change it later; depth is where it will lie."""
    plain = _plain(value)
    if plain is not None:
        text, is_string = plain
        return _Captured(text, is_string, False, _measure(text))
    writer = _Writer()
    try:
        writer.value(value, depth)
    except _Full:
        pass
    text = "".join(writer.parts)
    return _Captured(text, False, True, _measure(text))


_NOTHING = _Captured("", False, False, 0)


def _take(value: object, depth: int) -> object:
    """A value that nobody can change any more: captured, unless it is such a one already."""
    kind = type(value)
    if kind is str or kind is int or kind is float or kind is bool or value is None:
        return value
    return _capture(value, depth)


def _captured(taken: object, depth: int) -> _Captured | None:
    if taken is _NOTHING:
        return None
    return taken if type(taken) is _Captured else _capture(taken, depth)


def _capture_text(value: object) -> _Captured:
    text = _raw_string(value)
    return _Captured(text, True, False, _measure(text))


def _capture_name(value: object) -> _Captured:
    return _capture_text(_raw_string(value) or "unnamed")


def _capture_error(text: str) -> _Captured:
    text = _clean(text)  # the whole of it: its end is kept
    return _Captured(text, True, False, _measure(text))


# Events: a body of fields that is cut until its line fits.


class _Limits(NamedTuple):
    value: int
    name: int
    error: int
    error_head: int


_ROUNDS = tuple(
    _Limits(
        _VALUE_BYTES >> halvings,
        min(_NAME_BYTES, _VALUE_BYTES >> halvings),
        _ERROR_BYTES >> halvings,
        _ERROR_HEAD_BYTES >> halvings,
    )
    for halvings in range(9)
)

_Members = list[tuple[_Captured, _Captured]]


class _Body:
    """The fields of one event, cut by the given limits (value.cut, value.announced)."""

    def __init__(self, limits: _Limits) -> None:
        self._limits = limits
        self._parts: list[str] = []
        self._cuts: dict[str, int] = {}

    def fixed(self, text: str) -> None:
        self._parts.append(text)

    def value(self, field: str, captured: _Captured | None) -> None:
        if captured is not None:
            text = self._value_text(field, captured)
            self._parts.append('"%s":%s' % (field, text))

    def name(self, field: str, captured: _Captured) -> str:
        text = captured.text
        if captured.size > self._limits.name:
            text = _cut(text, self._limits.name)
            self._cuts[field] = captured.size
        self._parts.append('"%s":%s' % (field, _quote(text)))
        return text

    def error(self, captured: _Captured | None) -> None:
        if captured is None:
            return
        text = captured.text
        if captured.size > self._limits.error:
            text = _cut_middle(text, self._limits.error, self._limits.error_head)
            self._cuts["error"] = captured.size
        self._parts.append('"error":' + _quote(text))

    def members(self, field: str, members: _Members, total: int) -> None:
        if not members:
            return
        texts: dict[str, str] = {}
        for key, captured in members:
            name = _cut(key.text, self._limits.name)
            if name in texts:
                continue
            path = field + "." + name
            if key.size > self._limits.name:
                self._cuts[path] = key.size
            texts[name] = self._value_text(path, captured)
        if len(texts) < total:
            self._cuts[field] = total
        inner = ",".join(_quote(name) + ":" + text for name, text in texts.items())
        self._parts.append('"%s":{%s}' % (field, inner))

    def _value_text(self, path: str, captured: _Captured) -> str:
        text = captured.text
        if captured.size > self._limits.value and (captured.is_string or captured.is_container):
            self._cuts[path] = max(captured.size, self._cuts.get(path, 0))
            return _quote(_cut(text, self._limits.value))
        return _quote(text) if captured.is_string else text

    def encode(self) -> bytes:
        if self._cuts:
            inner = ",".join("%s:%d" % (_quote(path), size) for path, size in self._cuts.items())
            self._parts.append('"truncated":{%s}' % inner)
        return ",".join(self._parts).encode()


_Build = Callable[[_Body], object]


def _capture_members(values: Mapping[str, object]) -> _Members:
    first = itertools.islice(values.items(), _MEMBERS)
    return [(_capture_name(key), _capture(value, 3)) for key, value in first]


def _build(build: _Build, limits: _Limits) -> bytes:
    body = _Body(limits)
    build(body)
    return body.encode()


def _shorter(build: _Build, room: int) -> bytes:
    """The body by the first halved limits that make it fit; the last always do."""
    text = b""
    for limits in _ROUNDS[1:]:
        text = _build(build, limits)
        if len(text) <= room:
            break
    return text


# The quick path: most events hold a few short scalars, which need no cutting, and find
# nobody else who writes. It makes the very line that the general path would make, or
# declines before it took a number. A text of QUICK_CHARS escaped characters surely fits.

_QUICK_CHARS = 5_000
_QUICK_VALUE_CHARS = _VALUE_BYTES // 4
_QUICK_NAME_CHARS = _NAME_BYTES // 4
_QUICK_NAMES = 1_024
_quoted_names: dict[str, str] = {}  # a flow has few names and keys: each is quoted once


def _quick_scalar(value: object) -> str | None:
    if type(value) is str:
        return _quote(value) if len(value) <= _QUICK_VALUE_CHARS else None
    if type(value) is int:
        return str(value) if -_INTEGER_MAX <= value <= _INTEGER_MAX else None
    if type(value) is float:
        return repr(value) if value - value == 0.0 else None
    if type(value) is bool:
        return "true" if value else "false"
    return "null" if value is None else None


def _quick_name(name: object) -> str | None:
    if type(name) is not str:  # another kind of string may lie about what it equals
        return None
    quoted = _quoted_names.get(name)
    if quoted is None and 0 < len(name) <= _QUICK_NAME_CHARS:
        quoted = _quote(name)
        if len(_quoted_names) >= _QUICK_NAMES:
            _quoted_names.clear()
        _quoted_names[name] = quoted
    return quoted


def _quick_members(field: str, members: Mapping[str, object]) -> str | None:
    """The members as a field, an empty text for none, None if they are not short scalars."""
    if len(members) > _MEMBERS:
        return None
    parts: list[str] = []
    for key, value in members.items():
        name = _quoted_names.get(key) if type(key) is str else None
        if name is None:
            name = _quick_name(key)
        if type(value) is str and len(value) <= _QUICK_VALUE_CHARS:
            text: str | None = _quote(value)
        elif type(value) is int and -_INTEGER_MAX <= value <= _INTEGER_MAX:
            text = str(value)
        else:
            text = _quick_scalar(value)
        if name is None or text is None:
            return None
        parts.append(f"{name}:{text}")
    return f',"{field}":{{{",".join(parts)}}}' if parts else ""


def _quick_value(field: str, value: object) -> str | None:
    """A value that was taken as a field; None if it may have to be cut."""
    text = None
    if type(value) is not _Captured:
        text = _quick_scalar(value)
    elif value.size <= _QUICK_VALUE_CHARS:
        text = _quote(value.text) if value.is_string else value.text
    return None if text is None else f',"{field}":{text}'


def _is_quick(body: str) -> bool:
    """Whether a body surely makes a line, and UTF-8."""
    return len(body) <= _QUICK_CHARS and (body.isascii() or _clean(body) == body)


# The connection.

_CLOCK_ANCHOR_NS = time.time_ns() - time.monotonic_ns()
_WAIT_SECONDS = _WAIT_MS / 1000
_POLL_MS = 5
_YIELDS = 20  # before a thread waits for another's turn
_POSTPONED_LINES = 1024
_SEND_FLAGS = getattr(socket, "MSG_NOSIGNAL", 0)
_SECOND_NS = 1_000_000_000
_MILLIS = tuple(map("%03d".__mod__, range(1000)))
_MICROS = tuple(map(".%03d,".__mod__, range(1000)))
_ID_DIGITS = tuple(map("%02x".__mod__, range(256)))

_now_ns = time.monotonic_ns


def _wall_us(ns: int) -> int:
    return (_CLOCK_ANCHOR_NS + ns) // 1000


def _connect(path: str) -> socket.socket:
    """Connect in one attempt that waits for a place in the queue at most WAIT_MS."""
    if not os.path.isabs(path):
        raise ValueError("not an absolute path")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_NOSIGPIPE"):
            connection.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_NOSIGPIPE"), 1)
        patience = struct.pack("@ll", 0, _WAIT_MS * 1000)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        connection.connect(path)
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_still(descriptor: int, identity: tuple[int, ...]) -> bool:
    """Whether a descriptor's number serves what it did, by inode and device."""
    try:
        return os.fstat(descriptor)[1:3] == identity
    except OSError:
        return False


# Linux lets us mark what a descriptor serves, by the signal that it would send if it were
# asynchronous, which it is not. A mark is read for a fifth of what fstat costs.
_SET_MARK, _GET_MARK = 10, 11  # F_SETSIG, F_GETSIG
_FIRST_MARK, _MARKS = 34, 31  # signals that nobody means


def _mark(descriptor: int) -> int:
    """Mark what a descriptor serves, where that can be done, else give 0."""
    mark = _FIRST_MARK + os.urandom(1)[0] % _MARKS
    if sys.platform != "linux":
        return 0
    try:
        _fcntl(descriptor, _SET_MARK, mark)
        return mark if _fcntl(descriptor, _GET_MARK) == mark else 0
    except OSError:
        return 0


def _takes_whole_lines(connection: socket.socket) -> bool:
    """Whether the kernel takes a quick line whole or not at all.

    Linux does, for it puts into one buffer of its own what is less than half of a socket's.
    """
    room = connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
    return sys.platform == "linux" and room >= 4 * _LINE_BYTES


# The span, the line's beginning, the time, the body, and how to build it shorter.
_Event = tuple["Span", str, int, bytes, Optional[_Build]]


class _Writing:
    """Who writes: one call at a time, whatever interrupts it and wherever.

    A turn is taken by one C call, which also records whose it is: an object that only that
    call has. So an interrupt that strikes between taking it and knowing so, or between the
    end and giving it back, leaves a turn that is seen to be nobody's.
    """

    def __init__(self) -> None:
        self.taken: dict[int, object] = {}
        self.take = self.taken.setdefault  # it is ours if take(0, ours) is ours
        # What was left to whoever has the turn: lines to write, and bells to ring.
        self.left: deque[Any] = deque()
        self.room = _POSTPONED_LINES
        self._breaking = threading.RLock()

    def give_back(self, ours: object) -> None:
        if self.taken.get(0) is ours:
            del self.taken[0]

    def comes_soon(self, ours: object) -> bool:
        """Take the turn of another thread, if that has only to be woken to give it back."""
        if _is_interrupting(sys._getframe(2)):
            return False
        for _ in range(_YIELDS):
            time.sleep(0)
            if self.take(0, ours) is ours:
                return True
        return False

    def wait(self, ours: object, deadline: float) -> bool:
        """Take the turn, or give up at the deadline."""
        while self.take(0, ours) is not ours:
            owner = self.taken.get(0)
            bell = threading.Lock()
            bell.acquire()
            self.left.append(bell)
            if self.take(0, ours) is ours:  # given back before its owner saw the bell
                return True
            seconds = deadline - time.monotonic()
            if seconds <= 0:
                return False
            # A bell may be lost to an interrupt: look more often.
            if not bell.acquire(True, min(seconds, _POLL_MS / 1000)):
                self._break(owner)
        return True

    def _break(self, owner: object) -> None:
        """Take the turn from a call that an interrupt ended."""
        if self._breaking.acquire(False):
            try:
                frames = sys._current_frames().values()
                if owner is not None and not any(_has(frame, owner) for frame in frames):
                    self.give_back(owner)
            finally:
                self._breaking.release()


def _is_interrupting(frame: FrameType | None) -> bool:
    """Whether a frame or one of its callers is of a call that has the turn, or will."""
    while frame is not None and frame.f_code not in _TURN_CODES:
        frame = frame.f_back
    return frame is not None


def _has(frame: FrameType | None, owner: object) -> bool:
    """Whether the call that took a turn is among a frame and its callers."""
    while frame is not None:
        if frame.f_code in _TURN_CODES and any(own is owner for own in frame.f_locals.values()):
            return True
        frame = frame.f_back
    return False


def _ring(bell: Any) -> None:
    try:
        bell.release()
    except RuntimeError:
        pass  # rung twice


class _Producer:
    """This process on its connection: numbers events and sends each as a whole line."""

    def __init__(self, path: str, root_parent: str | None) -> None:
        self.root_parent = root_parent
        self.root_text = '"%s"' % root_parent if root_parent else "null"
        self.dead = False
        self.ids: Iterator[str] = iter(())
        self._numbers = itertools.count()
        self._writing = _Writing()
        self._take, self._turn = self._writing.take, self._writing.taken
        self._left = self._writing.left
        # Whether the next line may go the quick way: nothing is to be said, settled or
        # awaited before it.
        self._is_clear = False
        self._second, self._second_ns = "", -_SECOND_NS
        self._stalled = False
        # What the kernel took of the last line, each send's share appended by C code: an
        # interrupt that strikes when send returns cannot lose it.
        self._taken: list[int] = []
        self._length = 0
        self._introduction = self._introduce()
        self._socket = _connect(path)
        self._send = self._socket.send
        self._descriptor = self._socket.fileno()
        # Inode and device: the number alone may come to serve another file.
        self._identity = os.fstat(self._descriptor)[1:3]
        self._mark = _mark(self._descriptor)
        self._can_be_quick = self._mark != 0 and _takes_whole_lines(self._socket)

    def _introduce(self) -> bytes:
        text = '"id":"%s","sdk":"python","version":"%s","protocol":%d,"pid":%d' % (
            self.new_id(),
            __version__,
            _PROTOCOL,
            os.getpid(),
        )
        return (',"producer":{%s}' % text).encode()

    def new_id(self) -> str:
        return next(self.ids, None) or self.more_ids()

    def more_ids(self) -> str:
        """Begin the ids with one random end: all of its beginnings, from a random one on."""
        number = int.from_bytes(os.urandom(8), "big")
        end, first = "%014x" % (number >> 8 or 1), number % len(_ID_DIGITS)
        digits = _ID_DIGITS[first:] + _ID_DIGITS[:first]
        ids: Iterator[Any] = map(
            operator.concat, digits, itertools.repeat(end)
        )  # C code: threads share it
        self.ids = ids
        return cast(str, next(ids))

    def quick(self, span: Span, opening: str, body: str) -> bool:
        """Send a line if nothing is in its way; else do nothing, and leave it to send.

        The body is a text that nobody else has: it stands for this call.
        """
        line = b""
        try:
            if self._take(0, body) is not body and not self._writing.comes_soon(body):
                return False
            if not self._is_clear or span._ended:
                del self._turn[0]
                return False
            ns = _now_ns()
            us = (ns - self._second_ns) // 1000
            if us >= 1_000_000:
                us = self._begin_second(ns)
            number = next(self._numbers)
            milli, micro = _MILLIS[us // 1000], _MICROS[us % 1000]
            line = f"{opening}{number}{self._second}{milli}{micro}{body}}}\n".encode()
            span._last_ns = ns
            if opening is _END:
                span._ended = True
            if _fcntl(self._descriptor, _GET_MARK) != self._mark:
                self._die()
            elif self._send(line, _SEND_FLAGS) != len(line):
                self._die()  # a kernel that does not do what we know of it
            del self._turn[0]
        except BaseException as error:
            if not self._was_refused(body, line, error):
                if not line:  # its turn did not come
                    self.send((span, opening, _now_ns(), body.encode(), None))
                raise
        if self._left:
            self._serve(time.monotonic() + _WAIT_SECONDS)
        return True

    def _begin_second(self, ns: int) -> int:
        """Keep the text of a second for all of its lines; the microseconds of it that are over."""
        second, over = divmod(_CLOCK_ANCHOR_NS + ns, _SECOND_NS)
        self._second, self._second_ns = ',"ts_ms":%d' % second, ns - over
        return over // 1000

    def _was_refused(self, body: str, line: bytes, error: BaseException) -> bool:
        """End a quick turn: the kernel refused the line, and we went on; or an interrupt struck."""
        self._is_clear = False
        try:
            if not line or not isinstance(error, OSError) or _is_foreign(error):
                return False
            self._length = len(line)
            self._try_transmit(line, time.monotonic() + _WAIT_SECONDS)
            self._is_clear = self._is_settled()
            return True
        finally:
            self._writing.give_back(body)

    def send(self, event: _Event) -> None:
        """Send a line, or leave it to the call of this thread that we interrupted."""
        if self.dead:
            return
        if self._turn and _is_interrupting(sys._getframe(1)):
            self._postpone(event)
        else:
            self._send_in_turn(event)

    def _postpone(self, event: _Event) -> None:
        """Leave a line to the outer call, which would never end without a bound to that."""
        if self._writing.room > 0:
            self._writing.room -= 1
            self._left.append(event)
            self._serve(time.monotonic() + _WAIT_SECONDS)  # should it be past looking
        else:
            next(self._numbers)

    def _send_in_turn(self, event: _Event) -> None:
        """Write what was left, in its order, and then this."""
        # One for all: handlers that strike while we wait must not make us wait again.
        deadline = time.monotonic() + _WAIT_SECONDS
        self._left.append(event)
        try:
            if not self._drain(event, deadline):
                self._left.remove(event)
                next(self._numbers)
        except ValueError:
            pass  # another thread wrote it meanwhile
        finally:
            self._serve(deadline)

    def _drain(self, ours: object, deadline: float) -> bool:
        """Have a turn, if it comes in time, and write all that was left."""
        bells: list[Any] = []
        try:
            if not self._writing.wait(ours, deadline):
                return False
            self._is_clear = False  # should an interrupt strike
            while self._left:
                left = self._left.popleft()
                if type(left) is tuple:
                    self._write(cast(_Event, left), deadline)
                else:
                    bells.append(left)
            self._is_clear = self._is_settled()
            return True
        finally:
            self._writing.give_back(ours)
            for bell in bells:
                _ring(bell)

    def _serve(self, deadline: float) -> None:
        """Write what was left since, unless somebody has the turn, who will."""
        while self._left and not self._turn:
            self._drain(object(), deadline)
        if not self._left:
            self._writing.room = _POSTPONED_LINES

    def _write(self, event: _Event, deadline: float) -> None:
        span, opening, ns, body, build = event
        if span._ended:
            return  # another thread ended it while this event was on its way
        span._ended = opening is _END
        number = next(self._numbers)
        self._settle()
        if self.dead:
            return
        if ns < span._last_ns:
            ns = span._last_ns
        span._last_ns = ns
        us = _wall_us(ns)
        head = ('%s%d,"ts_ms":%d.%03d,' % (opening, number, us // 1000, us % 1000)).encode()
        tail = self._introduction + b"}\n"
        line = head + body + tail
        if len(line) > _LINE_BYTES and build is not None:
            line = head + _shorter(build, _LINE_BYTES - len(head) - len(tail)) + tail
        self._length = len(line)
        self._try_transmit(line, deadline)

    def _is_settled(self) -> bool:
        """Whether all went well, so that the next line may go the quick way."""
        self._settle()
        return self._can_be_quick and not (self._introduction or self._stalled or self.dead)

    def _settle(self) -> None:
        """Account for the line before, whose own call an interrupt may have ended."""
        if self._taken:
            self._introduction = b""
            if sum(self._taken) < self._length:
                self._die()
            self._taken.clear()

    def _try_transmit(self, line: bytes, deadline: float) -> None:
        try:
            self._transmit(line, deadline)
        except OSError as error:
            if _is_foreign(error):
                raise
            self._die()

    def _transmit(self, line: bytes, deadline: float) -> None:
        """Send a whole line or nothing, or die."""
        if not self._is_ours():
            return self._die()
        self._try_send(line)
        if sum(self._taken) < len(line):
            self._wait_and_send(line, deadline)
        self._stalled = not self._taken
        if self._taken and sum(self._taken) < len(line):
            self._die()

    def _is_ours(self) -> bool:
        """Whether the descriptor still serves our connection."""
        if self._mark:
            return _fcntl(self._descriptor, _GET_MARK) == self._mark
        return _is_still(self._descriptor, self._identity)

    def _try_send(self, data: bytes | memoryview) -> None:
        try:
            self._taken.extend(map(self._socket.send, (data,), (_SEND_FLAGS,)))
        except BlockingIOError:
            pass

    def _wait_and_send(self, line: bytes, deadline: float) -> None:
        """Send the rest within the time that a call may wait (sdk.bounded)."""
        if self._stalled and not self._taken:
            return
        view = memoryview(line)
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        while sum(self._taken) < len(line) and time.monotonic() < deadline:
            # POLLOUT comes late, only when much has been drained: look more often.
            poll.poll(_POLL_MS)
            self._try_send(view[sum(self._taken) :])

    def _die(self) -> None:
        """Be off for good (sdk.vanished, sdk.foreign-descriptor)."""
        _silence(self)
        self.let_go()

    def let_go(self) -> None:
        """Leave the connection without a word on it, and a descriptor that serves others."""
        self.dead, self._is_clear = True, False
        if _is_still(self._descriptor, self._identity):
            self._socket.close()
        else:
            self._socket.detach()


_TURN_CODES: set[CodeType] = {_Producer.quick.__code__, _Producer._drain.__code__}

_producer: _Producer | None = None
_silent = False
_starting = threading.RLock()
_connecting = False
_forked_from: str | None = None
_current: contextvars.ContextVar[Span | None] = contextvars.ContextVar("hero_span", default=None)


def _silence(producer: _Producer) -> None:
    global _silent
    if producer is _producer:
        _silent = True


def _start_producer() -> _Producer | None:
    """The process's producer; the first call connects, or finds the SDK off for good."""
    global _producer, _silent, _connecting
    if _producer is None and not _silent:
        with _starting:
            if _producer is None and not _silent and not _connecting:
                _connecting = True  # for a signal handler that interrupts us
                try:
                    _producer = _open_producer()
                    _silent = _producer is None
                finally:
                    _connecting = False
    return _producer


def _open_producer() -> _Producer | None:
    path = os.environ.get(_ENV_SOCKET)
    if not path:
        return None
    try:
        return _Producer(path, _forked_from or _environment_parent())
    except Exception as error:
        if _is_foreign(error):
            raise
        return None


def _environment_parent() -> str | None:
    text = os.environ.get(_ENV_PARENT, "")
    if len(text) == 16 and text != "0" * 16 and not text.strip("0123456789abcdef"):
        return text
    return None


def _after_fork_in_child() -> None:
    """Make the child a producer of its own, under the span that was open (sdk.fork)."""
    global _producer, _silent, _starting, _connecting, _forked_from
    _starting, _connecting = threading.RLock(), False
    parent = _producer
    if parent is None:
        return
    _producer, _silent = None, False
    span = _nearest_open(_current.get())
    _forked_from = parent.root_parent if span is None else span.span_id
    parent.let_go()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def _is_foreign(error: BaseException) -> bool:
    """Whether an exception is not this module's: a signal handler raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return False
    names = trace.tb_frame.f_globals
    return names is not globals() and names is not vars(socket)


# Spans.


class Failed(Exception):
    """Fail the spans that it leaves with a reason and no traceback."""

    def __init__(self, reason: object = "") -> None:
        super().__init__(reason)
        self.reason = reason


def _nearest_open(span: Span | None) -> Span | None:
    while span is not None and not span._open:
        span = span._parent
    return span


_START = '{"type":"span_start","seq":'
_TAG = '{"type":"span_tag","seq":'
_LOG = '{"type":"span_log","seq":'
_END = '{"type":"span_end","seq":'


class Span:
    """A stretch of work: a context manager, sync or async, and a decorator."""

    __slots__ = (
        "span_id",
        "_name",
        "_kind",
        "_tags",
        "_params",
        "_result",
        "_producer",
        "_parent",
        "_open",
        "_ended",
        "_last_ns",
        "_again",
        "_unused",
    )

    span_id: str | None

    def __init__(
        self,
        name: str,
        kind: str,
        tags: dict[str, object],
        params: object = None,
    ) -> None:
        self.span_id = None
        self._name = name
        self._kind = kind
        self._tags = tags
        self._params = params
        self._result: object = _NOTHING
        self._producer: _Producer | None = None
        self._parent: Span | None = None
        self._open = False
        self._ended = False  # its end was written
        self._last_ns = 0
        self._again: list[Span] | None = None
        self._unused = True

    def tag(self, key: str | None = None, value: object = None, /, **tags: object) -> Span:
        """Set one tag, or several."""
        if key is not None:
            self._tag(key, value)
        for name, item in tags.items():
            self._tag(name, item)
        return self

    def log(self, message: object, /, level: str = "info", **fields: object) -> Span:
        """Say something, at debug, info, warn or error."""
        if self._open:
            try:
                self._send_log(message, level, fields)
            except Exception as error:
                if _is_foreign(error):
                    raise
        return self

    def result(self, value: object) -> Span:
        """Set what the span gives; it is sent with the end."""
        if self._open:
            try:
                self._result = _take(value, 2)
            except Exception as error:
                if _is_foreign(error):
                    raise
        return self

    def __enter__(self) -> Span:
        try:
            del self._unused  # at once: several threads may use one object
        except AttributeError:
            return self._enter_again()
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        span = self._leave_again() if self._again else self
        span._end(error)

    async def __aenter__(self) -> Span:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace)

    def __call__(self, function: _F, /) -> _F:
        """Decorate a function, coroutine or generator: each call is a span."""
        return cast(_F, _decorate(function, lambda args, kwargs: self._fresh(), _keep))

    def _fresh(self) -> Span:
        return Span(self._name, self._kind, dict(self._tags), self._params)

    def _enter_again(self) -> Span:
        """A span that is entered twice is two spans: an id starts once."""
        again = self._fresh()
        if self._again is None:
            self._again = []
        self._again.append(again)
        return again.__enter__()

    def _leave_again(self) -> Span:
        """Of the spans that this object became, the one that was entered last around here."""
        again = self._again or []
        span = _nearest_open(_current.get())
        while span is not None and span is not self and span not in again:
            span = _nearest_open(span._parent)
        if span is None:  # entered elsewhere
            return again.pop()
        if span is not self:
            again.remove(span)
        return span

    def _start(self) -> None:
        """Open the span under the nearest open one; opened or not, nothing is raised."""
        try:
            producer = _producer or _start_producer()
            if producer is None or producer.dead:
                return
            self._producer = producer
            self.span_id = span_id = next(producer.ids, None) or producer.more_ids()
            parent = _current.get()
            while parent is not None and not parent._open:
                parent = parent._parent
            self._parent = parent
            above = producer.root_text if parent is None else f'"{parent.span_id}"'
            name = _quick_name(self._name)
            tags = _quick_members("tags", self._tags) if self._tags else ""
            taken = _NOTHING if self._params is None else _capture(self._params, 2)
            params = "" if taken is _NOTHING else _quick_value("params", taken)
            if name is None or tags is None or params is None:
                self._send_start(above, taken)
            else:
                body = (
                    f'"span_id":"{span_id}","parent_span_id":{above},'
                    f'"name":{name},"kind":"{self._kind}"{tags}{params}'
                )
                if not _is_quick(body) or not producer.quick(self, _START, body):
                    self._send_start(above, taken)
            # Not before: a signal handler may speak of the current span.
            self._open = True
            _current.set(self)
        except BaseException as error:
            self._give_up(error)

    def _give_up(self, error: BaseException) -> None:
        """A start did not return: nobody else will end this span."""
        self._open = self._last_ns != 0  # else its line was never tried
        self._end(error)
        if not isinstance(error, Exception) or _is_foreign(error):
            raise error

    def _end(self, error: BaseException | None = None) -> None:
        if not self._open:
            return
        # It may stay the current one: whoever asks for that takes the nearest open one.
        self._open = False
        try:
            if self._parent is None and _current.get() is self:
                _current.set(None)
            producer = self._producer
            taken = self._result
            result = "" if taken is _NOTHING else _quick_value("result", taken)
            if error is None and result is not None and producer is not None:
                body = f'"span_id":"{self.span_id}","status":"ok"{result}'
                if (not result or _is_quick(body)) and producer.quick(self, _END, body):
                    return
            self._send_end(error)
        except Exception as fault:
            if _is_foreign(fault):
                raise

    def _tag(self, key: object, value: object) -> None:
        if self.span_id is None:
            self._tags[cast(str, key) if _is_a(key, str) else _describe(key)] = value
        elif self._open:
            try:
                self._send_tag(key, value)
            except Exception as error:
                if _is_foreign(error):
                    raise

    def _send_start(self, parent: str, taken: _Captured) -> None:
        captured_name, members = _capture_name(self._name), _capture_members(self._tags)
        params = _captured(taken, 2)

        def build(body: _Body) -> None:
            body.fixed('"span_id":"%s","parent_span_id":%s' % (self.span_id, parent))
            body.name("name", captured_name)
            body.fixed('"kind":"%s"' % self._kind)
            body.members("tags", members, len(self._tags))
            body.value("params", params)

        self._send_built(_START, build)

    def _send_tag(self, key: object, value: object) -> None:
        name, text = _quick_name(key), _quick_scalar(value)
        producer = self._producer
        if name is not None and text is not None and producer is not None:
            body = f'"span_id":"{self.span_id}","key":{name},"value":{text}'
            if _is_quick(body) and producer.quick(self, _TAG, body):
                return
        captured_key, captured = _capture_name(key), _capture(value, 2)

        def build(body: _Body) -> None:
            body.fixed('"span_id":"%s"' % self.span_id)
            body.name("key", captured_key)
            body.value("value", captured)

        self._send_built(_TAG, build)

    def _send_log(self, message: object, level: object, fields: dict[str, object]) -> None:
        known = _level(level)
        members = _quick_members("fields", fields) if fields else ""
        producer = self._producer
        if (
            type(message) is str
            and len(message) <= _QUICK_VALUE_CHARS
            and members is not None
            and producer is not None
        ):
            text = _quote(message)
            body = f'"span_id":"{self.span_id}","message":{text},"level":"{known}"{members}'
            if _is_quick(body) and producer.quick(self, _LOG, body):
                return
        captured, captured_members = _capture_text(message), _capture_members(fields)

        def build(body: _Body) -> None:
            body.fixed('"span_id":"%s"' % self.span_id)
            body.value("message", captured)
            body.fixed('"level":"%s"' % known)
            body.members("fields", captured_members, len(fields))

        self._send_built(_LOG, build)

    def _send_end(self, error: BaseException | None) -> None:
        ending, result = _judge(error), _captured(self._result, 2)

        def build(body: _Body) -> None:
            body.fixed('"span_id":"%s","status":"%s"' % (self.span_id, ending.status))
            body.error(ending.error)
            if ending.error_type is not None:
                body.name("error_type", ending.error_type)
            body.value("result", result)

        self._send_built(_END, build)

    def _send_built(self, opening: str, build: _Build) -> None:
        producer = self._producer
        if producer is not None and not producer.dead:
            producer.send((self, opening, _now_ns(), _build(build, _ROUNDS[0]), build))


class _NullSpan(Span):
    """What everybody gets while the SDK is off: it takes every call and does nothing."""

    __slots__ = ()

    def tag(self, key: str | None = None, value: object = None, /, **tags: object) -> Span:
        return self

    def log(self, message: object, /, level: str = "info", **fields: object) -> Span:
        return self

    def result(self, value: object) -> Span:
        return self

    def __enter__(self) -> Span:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def __call__(self, function: _F, /) -> _F:
        return function


_NULL = _NullSpan("", _SPAN, {})


def _level(level: object) -> str:
    text = level if type(level) is str else ""
    if text not in _LEVELS:
        text = _LEVEL_ALIASES.get(text.lower(), text.lower())
    return text if text in _LEVELS else "info"


class _Ending(NamedTuple):
    status: str
    error: _Captured | None
    error_type: _Captured | None


def _judge(error: BaseException | None) -> _Ending:
    """How a span ended that this exception left (sdk.status)."""
    if error is None or _is_a(error, GeneratorExit):
        return _Ending(_OK, None, None)
    type_name = _capture_name(_type_name(error))
    if _is_a(error, KeyboardInterrupt) or _is_task_cancelled(error):
        return _Ending(_CANCELLED, None, type_name)
    if _is_a(error, Failed):
        return _Ending(_FAILED, _capture_error(_text(_ask(error, "reason"))), type_name)
    if _is_a(error, SystemExit):
        code = _ask(error, "code")
        if code is None or (_is_a(code, int) and int.__int__(cast(int, code)) == 0):
            return _Ending(_OK, None, None)
        return _Ending(_FAILED, _capture_error(_text(code)), type_name)
    return _Ending(_FAILED, _capture_error(_traceback(error)), type_name)


def _ask(error: BaseException, attribute: str) -> object:
    """An attribute, or the exception itself: its class may have made a property of it."""
    try:
        return getattr(error, attribute)
    except Exception as fault:  # whatever the property's own code raises
        if _is_struck(fault):
            raise
        return error


def _is_task_cancelled(error: BaseException) -> bool:
    exceptions = sys.modules.get("asyncio.exceptions")  # not imported: nobody can raise it
    return exceptions is not None and _is_a(error, exceptions.CancelledError)


def _text(value: object) -> str:
    try:
        return value if type(value) is str else str(value)
    except Exception as error:  # whatever the object's own code raises
        if _is_struck(error):
            raise
        return _describe(value)


def _traceback(error: BaseException) -> str:
    """The whole traceback, but for the SDK's own frames at its beginning."""
    try:
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_globals is globals():
            trace = trace.tb_next
        return "".join(traceback.format_exception(type(error), error, trace))
    except Exception as fault:  # an exception may fail to show itself
        if _is_struck(fault):
            raise
        return _type_name(error)


# Decorated functions.

_Open = Callable[[tuple[Any, ...], dict[str, Any]], Span]
_Settle = Callable[[Span, Any], Any]


def _keep(span: Span, value: Any) -> Any:
    return value


def _decorate(function: Callable[..., Any], make: _Open, settle: _Settle) -> Callable[..., Any]:
    """Make a span of each call, by the function's kind; settle sees what it returns."""
    if inspect.isasyncgenfunction(function):
        wrapper = _around_async_generator(function, make)
    elif inspect.iscoroutinefunction(function):
        wrapper = _around_coroutine(function, make, settle)
    elif inspect.isgeneratorfunction(function):
        wrapper = _around_generator(function, make)
    else:
        wrapper = _around_function(function, make, settle)
    return functools.wraps(function)(wrapper)


def _around_function(
    function: Callable[..., Any], make: _Open, settle: _Settle
) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        span, outside = make(args, kwargs), _current.get()
        span._start()
        try:
            value = function(*args, **kwargs)
            if _is_a(value, CoroutineType):
                return _await_within(span, _Turns(outside), value, settle)
            value = settle(span, value)
        except BaseException as error:
            span._end(error)
            raise
        span._end()
        return value

    return call


def _await_within(
    span: Span, turns: _Turns, coroutine: Coroutine[Any, Any, Any], settle: _Settle
) -> Coroutine[Any, Any, Any]:
    """A plain function gave a coroutine: its span ends when that does."""

    async def finish() -> Any:
        try:
            with turns:
                value = settle(span, await coroutine)
        except BaseException as error:
            span._end(error)
            raise
        span._end()
        return value

    return functools.wraps(cast(Any, coroutine))(finish)()


def _around_coroutine(
    function: Callable[..., Any], make: _Open, settle: _Settle
) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        with make(args, kwargs) as span:
            return settle(span, await function(*args, **kwargs))

    return call


class _Turns:
    """Keeps a span current only while the code that it stands for has its turn."""

    def __init__(self, outside: Span | None) -> None:
        self._outside = outside
        self.__exit__()

    def __enter__(self) -> None:
        self._outside = _current.get()
        _current.set(self._inside)

    def __exit__(self, *_: object) -> None:
        self._inside = _current.get()
        _current.set(self._outside)


def _around_generator(function: Callable[..., Any], make: _Open) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        span, outside = make(args, kwargs), _current.get()
        span._start()
        turns = _Turns(outside)
        sent: Any = None
        try:
            inner: Generator[Any, Any, Any] = function(*args, **kwargs)
            resume: Callable[[Any], Any] = inner.send
            while True:
                with turns:
                    item = resume(sent)
                try:
                    sent = yield item
                    resume = inner.send
                except GeneratorExit:
                    with turns:
                        inner.close()
                    raise
                except BaseException as error:
                    resume, sent = inner.throw, error
        except StopIteration as stop:
            span._end()
            return stop.value
        except BaseException as error:
            span._end(error)
            raise

    return call


def _around_async_generator(function: Callable[..., Any], make: _Open) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        span, outside = make(args, kwargs), _current.get()
        span._start()
        turns = _Turns(outside)
        sent: Any = None
        try:
            inner: AsyncGenerator[Any, Any] = function(*args, **kwargs)
            resume: Callable[[Any], Awaitable[Any]] = inner.asend
            while True:
                with turns:
                    item = await resume(sent)
                try:
                    sent = yield item
                    resume = inner.asend
                except GeneratorExit:
                    with turns:
                        await inner.aclose()
                    raise
                except BaseException as error:
                    resume, sent = inner.athrow, error
        except StopAsyncIteration:
            span._end()
        except BaseException as error:
            span._end(error)
            raise

    return call


# Instrumented clients.


def instrument(client: _T) -> _T:
    """Stand for a client: each call of a public method is a span of kind rpc.

    Private names, dunders and plain attributes pass through, and isinstance
    against the client's class holds. While the SDK is off it is the client itself.
    """
    if _silent or _start_producer() is None or _is_a(client, _Proxy):
        return client
    return cast(_T, _proxy(client, "rpc:" + _type_name(client), None))


class _Proxy:
    """What a client's proxy has of its own; the client's dunders come on top."""

    __slots__ = ("__client__", "__root__", "__span_name__", "__weakref__")
    __client__: Any
    __root__: _Proxy | None  # None for itself: in a cycle it would outlive its last use
    __span_name__: str

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.__client__, name)
        if name.startswith("_") or _is_a(value, type) or not callable(value):
            return value
        span_name = self.__span_name__ + "." + name
        root = _root(self)
        if _is_routine(value):
            return _decorate(value, _opener(span_name), _settler(root))
        return _proxy(value, span_name, root)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self.__client__, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.__client__, name)


class _Method(_Proxy):
    """A callable object that is a client's method, and those that hang on it."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        make, settle = _opener(self.__span_name__), _settler(_root(self))
        return _around_function(self.__client__, make, settle)(*args, **kwargs)


def _proxy(client: object, span_name: str, root: _Proxy | None) -> _Proxy:
    """A proxy of a client, or of a method with the client's own proxy as its root."""
    base = _Proxy if root is None else _Method
    proxy = _proxy_class(cast(Any, type(client)), base)()
    own = {"__client__": client, "__root__": root, "__span_name__": span_name}
    for name, value in own.items():
        object.__setattr__(proxy, name, value)
    return proxy


def _root(proxy: _Proxy) -> _Proxy:
    return proxy if proxy.__root__ is None else proxy.__root__


def _opener(name: str) -> _Open:
    def make(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Span:
        params: dict[str, object] = {}
        if args:
            params["args"] = args
        if kwargs:
            params["kwargs"] = kwargs
        return Span(name, _RPC, {}, params)

    return make


def _settler(proxy: _Proxy) -> _Settle:
    """Record what a method gave; a method that gives its client gives the proxy."""
    client = proxy.__client__

    def settle(span: Span, value: Any) -> Any:
        if value is client:
            return proxy
        span.result(value)
        return value

    return settle


def _is_routine(value: object) -> bool:
    """What inspect.isroutine says, by the type alone."""
    kind = type(value)
    if issubclass(kind, (FunctionType, MethodType, BuiltinFunctionType)):
        return True
    return hasattr(kind, "__get__") and not hasattr(kind, "__set__")


# A class's own machinery, which a proxy must not take over.
_NOT_FORWARDED = {
    "__class__",
    "__class_getitem__",
    "__del__",
    "__delattr__",
    "__getattr__",
    "__getattribute__",
    "__init__",
    "__init_subclass__",
    "__instancecheck__",
    "__new__",
    "__setattr__",
    "__set_name__",
    "__subclasscheck__",
    "__subclasshook__",
}


# Weak, since whoever keeps a class alive keeps its module's globals from their end.
_proxy_classes: weakref.WeakKeyDictionary[type, dict[type[_Proxy], type[_Proxy]]]
_proxy_classes = weakref.WeakKeyDictionary()


def _proxy_class(kind: Any, base: type[_Proxy]) -> type[_Proxy]:
    try:
        known = _proxy_classes.setdefault(kind, {})
    except Exception:  # a class may be without a hash
        known = {}
    if base not in known:
        known[base] = _make_proxy_class(kind, base)
    return known[base]


def _make_proxy_class(kind: Any, base: type[_Proxy]) -> type[_Proxy]:
    """A proxy class with the dunders of a client's class, which Python looks up on types."""
    members: dict[str, Any] = {"__slots__": ()}
    members["__class__"] = property(lambda self: self.__client__.__class__)  # for isinstance
    for parent in reversed(type.__dict__["__mro__"].__get__(kind)):
        for name, value in vars(parent).items():
            if name in vars(base) or name in _NOT_FORWARDED:
                continue
            if name.startswith("__") and name.endswith("__"):
                if callable(value):
                    members[name] = _forwarder(name)
                elif value is None:
                    members[name] = None  # such as the __hash__ of what has no hash
    return type(_name_of(kind), (base,), members)


def _forwarder(name: str) -> Callable[..., Any]:
    if name == "__aenter__":

        async def enter(self: _Proxy) -> Any:
            value = await type(self.__client__).__aenter__(self.__client__)
            return self if value is self.__client__ else value

        return enter

    def forward(self: _Proxy, *args: Any, **kwargs: Any) -> Any:
        client = self.__client__
        value = getattr(type(client), name)(client, *args, **kwargs)
        return self if value is client else value

    return forward


# Flows.


class _Flow:
    """The decorator for flows, and the door to spans."""

    Failed = Failed

    @overload
    def __call__(self, function: _F, /) -> _F: ...

    @overload
    def __call__(
        self,
        /,
        *,
        name: str | None = None,
        inputs: Mapping[str, object] | None = None,
        description: str | None = None,
    ) -> Callable[[_F], _F]: ...

    def __call__(
        self,
        function: Callable[..., Any] | None = None,
        /,
        *,
        name: str | None = None,
        inputs: Mapping[str, object] | None = None,
        description: str | None = None,
    ) -> Any:
        """Mark a function as a flow; calling it runs the function and nothing else."""
        _expect("name", name, str)
        _expect("description", description, str)
        _expect("inputs", inputs, Mapping)

        def stamp(function: _F) -> _F:
            setattr(function, "__hero_flow__", _metadata(function, name, inputs, description))
            return function

        return stamp if function is None else stamp(function)

    def step(self, name: str, /, **tags: object) -> Span:
        """A step of the flow: a context manager, sync or async, or a decorator."""
        if _silent or (_producer is None and _start_producer() is None):
            return _NULL
        return Span(name, _STEP, tags)

    def span(self, name: str, /, **tags: object) -> Span:
        """Any stretch of code, smaller than a step."""
        if _silent or (_producer is None and _start_producer() is None):
            return _NULL
        return Span(name, _SPAN, tags)

    @property
    def current_span(self) -> Span:
        """The nearest open span, or one that takes every call and does nothing."""
        return _nearest_open(_current.get()) or _NULL

    def wrap(self, function: _F, /) -> _F:
        """Carry the current span into a thread or an executor."""
        span = _nearest_open(_current.get())
        if span is None:
            return function
        if inspect.iscoroutinefunction(function):
            wrapper = _carry_async(span, function)
        else:
            wrapper = _carry(span, function)
        return cast(_F, functools.wraps(function)(wrapper))

    def child_env(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """An environment for a child process that hangs its roots under the current span."""
        child = dict(os.environ if env is None else env)
        producer = None if _silent else _start_producer()
        if producer is not None:
            span = _nearest_open(_current.get())
            child[_ENV_SOCKET] = os.environ.get(_ENV_SOCKET, "")
            child[_ENV_PARENT] = (producer.root_parent if span is None else span.span_id) or ""
        return child

    def run(
        self,
        path: str | os.PathLike[str],
        input: Mapping[str, object] | None = None,
        /,
        *,
        flow: str | None = None,
        timeout: float | None = None,
    ) -> Any:
        """Run a flow of another file in a process of its own, and return what it returns.

        The path is relative to the working directory, as for open(); flow names one of
        several flows in the file. Its root span hangs under the current span. Inputs and
        the result go as JSON, whole; what JSON cannot hold of a result comes as a readable
        text.

        A flow that fails, raises, exits with a code other than zero or is killed raises
        flow.Failed, and so does a file that cannot be loaded; a traceback is printed on
        stderr. After timeout seconds the process is ended and TimeoutError is raised. In
        asyncio, await asyncio.to_thread(flow.run, ...).
        """
        _expect_inputs(input)
        inputs = _write_json(None if input is None else dict(input))
        file = os.fsdecode(path)
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                process = _start_host(file, theirs.fileno(), self.child_env())
            with _Subflow(process, ours, file, timeout) as subflow:
                return subflow.run(flow, inputs)


flow = _Flow()


def _carry(span: Span, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        outside = _current.get()
        _current.set(span)
        try:
            return function(*args, **kwargs)
        finally:
            _current.set(outside)

    return call


def _carry_async(span: Span, function: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*args: Any, **kwargs: Any) -> Any:
        outside = _current.get()
        _current.set(span)
        try:
            return await function(*args, **kwargs)
        finally:
            _current.set(outside)

    return call


_EXPECTED: dict[Any, str] = {str: "a string", Mapping: "a mapping of input names to types"}


def _expect(argument: str, value: object, kind: Any) -> None:
    if value is not None and not isinstance(value, kind):
        raise TypeError(
            "flow(%s=...) takes %s, not %s" % (argument, _EXPECTED[kind], _type_name(value))
        )


def _metadata(
    function: Callable[..., Any],
    name: str | None,
    inputs: Mapping[str, object] | None,
    description: str | None,
) -> dict[str, object]:
    if not inspect.isfunction(function):
        raise TypeError(
            "@flow decorates a function, not %s; options go by name, as in @flow(name='x')"
            % _type_name(function)
        )
    return {
        "name": function.__name__ if name is None else name,
        "description": inspect.getdoc(function) or "" if description is None else description,
        "inputs": _read_inputs(function) if inputs is None else _given_inputs(inputs),
        "entry": function.__qualname__,
        "async": inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function),
    }


_TYPE_NAMES: dict[object, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    list: "array",
    tuple: "array",
    dict: "object",
    type(None): "null",
}


def _type_text(annotation: object) -> str:
    """The JSON type that an annotation stands for, or any."""
    if isinstance(annotation, str):
        if annotation in _TYPE_NAMES.values():
            return annotation
        annotation = getattr(builtins, annotation, None)
    base = typing.get_origin(annotation) or annotation
    return _TYPE_NAMES.get(base, "any") if isinstance(base, type) else "any"


def _read_inputs(function: Callable[..., Any]) -> list[dict[str, object]]:
    """The inputs that a signature tells: name, type, required, default."""
    try:
        hints = typing.get_type_hints(function)
    except Exception:  # an annotation may name what does not exist at run time
        hints = {}
    found: list[dict[str, object]] = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        entry: dict[str, object] = {
            "name": parameter.name,
            "type": _type_text(hints.get(parameter.name, parameter.annotation)),
            "required": parameter.default is parameter.empty,
        }
        if parameter.default is not parameter.empty:
            entry["default"] = _plain_data(parameter.default)
        found.append(entry)
    return found


def _given_inputs(inputs: Mapping[str, object]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for name, given in inputs.items():
        if not isinstance(name, str):
            raise TypeError("flow(inputs=...) names an input by a string, not %r" % (name,))
        entry: dict[str, object] = {"name": name, "type": "any", "required": True}
        if isinstance(given, Mapping):
            entry.update(cast(Mapping[str, object], given))
            entry["required"] = entry.get("required", True) and "default" not in entry
        else:
            entry["type"] = given
        entry["type"] = _type_text(entry["type"])
        found.append(cast(dict[str, object], _plain_data(entry)))
    return found


def _plain_data(value: object) -> Any:
    """The value as JSON has it, or a text that describes it."""
    captured = _capture(value, 1)
    if captured.is_string or captured.size >= _MEASURED_BYTES:
        return captured.text
    return _read_json(captured.text)


def _bootstrap_run(
    entry: Callable[..., Any], input_data: Mapping[str, object] | None = None
) -> Any:
    """Run a flow under its root span and return what it returns; the executor's door.

    A coroutine runs in an event loop of its own; a generator gives a list.
    """
    if _silent or _start_producer() is None:
        return _run(entry, input_data)
    metadata: dict[str, Any] = getattr(entry, "__hero_flow__", {})
    name: str = metadata.get("name", getattr(entry, "__name__", "flow"))
    with Span(name, _FLOW, {}, input_data) as root:
        value = _run(entry, input_data)
        root.result(value)
        return value


def _run(entry: Callable[..., Any], inputs: Mapping[str, object] | None) -> Any:
    _expect_inputs(inputs)
    value = entry(**inputs) if inputs else entry()
    if _is_a(value, CoroutineType):
        return _run_loop(value)
    if _is_a(value, AsyncGeneratorType):
        return _run_loop(_exhaust(value))
    return list(value) if _is_a(value, GeneratorType) else value


def _expect_inputs(inputs: object) -> None:
    if inputs is not None and not isinstance(inputs, Mapping):
        raise TypeError("a flow's inputs are a mapping of names to values, not %r" % (inputs,))


def _run_loop(coroutine: Coroutine[Any, Any, Any]) -> Any:
    import asyncio  # slow to import, and few flows need it

    return asyncio.run(coroutine)


async def _exhaust(items: AsyncGenerator[Any, Any]) -> list[Any]:
    return [item async for item in items]


# A flow's file in a process of its own. Over a socket, whose other end is the executor's
# or that of flow.run, go lines of JSON:
#
#   here   {"flows": [...]}, or {"broken": {"error": ..., "error_type": ...}} at the last
#   there  {"run": ATTRIBUTE, "input": {...}}, or the end if only a look was wanted
#   here   {"outcome": "ok", "result": ...}, with "cut": true if that is not all of it
#          {"outcome": "failed", "error": ..., "error_type": ...}, and so "raised"
#          {"outcome": "exited", "code": ...}
#          {"outcome": "interrupted"}

_RESULT_BYTES = 1_048_576
_CHUNK_BYTES = 65_536


class _Host:
    """This process, which the executor started for a flow's file, and its end of the socket.

    The flow may do to both what it likes: what then cannot be said is not said.
    """

    def __init__(self, channel: socket.socket, file: str) -> None:
        channel.set_inheritable(False)
        self._socket = channel
        self._identity = os.fstat(channel.fileno())[1:3]
        self._pid = os.getpid()
        self._file = file

    def serve(self) -> object:
        """Load the file, run the flow that is asked for, and return what sys.exit takes."""
        try:
            module = _load(self._file)
            told = self._tell(flows=_flows_of(module))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._tell(broken=self._raised(error))
            _leave(1)
        request = _read_line(self._receive) if told else None
        if request is None:
            _leave(0)
        try:
            return self._perform(vars(module)[request["run"]], request.get("input"))
        finally:
            self._let_go()

    def _perform(self, entry: Callable[..., Any], inputs: Mapping[str, object] | None) -> object:
        try:
            value = _bootstrap_run(entry, inputs)
        except Failed as failure:
            reason = _text(_ask(failure, "reason"))
            self._tell(outcome="failed", **_error_fields(failure, reason))
        except SystemExit as leaving:
            argument, code = _exit_of(leaving)
            self._tell(outcome="exited", code=code)
            return argument
        except KeyboardInterrupt:
            self._tell(outcome="interrupted")
            raise
        except BaseException as error:
            self._tell(outcome="raised", **self._raised(error))
        else:
            self._tell_result(value)
            return 0
        return 1

    def _raised(self, error: BaseException) -> dict[str, str]:
        return _error_fields(error, _traceback(error))

    def _tell_result(self, value: object) -> None:
        try:
            line = '{"outcome":"ok","result":%s}' % self._result_text(value)
        except Exception:  # JSON cannot hold it, or nobody wants that much
            result = _write_json(_plain_data(value))
            line = '{"outcome":"ok","result":%s,"cut":true}' % result
        self._send(line)

    def _result_text(self, value: object) -> str:
        text = _write_json(value, ensure_ascii=False, allow_nan=False)
        if len(text.encode()) > _RESULT_BYTES:
            raise _Full
        return text

    def _tell(self, **line: object) -> bool:
        return self._send(_write_json(line, ensure_ascii=False))

    def _send(self, line: str) -> bool:
        """Whether a line could be said."""
        try:
            if self._is_ours():
                self._socket.sendall(_clean(line).encode() + b"\n", _SEND_FLAGS)
                return True
        except OSError:
            pass
        return False

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(_CHUNK_BYTES) if self._is_ours() else b""
        except OSError:
            return b""

    def _is_ours(self) -> bool:
        """Whether the socket is still there, and this process no fork."""
        return os.getpid() == self._pid and _is_still(self._socket.fileno(), self._identity)

    def _let_go(self) -> None:
        if self._is_ours():
            self._socket.close()
        else:
            self._socket.detach()


class _SubflowHost(_Host):
    """A process that flow.run started: a result is data, and a traceback goes to stderr."""

    def _raised(self, error: BaseException) -> dict[str, str]:
        try:
            print(_traceback(error), end="", file=sys.stderr)
        except Exception:  # whatever the flow put there
            pass
        return super()._raised(error)

    def _result_text(self, value: object) -> str:
        return _write_json(value, default=_describe)


def _read_line(receive: Callable[[], bytes]) -> Any:
    """The next line, which the other end says after ours alone; None if it says none."""
    data = bytearray()
    while not data.endswith(b"\n"):
        chunk = receive()
        if not chunk:
            return None
        data += chunk
    return _read_json(data)


def _error_fields(error: BaseException, text: str) -> dict[str, str]:
    captured = _capture_error(text)
    text = captured.text
    if captured.size >= _MEASURED_BYTES:
        text = _cut_middle(text, _MEASURED_BYTES, _ERROR_HEAD_BYTES)
    return {"error": text, "error_type": _type_name(error)}


def _exit_of(leaving: SystemExit) -> tuple[object, int]:
    """What sys.exit takes, and the code that Python makes of it."""
    argument = _ask(leaving, "code")
    if _is_a(argument, int):
        code = int.__int__(cast(int, argument)) & 0xFF
        return code, code
    return argument, 0 if argument is None else 1


def _leave(code: int) -> NoReturn:
    """End at once: no thread and no exit handler holds up who only looked."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:  # whatever the flow put there
            pass
    os._exit(code)


def _load(file: str) -> ModuleType:
    """Run a file as a script is run, but as a module that is not __main__."""
    import importlib.machinery
    import importlib.util

    path, shown = os.path.realpath(file), os.path.abspath(file)
    with open(shown, "rb") as source:
        code = compile(source.read(), shown, "exec", dont_inherit=True)
    sys.argv = [file]
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.path.dirname(path))
    name = _module_name(path)
    loader = importlib.machinery.SourceFileLoader(name, shown)
    spec = importlib.util.spec_from_file_location(name, shown, loader=loader)
    module = sys.modules[name] = importlib.util.module_from_spec(cast(Any, spec))
    exec(code, vars(module))
    return module


def _module_name(path: str) -> str:
    """The name by which an import finds this very file, else one that nobody has."""
    import importlib.util

    name = os.path.splitext(os.path.basename(path))[0]
    known = "." in name or name in sys.modules
    found = None if known else importlib.util.find_spec(name)
    return name if found is not None and found.origin == path else "_hero_flow"


def _flows_of(module: ModuleType) -> list[dict[str, Any]]:
    """The flows that a module defines, in that order, each once."""
    found: dict[int, dict[str, Any]] = {}
    for attribute, value in list(vars(module).items()):
        metadata = inspect.getattr_static(value, "__hero_flow__", None)
        if _is_a(metadata, dict) and getattr(value, "__module__", None) == module.__name__:
            found.setdefault(id(value), {**metadata, **_whereabouts(attribute, value)})
    return list(found.values())


def _whereabouts(attribute: str, function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    code = getattr(inspect.unwrap(function), "__code__", None)
    return {
        "attribute": attribute,
        "line": getattr(code, "co_firstlineno", 0),
        "open_inputs": any(one.kind is one.VAR_KEYWORD for one in parameters),
    }


# Sub-flows: flow.run starts a host, and is its other end.

_GRACE_SECONDS = 2.0
_LOOK_SECONDS = 0.25

# The SDK is found by its place, which is put on the path only then, for what the flow
# spawns, and last: neither the SDK nor anybody else shall import a json.py from there.
_HOST_PROGRAM = """\
import sys
if sys.path[:1] == [""]:
    del sys.path[0]
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from socket import socket
name, directory, descriptor, file = sys.argv[1:]
spec = PathFinder.find_spec(name, [directory])
sdk = sys.modules[name] = module_from_spec(spec)
spec.loader.exec_module(sdk)
sys.path.append(directory)
raise SystemExit(sdk._SubflowHost(socket(fileno=int(descriptor)), file).serve())
"""


def _start_host(file: str, descriptor: int, env: dict[str, str]) -> subprocess.Popen[bytes]:
    import subprocess  # slow to import, and few flows need it

    directory = os.path.dirname(os.path.abspath(__file__))
    words = [sys.executable, "-c", _HOST_PROGRAM, __name__, directory, str(descriptor), file]
    return subprocess.Popen(words, env=env, stdin=subprocess.DEVNULL, pass_fds=[descriptor])


class _Subflow:
    """A flow's file in a process of its own, which is gone when this is left."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        channel: socket.socket,
        file: str,
        timeout: float | None,
    ) -> None:
        self._process = process
        self._socket = channel
        self._label = os.path.basename(os.path.abspath(file))
        self._timeout = timeout
        self._began = time.monotonic()

    def __enter__(self) -> _Subflow:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is not None and issubclass(kind, KeyboardInterrupt):
                _has_ended(self._process, _GRACE_SECONDS)  # it was most likely struck too
            self._process.terminate()
            _has_ended(self._process, _GRACE_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()

    def run(self, wanted: str | None, inputs: str) -> Any:
        told = _read_line(self._receive) or {}
        if "flows" in told:
            chosen = _choose(told["flows"], wanted, self._label)
            self._label = "%s (%s)" % (chosen["name"], self._label)
            self._say('{"run":%s,"input":%s}\n' % (_write_json(chosen["attribute"]), inputs))
            told = _read_line(self._receive) or {}
        code = self._wait()
        if told.get("outcome") == "ok" and "cut" not in told:
            return told["result"]
        if told == {"outcome": "exited", "code": 0}:
            return None
        raise Failed("%s: %s" % (self._label, _reason(told, code)))

    def _say(self, line: str) -> None:
        try:
            self._socket.sendall(line.encode(), _SEND_FLAGS)
        except ConnectionError:
            pass  # it is gone: what comes of it tells more

    def _receive(self) -> bytes:
        """What it says next; nothing once it is gone, also if another holds its socket."""
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        while True:
            gone = self._process.poll() is not None  # asked first: what it said is there then
            left = self._left()
            look = _LOOK_SECONDS if left is None else min(left, _LOOK_SECONDS)
            if poll.poll(0 if gone else look * 1000):
                return self._take()
            if gone:
                return b""

    def _take(self) -> bytes:
        try:
            return self._socket.recv(_CHUNK_BYTES)
        except ConnectionError:
            return b""

    def _wait(self) -> int:
        """The exit code, when its threads and exit handlers are done."""
        while not _has_ended(self._process, self._left()):
            pass
        return self._process.returncode

    def _left(self) -> float | None:
        """The seconds until the deadline, if there is one."""
        if self._timeout is None:
            return None
        left = self._began + self._timeout - time.monotonic()
        if left <= 0:
            raise TimeoutError("%s: took longer than %g s" % (self._label, self._timeout))
        return left


def _has_ended(process: subprocess.Popen[bytes], seconds: float | None) -> bool:
    import subprocess

    try:
        process.wait(seconds)
        return True
    except subprocess.TimeoutExpired:
        return False


def _choose(flows: list[dict[str, Any]], wanted: str | None, label: str) -> dict[str, Any]:
    """The flow of that attribute, else of that name; the only one if any will do."""
    found = [one for one in flows if wanted in (None, one["attribute"])]
    found = found or [one for one in flows if one["name"] == wanted]
    if len(found) == 1:
        return found[0]
    if not flows:
        raise ValueError("%s has no flow" % label)
    known = ", ".join(
        one["name"] if one["name"] == one["attribute"] else "%(attribute)s (%(name)s)" % one
        for one in flows
    )
    raise ValueError("%s: expected flow to name one of %s, found %r" % (label, known, wanted))


def _reason(told: dict[str, Any], code: int) -> str:
    """Why a sub-flow gave no result."""
    if told.get("outcome") == "ok":
        return "JSON cannot hold its result"
    if told.get("outcome") == "failed":
        return cast(str, told["error"]) or "failed"
    error = told.get("broken", told).get("error")
    if error is not None:
        return _last_line(error)
    return "killed by " + _signal_name(-code) if code < 0 else "exited with %d" % code


def _last_line(text: str) -> str:
    """The last line of a traceback; that of an exception group is framed."""
    lines = [line.lstrip(" |+-") for line in text.splitlines()]
    return next(filter(None, reversed(lines)), "")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal
        return "signal %d" % number
