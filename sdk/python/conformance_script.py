"""Runs the scripts of the conformance suite with one copy of the SDK.

What each operation and each value means is written in conformance/README.md in
the repository; conformance_adapter.py beside this file speaks with the suite.
"""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import threading
from collections.abc import AsyncGenerator, Awaitable, Coroutine, Generator, Iterable
from pathlib import Path
from typing import Any, Callable, TypeVar

SDK = Path(__file__).resolve().with_name("hero_tracing.py")

Spec = Any  # a value as a script writes it
Op = dict[str, Any]
T = TypeVar("T")


class AdapterBroken(BaseException):
    """The adapter is wrong, or uses the SDK wrongly: no verdict on the SDK."""


def loops() -> Any:
    """The module asyncio: to import it takes longer than all else, and few scripts need it."""
    import asyncio

    return asyncio


# The values of a script.


def make(spec: Spec) -> Any:
    """Make the value that a script describes."""
    if isinstance(spec, list):
        return [make(item) for item in spec]
    if not isinstance(spec, dict):
        return spec
    if "gen" in spec:
        return RECIPES[spec["gen"]](spec)
    return {key: make(value) for key, value in spec.items()}


def make_text(spec: Op) -> str:
    char: str = spec["char"]
    return char * (int(spec["bytes"]) // len(char.encode()))


def make_integer(spec: Op) -> int:
    digits: str = spec["digits"]
    value = 0
    for start in range(0, len(digits.lstrip("-")), 4000):  # Python refuses more at once
        part = digits.lstrip("-")[start : start + 4000]
        value = value * int(10 ** len(part)) + int(part)
    return -value if digits.startswith("-") else value


def make_deep(spec: Op) -> Any:
    value: Any = [] if spec["of"] == "array" else {}
    for _ in range(spec["levels"] - 1):
        value = [value] if spec["of"] == "array" else {"in": value}
    return value


def make_cyclic(spec: Op) -> Any:
    if spec["of"] == "array":
        items: list[Any] = []
        items.append(items)
        return items
    members: dict[str, Any] = {}
    members["self"] = members
    return members


def make_key(spec: Spec) -> Any:
    key = make(spec)
    return tuple(key) if isinstance(key, list) else key


class Thing:
    """An object of the user's own, which may describe itself badly."""

    def __init__(self, describes: str) -> None:
        self.describes = describes

    def __repr__(self) -> str:
        if self.describes == "raises":
            raise RuntimeError("this object has no description")
        answers: dict[str, Any] = {"long": "x" * 1_000_000, "not-text": 5}
        text: str = answers.get(self.describes, "<thing>")
        return text


RECIPES: dict[str, Callable[[Op], Any]] = {
    "text": make_text,
    "join": lambda spec: "".join(make(part) for part in spec["parts"]),
    "surrogate": lambda spec: chr(spec["unit"]),
    "number": lambda spec: float(spec["value"]),
    "integer": make_integer,
    "power-of-ten": lambda spec: 10 ** int(spec["exponent"]),
    "deep": make_deep,
    "cyclic": make_cyclic,
    "members": lambda spec: {f"k{n}": make(spec["value"]) for n in range(spec["count"])},
    "map": lambda spec: {make_key(key): make(value) for key, value in spec["pairs"]},
    "bytes": lambda spec: bytes(n % 256 for n in range(spec["bytes"])),
    "set": lambda spec: {make_key(item) for item in spec["items"]},
    "object": lambda spec: Thing(spec["describes"]),
}


def unsupported(spec: object) -> str | None:
    """An operation or recipe that this adapter does not know."""
    left = [spec]
    for item in left:  # which grows while we look
        if isinstance(item, list):
            left.extend(item)
        elif isinstance(item, dict):
            for mark, known in (("op", OPERATIONS), ("gen", RECIPES)):
                if mark in item and item[mark] not in known:
                    return f"{mark} {item[mark]}"
            left.extend(item.values())
    return None


# What the user's code saw.


def echo(got: object, given: object, spec: Spec) -> Any:
    """The script's own words for a value, if it is the very one that was given."""
    return spec if got is given else {"other": f"{got!r:.200}"}


def report_of(error: BaseException) -> dict[str, Any]:
    """What the user's code sees of an exception: the script's own words if it is ours."""
    if isinstance(error, AdapterBroken):
        raise error
    known: dict[str, Any] | None = getattr(error, "conformance_report", None)
    if known is not None:
        return known
    if "asyncio" in sys.modules and isinstance(error, loops().CancelledError):
        return {"type": "cancelled", "message": None}  # a task may make another of it
    if raised_by(error) == report_of.__code__.co_filename:
        raise AdapterBroken(f"{type(error).__name__}: {error}") from error
    return {"type": type(error).__name__, "message": str(error)}


def raised_by(error: BaseException) -> str | None:
    """Which of the two files, this one or the SDK, called what raised it."""
    files = (report_of.__code__.co_filename, str(SDK))
    raised = None
    trace = error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        raised = file if file in files else raised
        trace = trace.tb_next
    return raised


def exception(error: BaseException, kind: str, message: Spec) -> BaseException:
    """The exception, marked with what the script calls it."""
    setattr(error, "conformance_report", {"type": kind, "message": message})
    return error


def user_exception(op: Op) -> BaseException:
    kind = op.get("kind", "error")
    if kind == "error":
        made: BaseException = type(op["type"], (Exception,), {})(make(op["message"]))
        return exception(made, op["type"], op["message"])
    if kind == "exit":
        return exception(SystemExit(op.get("code")), kind, op.get("code"))
    plain = loops().CancelledError() if kind == "cancelled" else KeyboardInterrupt()
    return exception(plain, kind, None)


# The script.


def drive(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits: the way sync code runs the script."""
    try:
        work.send(None)
    except StopIteration as stop:
        value: T = stop.value
        return value
    raise AdapterBroken("a script waits outside an event loop")


def connections_to(path: str | None) -> list[int]:
    """The descriptors of this process that are connected to a socket."""
    numbers = [int(name) for name in os.listdir("/dev/fd")]
    return [number for number in numbers if peer_of(number) == path]


def peer_of(number: int) -> object:
    """The address at the other end of a descriptor, or nothing that a path equals."""
    try:
        if not stat.S_ISSOCK(os.fstat(number).st_mode):
            return number
        with socket.socket(fileno=os.dup(number)) as copy:
            return copy.getpeername()
    except OSError:
        return number


def received(end: socket.socket) -> str:
    """All that has come to this end of a connection."""
    parts: list[bytes] = []
    try:
        while not parts or parts[-1]:
            parts.append(end.recv(65_536))
    except BlockingIOError:
        pass
    return b"".join(parts).decode("utf-8", "replace")


def is_same_file(one: int, other: int) -> bool:
    try:
        return os.path.samestat(os.fstat(one), os.fstat(other))
    except OSError:
        return False


class Script:
    """Runs one script with one copy of the SDK.

    One interpreter serves sync and async code: in_loop says which it is.
    """

    def __init__(self, sdk: Any, checkpoint: Callable[[str], None]) -> None:
        self.sdk = sdk
        self.flow = sdk.flow
        self.checkpoint_reached = checkpoint

    async def block(self, ops: Iterable[Op], saw: list[Any], in_loop: bool) -> None:
        for op in ops:
            await OPERATIONS[op["op"]](self, op, saw, in_loop)
            if in_loop:
                await loops().sleep(0)  # the others' turn

    async def branch(self, ops: Iterable[Op], in_loop: bool) -> list[Any]:
        saw: list[Any] = []
        try:
            await self.block(ops, saw, in_loop)
        except BaseException as error:
            saw.append(report_of(error))
        return saw

    async def run_flow(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        value = make(op.get("returns"))
        body: list[Op] = op.get("do", [])

        def entry(**inputs: Any) -> Any:
            drive(self.block(body, saw, False))
            return value

        async def async_entry(**inputs: Any) -> Any:
            await self.block(body, saw, True)
            return value

        function: Callable[..., Any] = async_entry if op.get("async") else entry
        marked = self.flow(name=make(op["name"]))(function)
        got = self.sdk._bootstrap_run(marked, make(op.get("input", {})))
        saw.append(echo(got, value, op.get("returns")))

    async def stretch(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        open_span = getattr(self.flow, op["op"])
        span = open_span(make(op["name"]), **make(op.get("tags", {})))
        body: list[Op] = op.get("do", [])
        if op.get("decorator"):
            await self.decorated(span, body, saw, in_loop)
        elif in_loop:
            async with span:
                await self.block(body, saw, True)
        else:
            with span:
                await self.block(body, saw, False)

    async def decorated(self, span: Any, body: list[Op], saw: list[Any], in_loop: bool) -> None:
        def function() -> None:
            drive(self.block(body, saw, False))

        async def coroutine() -> None:
            await self.block(body, saw, True)

        if in_loop:
            await span(coroutine)()
        else:
            span(function)()

    async def tag(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        self.flow.current_span.tag(make(op["key"]), make(op["value"]))

    async def log(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        fields: dict[str, Any] = make(op.get("fields", {}))
        if "level" in op:
            fields["level"] = op["level"]
        self.flow.current_span.log(make(op["message"]), **fields)

    async def result(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        self.flow.current_span.result(make(op["value"]))

    async def fail(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        raise exception(self.flow.Failed(make(op["reason"])), "Failed", op["reason"])

    async def raise_it(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        raise user_exception(op)

    async def catch(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        try:
            await self.block(op["do"], saw, in_loop)
            saw.append(None)
        except BaseException as error:
            saw.append(report_of(error))

    async def call(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        value = make(op.get("returns"))
        body: list[Op] = op.get("do", [])
        raises: Op | None = op.get("raises")

        def method(client: object, *args: Any, **kwargs: Any) -> Any:
            drive(self.block(body, saw, False))
            if raises is not None:
                raise user_exception(raises)
            return value

        async def async_method(client: object, *args: Any, **kwargs: Any) -> Any:
            await self.block(body, saw, True)
            if raises is not None:
                raise user_exception(raises)
            return value

        function: Callable[..., Any] = async_method if op.get("async") else method
        client = self.sdk.instrument(type(op["class"], (), {op["method"]: function})())
        arguments = make(op.get("args", [])), make(op.get("kwargs", {}))
        got = getattr(client, op["method"])(*arguments[0], **arguments[1])
        if op.get("async"):
            got = await got if in_loop else loops().run(got)
        saw.append(echo(got, value, op.get("returns")))

    async def parallel(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        branches: list[list[Op]] = op["do"]
        seen: list[Any] = [None] * len(branches)
        together = threading.Barrier(max(len(branches), 1))

        def run(index: int) -> None:
            together.wait()
            try:
                seen[index] = drive(self.branch(branches[index], False))
            except AdapterBroken as error:
                seen[index] = error

        function = self.flow.wrap(run) if op.get("wrap") else run
        threads = [threading.Thread(target=function, args=(n,)) for n in range(len(branches))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for error in seen:
            if isinstance(error, AdapterBroken):
                raise error
        saw.append(seen)

    async def tasks(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        async def together() -> list[list[Any]]:
            return list(await loops().gather(*(self.branch(ops, True) for ops in op["do"])))

        saw.append(await together() if in_loop else loops().run(together()))

    async def fork(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            self.be_child(op, writer)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            told = json.loads(pipe.read() or '{"errored": "the child is gone"}')
        os.waitpid(child, 0)
        if isinstance(told, dict):
            raise AdapterBroken(told["errored"])
        saw.append(told)

    def be_child(self, op: Op, writer: int) -> None:
        try:
            told: Any = drive(self.branch(op["do"], False))
        except BaseException as error:
            told = {"errored": str(error)}
        try:
            with os.fdopen(writer, "w") as pipe:
                json.dump(told, pipe)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(0)

    async def hijack(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        near, far = socket.socketpair()
        with near, far:
            near.setblocking(False)
            far.setblocking(False)
            numbers = connections_to(os.environ.get("HERO_FLOW_SPAN_SOCK"))
            for number in numbers:
                os.dup2(near.fileno(), number)  # closes what it was
            try:
                await self.block(op["do"], saw, in_loop)
            finally:
                held = [number for number in numbers if is_same_file(number, near.fileno())]
                for number in held:
                    os.close(number)
            saw.append(received(far) if held == numbers else None)

    async def generator(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        closers = [await self.open_generator(span, in_loop) for span in op["spans"]]
        try:
            await self.block(op.get("do", []), saw, in_loop)
            for close in op["close"]:
                await closers[close["which"]]()
                await self.block(close.get("do", []), saw, in_loop)
        finally:
            for close in op["close"]:
                await closers[close["which"]]()

    async def open_generator(self, span: Op, in_loop: bool) -> Callable[[], Awaitable[None]]:
        """Start a generator that holds a span open; the result closes it."""
        open_span = getattr(self.flow, span["kind"])
        name = make(span["name"])

        def hold() -> Generator[None, None, None]:
            with open_span(name):
                yield

        async def async_hold() -> AsyncGenerator[None, None]:
            async with open_span(name):
                yield

        if in_loop:
            items = async_hold()
            await items.__anext__()
            return items.aclose
        held = hold()
        next(held)

        async def close() -> None:
            held.close()

        return close

    async def checkpoint(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        self.checkpoint_reached(op["name"])

    async def repeat(self, op: Op, saw: list[Any], in_loop: bool) -> None:
        for _ in range(op["times"]):
            await self.block(op["do"], saw, in_loop)


Operation = Callable[[Script, Op, list[Any], bool], Awaitable[None]]
OPERATIONS: dict[str, Operation] = {
    "flow": Script.run_flow,
    "step": Script.stretch,
    "span": Script.stretch,
    "tag": Script.tag,
    "log": Script.log,
    "result": Script.result,
    "fail": Script.fail,
    "raise": Script.raise_it,
    "catch": Script.catch,
    "call": Script.call,
    "parallel": Script.parallel,
    "tasks": Script.tasks,
    "generator": Script.generator,
    "checkpoint": Script.checkpoint,
    "repeat": Script.repeat,
}
FEATURES = ["threads", "async", "instrument", "generator", "decorator", "surrogates", "cycles"]
if hasattr(os, "fork"):
    OPERATIONS["fork"] = Script.fork
    FEATURES.append("fork")
if os.path.isdir("/dev/fd"):
    OPERATIONS["hijack"] = Script.hijack
    FEATURES.append("hijack")
