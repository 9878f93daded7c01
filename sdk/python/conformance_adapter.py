"""Lets the conformance suite drive the hero_tracing.py that lies beside this file.

The suite starts this program and speaks with it on stdin and stdout, one JSON
object a line; conformance/README.md in the repository holds the whole contract.
Each case gets a fresh copy of the SDK, so that it needs no way to be reset.
"""

from __future__ import annotations

import contextvars
import gc
import json
import os
import sys
import tempfile
import threading
import typing
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Callable

from conformance_script import FEATURES, SDK, AdapterBroken, Script, drive, report_of, unsupported

CONTRACT = 1
SOCKET, PARENT = "HERO_FLOW_SPAN_SOCK", "HERO_FLOW_PARENT_SPAN"
PRINTED_BYTES = 4096
CASES_BETWEEN_COLLECTIONS = 32
# Types that a copy defines lie in typing's caches, and keep all of the copy alive.
CLEANUPS: Sequence[Callable[[], object]] = getattr(typing, "_cleanups", ())


# A fresh SDK for each case.


class ForkHooks:
    """Keeps what a copy of the SDK registers for forks, until the next copy comes."""

    def __init__(self) -> None:
        self.hooks: list[dict[str, Callable[[], object]]] = []
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

    def copy(self, socket: str | None, parent: str | None) -> Any:
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
            for forget in CLEANUPS:
                forget()
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

    def hear(self) -> dict[str, Any] | None:
        line = self.stdin.readline()
        if not line:
            return None
        heard: dict[str, Any] = json.loads(line)
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


def run_case(dialogue: Dialogue, sdks: FreshSdk, command: dict[str, Any]) -> dict[str, Any]:
    """Run a script and tell what its user's code saw."""
    case, script = command["id"], command["script"]
    unknown = unsupported(script)
    if unknown is not None:
        return {"id": case, "unsupported": unknown}
    sdk = sdks.copy(command["socket"], command["parent"])
    runner = Script(sdk, lambda name: dialogue.checkpoint(case, name))
    saw: list[Any] = []
    try:
        try:
            drive(runner.block(script, saw, False))
            answer: dict[str, Any] = {"outcome": "returned", "value": saw}
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
            # In a context of its own, so that no case holds on to what another left.
            context = contextvars.Context()
            dialogue.say(**context.run(run_case, dialogue, sdks, command))


def hello(sdks: FreshSdk, contract: int) -> dict[str, Any]:
    """Who this is."""
    sdk = sdks.copy(None, None)
    version: tuple[str, int] = sdk.__version__, sdk._PROTOCOL
    gc.freeze()  # what is here by now is here to stay, and need not be looked at again
    return {
        "ok": contract == CONTRACT,
        "sdk": "python",
        "version": version[0],
        "protocol": version[1],
        "features": [*FEATURES, "reuse"],
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
