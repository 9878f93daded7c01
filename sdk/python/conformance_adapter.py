"""Lets the conformance suite drive the hero_tracing.py that lies beside this file.

The suite starts this program and speaks with it on stdin and stdout, one JSON
object a line; conformance/README.md in the repository holds the whole contract.
Each case gets a fresh copy of the SDK, so that it needs no way to be reset.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from types import ModuleType
from typing import (
    Any,
    AsyncGenerator,
    Awaitable,
    Callable,
    Coroutine,
    Dict,
    Generator,
    Iterable,
    List,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
)

SDK = Path(__file__).resolve().with_name("hero_tracing.py")
CONTRACT = 1
SOCKET, PARENT = "HERO_FLOW_SPAN_SOCK", "HERO_FLOW_PARENT_SPAN"
PRINTED_BYTES = 4096
CASES_BETWEEN_COLLECTIONS = 32

Spec = Any  # a value as a script writes it
Op = Dict[str, Any]
T = TypeVar("T")


class AdapterBroken(BaseException):
    """This program is wrong, or uses the SDK wrongly: no verdict on the SDK."""


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
        items: List[Any] = []
        items.append(items)
        return items
    members: Dict[str, Any] = {}
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
        answers: Dict[str, Any] = {"long": "x" * 1_000_000, "not-text": 5}
        text: str = answers.get(self.describes, "<thing>")
        return text


RECIPES: Dict[str, Callable[[Op], Any]] = {
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


def unsupported(spec: object) -> Optional[str]:
    """The first operation or recipe that this adapter does not know."""
    if isinstance(spec, list):
        return next(filter(None, map(unsupported, spec)), None)
    if not isinstance(spec, dict):
        return None
    for mark, known in (("op", OPERATIONS), ("gen", RECIPES)):
        if mark in spec and spec[mark] not in known:
            return f"{mark} {spec[mark]}"
    return next(filter(None, map(unsupported, spec.values())), None)


# What the user's code saw.


def echo(got: object, given: object, spec: Spec) -> Any:
    """The script's own words for a value, if it is the very one that was given."""
    return spec if got is given else {"other": f"{got!r:.200}"}


def report_of(error: BaseException) -> Dict[str, Any]:
    """What the user's code sees of an exception: the script's own words if it is ours."""
    if isinstance(error, AdapterBroken):
        raise error
    known: Optional[Dict[str, Any]] = getattr(error, "conformance_report", None)
    if known is not None:
        return known
    if isinstance(error, asyncio.CancelledError):
        return {"type": "cancelled", "message": None}  # a task may make another of it
    if raised_by(error) == report_of.__code__.co_filename:
        raise AdapterBroken(f"{type(error).__name__}: {error}") from error
    return {"type": type(error).__name__, "message": str(error)}


def raised_by(error: BaseException) -> Optional[str]:
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
    plain = asyncio.CancelledError() if kind == "cancelled" else KeyboardInterrupt()
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


class Script:
    """Runs one script with one copy of the SDK.

    One interpreter serves sync and async code: in_loop says which it is.
    """

    def __init__(self, sdk: Any, checkpoint: Callable[[str], None]) -> None:
        self.sdk = sdk
        self.flow = sdk.flow
        self.checkpoint_reached = checkpoint

    async def block(self, ops: Iterable[Op], saw: List[Any], in_loop: bool) -> None:
        for op in ops:
            await OPERATIONS[op["op"]](self, op, saw, in_loop)
            if in_loop:
                await asyncio.sleep(0)  # the others' turn

    async def branch(self, ops: Iterable[Op], in_loop: bool) -> List[Any]:
        saw: List[Any] = []
        try:
            await self.block(ops, saw, in_loop)
        except BaseException as error:
            saw.append(report_of(error))
        return saw

    async def run_flow(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        value = make(op.get("returns"))
        body: List[Op] = op.get("do", [])

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

    async def stretch(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        open_span = getattr(self.flow, op["op"])
        span = open_span(make(op["name"]), **make(op.get("tags", {})))
        body: List[Op] = op.get("do", [])
        if op.get("decorator"):
            await self.decorated(span, body, saw, in_loop)
        elif in_loop:
            async with span:
                await self.block(body, saw, True)
        else:
            with span:
                await self.block(body, saw, False)

    async def decorated(self, span: Any, body: List[Op], saw: List[Any], in_loop: bool) -> None:
        def function() -> None:
            drive(self.block(body, saw, False))

        async def coroutine() -> None:
            await self.block(body, saw, True)

        if in_loop:
            await span(coroutine)()
        else:
            span(function)()

    async def tag(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        self.flow.current_span.tag(make(op["key"]), make(op["value"]))

    async def log(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        fields: Dict[str, Any] = make(op.get("fields", {}))
        if "level" in op:
            fields["level"] = op["level"]
        self.flow.current_span.log(make(op["message"]), **fields)

    async def result(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        self.flow.current_span.result(make(op["value"]))

    async def fail(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        raise exception(self.flow.Failed(make(op["reason"])), "Failed", op["reason"])

    async def raise_it(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        raise user_exception(op)

    async def catch(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        try:
            await self.block(op["do"], saw, in_loop)
            saw.append(None)
        except BaseException as error:
            saw.append(report_of(error))

    async def call(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        value = make(op.get("returns"))
        body: List[Op] = op.get("do", [])
        raises: Optional[Op] = op.get("raises")

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
            got = await got if in_loop else asyncio.run(got)
        saw.append(echo(got, value, op.get("returns")))

    async def parallel(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        branches: List[List[Op]] = op["do"]
        seen: List[Any] = [None] * len(branches)
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

    async def tasks(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        async def together() -> List[List[Any]]:
            return list(await asyncio.gather(*(self.branch(ops, True) for ops in op["do"])))

        saw.append(await together() if in_loop else asyncio.run(together()))

    async def fork(self, op: Op, saw: List[Any], in_loop: bool) -> None:
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

    async def generator(self, op: Op, saw: List[Any], in_loop: bool) -> None:
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

    async def checkpoint(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        self.checkpoint_reached(op["name"])

    async def repeat(self, op: Op, saw: List[Any], in_loop: bool) -> None:
        for _ in range(op["times"]):
            await self.block(op["do"], saw, in_loop)


Operation = Callable[[Script, Op, List[Any], bool], Awaitable[None]]
OPERATIONS: Dict[str, Operation] = {
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
FEATURES = ["threads", "async", "instrument", "generator", "decorator", "reuse"]
if hasattr(os, "fork"):
    OPERATIONS["fork"] = Script.fork
    FEATURES.append("fork")


# A fresh SDK for each case.


class ForkHooks:
    """Keeps what a copy of the SDK registers for forks, until the next copy comes."""

    def __init__(self) -> None:
        self.hooks: List[Dict[str, Callable[[], object]]] = []
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=lambda: self.call("before"),
                after_in_parent=lambda: self.call("after_in_parent"),
                after_in_child=lambda: self.call("after_in_child"),
            )
            setattr(os, "register_at_fork", self.register)

    def register(self, **hooks: Callable[[], object]) -> None:
        self.hooks.append(hooks)

    def call(self, when: str) -> None:
        for hooks in self.hooks:
            if when in hooks:
                hooks[when]()


class FreshSdk:
    """Makes copies of the SDK, as a process makes one on its start."""

    def __init__(self) -> None:
        self.code = compile(SDK.read_bytes(), str(SDK), "exec")
        self.fork_hooks = ForkHooks()
        self.copies = 0

    def copy(self, socket: Optional[str], parent: Optional[str]) -> Any:
        """A copy that has never run, in the environment of the case."""
        self.forget()
        for name, value in ((SOCKET, socket), (PARENT, parent)):
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        module = ModuleType("hero_tracing")
        module.__file__ = str(SDK)
        sys.modules["hero_tracing"] = module
        exec(self.code, module.__dict__)
        return module

    def forget(self) -> None:
        """Let go of the copy before, and now and then of its socket as well."""
        self.fork_hooks.hooks.clear()
        sys.modules.pop("hero_tracing", None)
        self.copies += 1
        if self.copies % CASES_BETWEEN_COLLECTIONS == 0:
            gc.collect()


# The dialogue.


class Dialogue:
    """Stdin and stdout, taken away from the SDK and the script.

    What they print lands in a file, and is reported.
    """

    def __init__(self) -> None:
        self.stdin = os.fdopen(os.dup(0), encoding="utf-8")
        self.stdout = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self.stderr = os.dup(2)
        self.printed = tempfile.TemporaryFile()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(self.printed.fileno(), 1)
        os.dup2(self.printed.fileno(), 2)
        self.turn = threading.Lock()

    def hear(self) -> Optional[Dict[str, Any]]:
        line = self.stdin.readline()
        if not line:
            return None
        heard: Dict[str, Any] = json.loads(line)
        return heard

    def say(self, **answer: Any) -> None:
        self.stdout.write(json.dumps(answer) + "\n")
        self.stdout.flush()

    def checkpoint(self, case: str, name: str) -> None:
        with self.turn:
            self.say(id=case, at=name)
            word = self.hear()
            if word != {"cmd": "go", "id": case}:
                raise AdapterBroken(f"expected go for {case} at {name}, found {word}")

    def take_printed(self) -> str:
        """What was printed since the last time, cut to a bounded size."""
        sys.stdout.flush()
        sys.stderr.flush()
        if os.fstat(self.printed.fileno()).st_size == 0:
            return ""
        self.printed.seek(0)
        text = self.printed.read(PRINTED_BYTES).decode("utf-8", "replace")
        self.printed.seek(0)
        self.printed.truncate()
        return text

    def give_back(self) -> None:
        """Let a crash of this program be seen on its real stderr."""
        os.dup2(self.stderr, 2)


def run_case(dialogue: Dialogue, sdks: FreshSdk, command: Dict[str, Any]) -> Dict[str, Any]:
    """Run a script and tell what its user's code saw."""
    case, script = command["id"], command["script"]
    unknown = unsupported(script)
    if unknown is not None:
        return {"id": case, "unsupported": unknown}
    sdk = sdks.copy(command["socket"], command["parent"])
    runner = Script(sdk, lambda name: dialogue.checkpoint(case, name))
    saw: List[Any] = []
    try:
        try:
            drive(runner.block(script, saw, False))
            answer: Dict[str, Any] = {"outcome": "returned", "value": saw}
        except BaseException as error:
            answer = {"outcome": "raised", **report_of(error)}
    except AdapterBroken as error:
        return {"id": case, "errored": str(error)}
    printed = dialogue.take_printed()
    return {"id": case, **answer, **({"printed": printed} if printed else {})}


def serve(dialogue: Dialogue) -> None:
    """Answer until there is nothing more to answer."""
    sdks = FreshSdk()
    while True:
        command = dialogue.hear()
        if command is None or command["cmd"] == "stop":
            return
        if command["cmd"] == "start":
            dialogue.say(**hello(sdks, command["contract"]))
        elif command["cmd"] == "run":
            dialogue.say(**run_case(dialogue, sdks, command))


def hello(sdks: FreshSdk, contract: int) -> Dict[str, Any]:
    """Who this is."""
    sdk = sdks.copy(None, None)
    version: Tuple[str, int] = sdk.__version__, sdk._PROTOCOL
    gc.freeze()  # what is here by now is here to stay, and need not be looked at again
    return {
        "ok": contract == CONTRACT,
        "sdk": "python",
        "version": version[0],
        "protocol": version[1],
        "features": FEATURES,
    }


def main(arguments: Sequence[str]) -> int:
    if arguments:
        print("usage: conformance_adapter.py, started by the conformance suite", file=sys.stderr)
        return 2
    sys.setswitchinterval(0.0001)  # threads take turns often, as a fault would need
    dialogue = Dialogue()
    try:
        serve(dialogue)
    except BaseException:
        dialogue.give_back()
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
