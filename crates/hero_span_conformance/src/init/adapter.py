"""Lets the hero_span conformance suite drive an SDK.

The suite starts this program and speaks with it on stdin and stdout, one JSON
object a line; conformance/README.md of the suite holds the whole contract. What
needs no SDK is done. Fill in the places marked TODO, one after the other: add an
operation to SDK_OPERATIONS when it works, and its feature to FEATURES.

    hero-span conformance run --adapter 'python3 adapter.py'
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import threading
from typing import Any, Callable

# TODO: import the SDK that lies beside this file.

CONTRACT = 1
HELLO = {"sdk": "python", "version": "0", "protocol": 1}  # TODO: the SDK's version
FEATURES = ["threads", "surrogates", "cycles"]  # TODO: async, fork, hijack, instrument, generator, decorator, reuse
SOCKET, PARENT = "HERO_FLOW_SPAN_SOCK", "HERO_FLOW_PARENT_SPAN"

Json = Any
Op = dict[str, Any]


class AdapterBroken(BaseException):
    """This program is wrong: no verdict on the SDK."""


class Failed(Exception):
    """TODO: use the SDK's clean failure instead."""


# Values: plain JSON stands for itself, {"gen": …} is a recipe.


def make(words: Json) -> Any:
    """Make the value that a script describes."""
    if isinstance(words, list):
        return [make(item) for item in words]
    if not isinstance(words, dict):
        return words
    if "gen" in words:
        return RECIPES[words["gen"]](words)
    return {key: make(value) for key, value in words.items()}


def make_integer(words: Op) -> int:
    digits: str = words["digits"].lstrip("-")
    value = 0
    for start in range(0, len(digits), 4000):  # Python refuses more at once
        part = digits[start : start + 4000]
        value = value * 10 ** len(part) + int(part)
    return -value if words["digits"].startswith("-") else value


def make_deep(words: Op) -> Any:
    value: Any = [] if words["of"] == "array" else {}
    for _ in range(words["levels"] - 1):
        value = [value] if words["of"] == "array" else {"in": value}
    return value


def make_cyclic(words: Op) -> Any:
    if words["of"] == "array":
        items: list[Any] = []
        items.append(items)
        return items
    members: dict[str, Any] = {}
    members["self"] = members
    return members


def make_key(words: Json) -> Any:
    key = make(words)
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
    "text": lambda words: words["char"] * (words["bytes"] // len(words["char"].encode())),
    "join": lambda words: "".join(make(part) for part in words["parts"]),
    "surrogate": lambda words: chr(words["unit"]),
    "number": lambda words: float(words["value"]),
    "integer": make_integer,
    "power-of-ten": lambda words: 10 ** words["exponent"],
    "deep": make_deep,
    "cyclic": make_cyclic,
    "members": lambda words: {f"k{n}": make(words["value"]) for n in range(words["count"])},
    "map": lambda words: {make_key(key): make(value) for key, value in words["pairs"]},
    "bytes": lambda words: bytes(n % 256 for n in range(words["bytes"])),
    "set": lambda words: {make_key(item) for item in words["items"]},
    "object": lambda words: Thing(words["describes"]),
}


def unsupported(words: Json) -> str | None:
    """The first operation or recipe that this adapter does not know."""
    if isinstance(words, list):
        return next(filter(None, map(unsupported, words)), None)
    if not isinstance(words, dict):
        return None
    if words.get("op") == "parallel" and words.get("wrap"):
        return "parallel with wrap"  # TODO: remove this when the SDK's wrap is used
    for mark, known in (("op", {**OPERATIONS, **SDK_OPERATIONS}), ("gen", RECIPES)):
        if mark in words and words[mark] not in known:
            return f"{mark} {words[mark]}"
    return next(filter(None, map(unsupported, words.values())), None)


# What the user's code saw.


def echo(got: object, given: object, words: Json) -> Json:
    """The script's own words for a value, if it is the very one that was given."""
    return words if got is given else {"other": f"{got!r:.200}"}


def marked(error: BaseException, kind: str, message: Json) -> BaseException:
    """The exception, with what the script calls it."""
    setattr(error, "conformance_report", {"type": kind, "message": message})
    return error


def report(error: BaseException) -> Json:
    """What the user's code sees of an exception."""
    if isinstance(error, AdapterBroken):
        raise error
    plain = {"type": type(error).__name__, "message": str(error)}
    return getattr(error, "conformance_report", plain)


# The script.


class Script:
    """Runs one script."""

    def __init__(self, checkpoint: Callable[[str], None]) -> None:
        self.reach = checkpoint

    def block(self, ops: list[Op], saw: list[Json]) -> None:
        for op in ops:
            run = OPERATIONS.get(op["op"]) or SDK_OPERATIONS[op["op"]]
            run(self, op, saw)

    def branch(self, ops: list[Op]) -> list[Json]:
        saw: list[Json] = []
        try:
            self.block(ops, saw)
        except BaseException as error:
            saw.append(report(error))
        return saw

    def catch(self, op: Op, saw: list[Json]) -> None:
        try:
            self.block(op["do"], saw)
            saw.append(None)
        except BaseException as error:
            saw.append(report(error))

    def raise_it(self, op: Op, saw: list[Json]) -> None:
        kind = op.get("kind", "error")
        if kind == "error":
            made: BaseException = type(op["type"], (Exception,), {})(make(op["message"]))
            raise marked(made, op["type"], op["message"])
        if kind == "exit":
            raise marked(SystemExit(op.get("code")), kind, op.get("code"))
        if kind == "interrupt":
            raise marked(KeyboardInterrupt(), kind, None)
        raise marked(asyncio.CancelledError(), kind, None)

    def repeat(self, op: Op, saw: list[Json]) -> None:
        for _ in range(op["times"]):
            self.block(op["do"], saw)

    def checkpoint(self, op: Op, saw: list[Json]) -> None:
        self.reach(op["name"])

    def parallel(self, op: Op, saw: list[Json]) -> None:
        # TODO: with "wrap" the threads carry the current span.
        branches: list[list[Op]] = op["do"]
        seen: list[Json] = [None] * len(branches)
        together = threading.Barrier(max(len(branches), 1))

        def run(index: int) -> None:
            together.wait()
            seen[index] = self.branch(branches[index])

        threads = [threading.Thread(target=run, args=(n,)) for n in range(len(branches))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        saw.append(seen)

    # TODO: the SDK's calls. Each has the form of those above; add it to
    # SDK_OPERATIONS when it is done. Some begin like this:

    def flow(self, op: Op, saw: list[Json]) -> None:
        value = make(op.get("returns"))

        def entry(**inputs: Any) -> Any:
            self.block(op.get("do", []), saw)
            return value

        # got = sdk.run_flow(name=make(op["name"]), function=entry, input=make(op.get("input", {})))
        got = entry(**make(op.get("input", {})))
        saw.append(echo(got, value, op.get("returns")))

    def step(self, op: Op, saw: list[Json]) -> None:
        # with sdk.step(make(op["name"]), **make(op.get("tags", {}))):
        self.block(op.get("do", []), saw)

    def fail(self, op: Op, saw: list[Json]) -> None:
        raise marked(Failed(make(op["reason"])), "Failed", op["reason"])


Operation = Callable[[Script, Op, list[Json]], None]
OPERATIONS: dict[str, Operation] = {
    "catch": Script.catch,
    "raise": Script.raise_it,
    "repeat": Script.repeat,
    "checkpoint": Script.checkpoint,
    "parallel": Script.parallel,
}
# TODO: "flow": Script.flow, "step", "span", "tag", "log", "result", "fail", and with their
# features "call", "tasks", "fork", "hijack" and "generator".
SDK_OPERATIONS: dict[str, Operation] = {}


# The dialogue.


class Dialogue:
    """Stdin and stdout, taken away from the SDK. What it prints lands in a file."""

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

    def hear(self) -> Op | None:
        line = self.stdin.readline()
        return json.loads(line) if line else None

    def say(self, **answer: Json) -> None:
        self.stdout.write(json.dumps(answer) + "\n")
        self.stdout.flush()

    def checkpoint(self, case: str, name: str) -> None:
        with self.turn:
            self.say(id=case, at=name)
            word = self.hear()
            if word != {"cmd": "go", "id": case}:
                raise AdapterBroken(f"expected go for {case} at {name}, found {word}")

    def take_printed(self) -> str:
        sys.stdout.flush()
        sys.stderr.flush()
        self.printed.seek(0)
        text = self.printed.read(4096).decode("utf-8", "replace")
        self.printed.seek(0)
        self.printed.truncate()
        return text


def run_case(dialogue: Dialogue, command: Op) -> Json:
    """Run a script and tell what its user's code saw."""
    case, script = command["id"], command["script"]
    unknown = unsupported(script)
    if unknown is not None:
        return {"id": case, "unsupported": unknown}
    for name, value in ((SOCKET, command["socket"]), (PARENT, command["parent"])):
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    # TODO: with the feature "reuse", get an SDK here that is as after a start.
    saw: list[Json] = []
    try:
        try:
            Script(lambda name: dialogue.checkpoint(case, name)).block(script, saw)
            answer: Json = {"outcome": "returned", "value": saw}
        except BaseException as error:
            answer = {"outcome": "raised", **report(error)}
    except AdapterBroken as error:
        return {"id": case, "errored": str(error)}
    printed = dialogue.take_printed()
    return {"id": case, **answer, **({"printed": printed} if printed else {})}


def main() -> None:
    dialogue = Dialogue()
    try:
        while True:
            command = dialogue.hear()
            if command is None or command["cmd"] == "stop":
                return
            if command["cmd"] == "start":
                dialogue.say(ok=command["contract"] == CONTRACT, features=FEATURES, **HELLO)
            else:
                dialogue.say(**run_case(dialogue, command))
    except BaseException:
        os.dup2(dialogue.stderr, 2)  # so that the suite shows the traceback
        raise


if __name__ == "__main__":
    main()
