"""A flow's file in a process of its own, as the executor's bootstrap.py starts it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import textwrap
from pathlib import Path
from typing import Any, NamedTuple, Optional

from support import PARENT, SDK_DIRECTORY, SOCKET, SdkTest, ends, soak, start_script, starts

BOOTSTRAP = SDK_DIRECTORY.parent.parent / "crates/hero_span_executor/src/bootstrap.py"
_RESULT_BYTES = 1_048_576
_ROOT = "00000000deadbeef"
_SECONDS = soak(60, 1200)

Line = Optional[dict[str, Any]]


class Hosted(NamedTuple):
    """What a process said over its socket, None for nothing, and how it ended."""

    first: Line
    last: Line
    code: int
    output: str
    errors: str

    @property
    def flows(self) -> list[dict[str, Any]]:
        assert self.first is not None and list(self.first) == ["flows"], self
        return self.first["flows"]  # type: ignore[no-any-return]


class Executor:
    """Listens on a Unix socket, and reads lines of what connects."""

    def __init__(self, path: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen()
        self._listener.settimeout(_SECONDS)

    def talk(self, request: object) -> tuple[Line, Line]:
        """Hear the first line, make a request unless it is None, and hear the last one."""
        with self._accept() as connection, connection.makefile("rb") as file:
            first = _line(file.readline())
            last = None
            if request is None:
                return first, None
            if first is not None and "flows" in first:
                self._ask(connection, request)
                last = _line(file.readline())
            assert file.read() == b"", "more was said after that"
            return first, last

    def ask_and_leave(self, request: object) -> None:
        with self._accept() as connection:
            connection.recv(1)
            self._ask(connection, request)

    def _accept(self) -> socket.socket:
        with self._listener:
            connection, _ = self._listener.accept()
        connection.settimeout(_SECONDS)
        return connection

    def _ask(self, connection: socket.socket, request: object) -> None:
        with contextlib.suppress(BrokenPipeError):
            connection.sendall(json.dumps(request).encode() + b"\n")


def _line(data: bytes) -> Line:
    """Strict JSON on a whole line; nothing is not a line."""
    assert not data or data.endswith(b"\n"), data
    return json.loads(data, parse_constant=_refuse) if data else None


def _refuse(text: str) -> None:
    raise AssertionError("no JSON: " + text)


class HostTest(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.temporary_directory()

    def write(self, source: str, name: str = "nightly.py") -> Path:
        file = self.directory / name
        file.write_text(textwrap.dedent(source), encoding="utf-8")
        return file

    def start(self, file: Path, **options: Any) -> tuple[Executor, subprocess.Popen[str]]:
        control = str(self.temporary_directory() / "control.sock")
        executor = Executor(control)
        source = BOOTSTRAP.read_text(encoding="utf-8")
        return executor, start_script(source, control, str(file), **options)

    def host(self, file: Path, request: object = None, **options: Any) -> Hosted:
        executor, process = self.start(file, **options)
        with process:
            try:
                first, last = executor.talk(request)
                output, errors = process.communicate(timeout=_SECONDS)
            except BaseException:
                process.kill()
                raise
        return Hosted(first, last, process.returncode, output, errors)

    def look(self, source: str, name: str = "nightly.py", **options: Any) -> Hosted:
        """Load a file and hang up; that ends well and prints no complaint."""
        found = self.host(self.write(source, name), **options)
        self.assertEqual((found.last, found.code, found.errors), (None, 0, ""), found)
        return found

    def run_flow(
        self, source: str, inputs: Any = None, name: str = "nightly.py", **options: Any
    ) -> Hosted:
        """Run the flow called nightly of a file."""
        request = {"run": "nightly", "input": inputs or {}}
        return self.host(self.write(source, name), request, **options)


class LoadingTests(HostTest):
    def test_flows_are_listed(self) -> None:
        """What @flow wrote on each, where it stands, and whether it takes any input."""
        nightly, weekly = self.look("""
            from hero_tracing import flow

            @flow
            def nightly(day: str, limit: int = 5):
                "Load a day."

            @flow(name="weekly report", inputs={"week": int})
            async def weekly(**inputs): ...
            """).flows
        day, limit = nightly.pop("inputs")
        self.assertEqual((day["name"], limit["default"]), ("day", 5))
        self.assertEqual(
            nightly,
            {
                "name": "nightly",
                "description": "Load a day.",
                "entry": "nightly",
                "async": False,
                "attribute": "nightly",
                "line": 4,
                "open_inputs": False,
            },
        )
        self.assertEqual((weekly["name"], weekly["attribute"]), ("weekly report", "weekly"))
        self.assertEqual((weekly["line"], weekly["open_inputs"]), (8, True))

    def test_names_of_flows(self) -> None:
        """Whatever a flow is called, what is said of it is a line of JSON."""
        (found,) = self.look(r"""
            from hero_tracing import flow
            @flow(name="a\n\ud800\xe4")
            def nightly(): ...
            """).flows
        self.assertEqual(found["name"], "a\n\ufffd\xe4")

    def test_which_flows_are_listed(self) -> None:
        """Those that the file defines, each once and in their order, decorated or not."""
        self.write("from hero_tracing import flow\n@flow\ndef imported(): ...\n", "other.py")
        found = self.look("""
            import functools
            from unittest import mock
            from xmlrpc.client import ServerProxy
            from hero_tracing import flow
            from other import imported

            def retried(function):
                @functools.wraps(function)
                def call(*args, **kwargs):
                    return function(*args, **kwargs)
                return call

            class Refuses:
                def __getattr__(self, name):
                    raise RuntimeError(name)

            anything, proxy, refuses = mock.MagicMock(), ServerProxy("http://localhost"), Refuses()

            @flow
            def second(): ...

            @retried
            @flow
            def first(): ...

            again, inner = second, (first,)

            def plain(): ...
            """).flows
        self.assertEqual([one["attribute"] for one in found], ["second", "first"])
        self.assertEqual([one["line"] for one in found], [20, 23])

    def test_it_is_run_like_a_script(self) -> None:
        """Arguments, path and file are a script's; but it is not __main__."""
        self.write("", "beside.py")
        file = self.write("""
            import os, sys
            import beside
            print(sys.argv, __file__, sys.path[0], __name__, sys.stdin.read() == "")
            def function(day: int): ...
            assert function.__annotations__ == {"day": int}
            assert __spec__.origin == __file__ and sys.modules[__name__].__file__ == __file__
            if __name__ == "__main__":
                print("main")
            """)
        found = self.host(Path("nightly.py"), cwd=self.directory)
        self.assertEqual(found.flows, [])
        expected = "['nightly.py'] %s %s nightly True\n" % (file, self.directory)
        self.assertEqual((found.output, found.errors), (expected, ""))

    def test_an_edit(self) -> None:
        """What runs is what the file says now, however soon it was changed."""
        for text in ("1\n", "2\n"):
            file = self.write("print(%s)" % text.strip())
            os.utime(file, (0, 0))
            self.assertEqual(self.host(file).output, text)

    def test_names(self) -> None:
        """A module has its file's name if an import of that name finds the file."""
        source = "print(__name__)"
        names = {"nightly-report.py": "nightly-report", "json.py": "_hero_flow"}
        names.update({"a.b.py": "_hero_flow", "__main__.py": "_hero_flow"})
        names.update({"math.py": "_hero_flow", "hero_tracing.py": "_hero_flow"})
        names["nightly.flow"] = "_hero_flow"
        for name, expected in names.items():
            with self.subTest(name):
                self.assertEqual(self.look(source, name).output, expected + "\n")
        (self.directory / "package").mkdir()
        self.write("", "package/__init__.py")
        self.assertEqual(self.look(source, "package.py").output, "_hero_flow\n")
        (self.directory / "link.py").symlink_to(self.write(source, "target.py"))
        self.assertEqual(self.host(self.directory / "link.py").output, "target\n")

    def test_what_it_defines_works(self) -> None:
        """Dataclasses, pickle, and multiprocessing with what it defines."""
        source = """
            from __future__ import annotations
            import dataclasses, multiprocessing, pickle, sys, typing
            from hero_tracing import flow

            @dataclasses.dataclass
            class Row:
                key: str
                kind: typing.ClassVar[str] = "row"

            def double(row: Row) -> Row:
                return Row(row.key * 2)

            @flow
            def nightly(ways):
                assert [field.name for field in dataclasses.fields(Row)] == ["key"]
                rows = [pickle.loads(pickle.dumps(Row("a")))]
                for way in ways:
                    with multiprocessing.get_context(way).Pool(1) as pool:
                        rows += pool.map(double, rows[-1:])
                return [row.key for row in rows]
            """
        for name, ways in (("nightly.py", ["fork", "spawn"]), ("json.py", ["fork"])):
            with self.subTest(name):
                found = self.run_flow(source, {"ways": ways}, name)
                result = ["a", "aa", "aaaa"][: len(ways) + 1]
                self.assertEqual(found.last, {"outcome": "ok", "result": result}, found)

    def test_modules_beside_it(self) -> None:
        """Neither those nor those of the working directory are what the SDK imports."""
        for name in ("json.py", "socket.py", "contextvars.py", "inspect.py", "importlib.py"):
            self.write("raise SystemExit('shadowed')", name)
        for env in ({}, {"PYTHONSAFEPATH": "1"}):
            found = self.look(
                "import json, socket, sys; print(json.__name__)", cwd=self.directory, env=env
            )
            self.assertEqual(found.output, "json\n")

    def test_a_safe_path(self) -> None:
        """Where Python puts no script's directory on its path, it is not put there either."""
        self.write("", "beside.py")
        source = """
            import sys
            try:
                import beside
            except ImportError:
                print("safe", end="")
            """
        found = self.look(source, env={"PYTHONSAFEPATH": "1"})
        plain = self.script(self.directory / "nightly.py", env={"PYTHONSAFEPATH": "1"})
        self.assertEqual(found.output, plain.output)

    def test_a_look(self) -> None:
        """It ends at once, whatever was started or registered; what was printed is seen."""
        source = """
            import atexit, threading, time
            atexit.register(print, "at exit")
            threading.Thread(target=time.sleep, args=(600,)).start()
            print("loaded")
            """
        found = self.look(source, env={"PYTHONUNBUFFERED": ""})
        self.assertEqual((found.flows, found.output), ([], "loaded\n"))
        self.assertEqual(self.collector.connections, [])


class BrokenTests(HostTest):
    def check(self, file: Path, kind: str, *texts: str) -> str:
        """It is told why, and not printed; neither the SDK nor the import system shows."""
        found = self.host(file, {"run": "nightly", "input": {}})
        self.assertEqual((found.last, found.code, found.errors), (None, 1, ""), found)
        assert found.first is not None
        self.assertEqual(list(found.first), ["broken"])
        broken = found.first["broken"]
        self.assertEqual(broken["error_type"], kind)
        for text in texts:
            self.assertIn(text, broken["error"])
        for text in ("hero_tracing.py", "importlib", "<string>"):
            self.assertNotIn(text, broken["error"])
        return found.output

    def test_exceptions(self) -> None:
        """Whichever it is: an exit is none, and a failure has its traceback."""
        cases = {
            "raise ValueError('bad')": ("ValueError", "line 1, in <module>\n", ": bad\n"),
            "def load():\n    1 / 0\nload()": ("ZeroDivisionError", "line 2, in load\n"),
            "raise SystemExit(0)": ("SystemExit", "\nSystemExit: 0\n"),
            "from hero_tracing import flow\nraise flow.Failed('x')": ("Failed", "Failed: x\n"),
            "import nowhere": ("ModuleNotFoundError", "'nowhere'"),
            "raise BaseException": ("BaseException",),
        }
        for source, (kind, *texts) in cases.items():
            with self.subTest(source):
                self.check(self.write(source), kind, str(self.directory), *texts)

    def test_text_that_is_no_program(self) -> None:
        """File, line and place are shown."""
        self.check(
            self.write("x = 1\ny = (2 +"), "SyntaxError", "nightly.py", "line 2", "y = (2 +\n", "^"
        )
        self.check(self.write("if 1:\nx = 1"), "IndentationError", "nightly.py", "line 2")
        file = self.directory / "nightly.py"
        file.write_bytes(b"x = '\xff'\n")
        self.check(file, "SyntaxError", "nightly.py", "utf-8")
        file.write_bytes(b"# coding: latin-1\nassert '\xe4' == chr(0xe4)\n")
        self.assertEqual(self.host(file).flows, [])

    def test_files_that_cannot_be_read(self) -> None:
        """There is no file, or none that can be read."""
        self.check(self.directory / "nightly.py", "FileNotFoundError", "nightly.py")
        self.check(self.directory, "IsADirectoryError", str(self.directory))

    def test_what_it_started(self) -> None:
        """It does not hold up the end, and what was printed is seen."""
        file = self.write("""
            import threading, time
            threading.Thread(target=time.sleep, args=(600,)).start()
            print("loading")
            raise ValueError("bad")
            """)
        self.assertEqual(self.check(file, "ValueError", "bad"), "loading\n")

    def test_a_long_error(self) -> None:
        """It keeps its head and its tail."""
        file = self.write("raise ValueError('x' * 5_000_000 + 'end')")
        found = self.host(file)
        assert found.first is not None
        error = found.first["broken"]["error"]
        self.assertLessEqual(len(error), 65_536)
        self.assertRegex(error, r"(?s)^Traceback.*\n\.\.\.\nx+end\n$")

    def test_an_interrupt(self) -> None:
        """It stays one."""
        found = self.host(self.write("raise KeyboardInterrupt"))
        self.assertEqual((found.first, found.code), (None, -signal.SIGINT))


class OutcomeTests(HostTest):
    def check(self, body: str, last: Line, code: int = 0, inputs: Any = None) -> Hosted:
        """A flow of this body ends so, and nothing is printed."""
        source = "import os, signal, sys\nfrom hero_tracing import flow\n@flow\n"
        body = textwrap.indent(textwrap.dedent(body), "    ")
        found = self.run_flow(source + "def nightly(**inputs):\n" + body, inputs)
        self.assertEqual((found.last, found.code), (last, code), found)
        return found

    def test_results(self) -> None:
        """Whole, as JSON has them."""
        results = {
            "None": None,
            "(1, {'a': [True, 2.5]})": [1, {"a": [True, 2.5]}],
            "'\\xe4\\U0001f600'": "\xe4\U0001f600",
            "'x' * 1_048_574": "x" * 1_048_574,
            "2 ** 64": 2**64,
        }
        for text, expected in results.items():
            self.check("return " + text, {"outcome": "ok", "result": expected})
        found = self.check("return inputs", {"outcome": "ok", "result": {"a": [1]}}, 0, {"a": [1]})
        self.assertEqual(found.errors, "")

    def test_results_that_are_cut(self) -> None:
        """What JSON cannot hold, or is too long, is told as the SDK sends it."""
        results = {
            "float('nan')": "NaN",
            "{'at': {1}}": {"at": "set({1})"},
            "{(1, 2): 3}": {"[1,2]": 3},
            "'\\ud800'": "\ufffd",
            "10 ** 5000": "<int of 16610 bits>",
        }
        for text, expected in results.items():
            self.check("return " + text, {"outcome": "ok", "result": expected, "cut": True})
        source = "from hero_tracing import flow\n@flow\ndef nightly(): return ['x'] * 1_000_000"
        found = self.run_flow(source)
        assert found.last is not None
        self.assertTrue(found.last["cut"])
        self.assertRegex(found.last["result"], r'^\["x","x",')
        self.assertLess(len(found.last["result"]), _RESULT_BYTES)

    def test_failures(self) -> None:
        """A reason, and no traceback; also of a class of the flow's own."""
        body = """
            class Refused(flow.Failed):
                pass
            raise {}("no rows")
            """
        for kind in ("Refused", "flow.Failed"):
            last = {"outcome": "failed", "error": "no rows", "error_type": kind.split(".")[-1]}
            found = self.check(body.format(kind), last, 1)
            self.assertEqual(found.errors, "")

    def test_a_failure_that_is_no_text(self) -> None:
        """Its reason is told as text, without what no text has."""
        for reason, error in (("5", "5"), ("'\\ud800'", "\ufffd"), ("", "")):
            last = {"outcome": "failed", "error": error, "error_type": "Failed"}
            self.check("raise flow.Failed(%s)" % reason, last, 1)

    def test_exceptions(self) -> None:
        """The traceback, from the flow's own frames on; it is not printed."""
        source = """
            from hero_tracing import flow
            @flow
            def nightly():
                raise {}("bad")
            """
        for kind in ("ValueError", "GeneratorExit", "BaseException"):
            found = self.run_flow(source.format(kind))
            self.assertEqual((found.code, found.errors), (1, ""))
            assert found.last is not None
            self.assertEqual((found.last["outcome"], found.last["error_type"]), ("raised", kind))
            error = found.last["error"]
            self.assertRegex(error, r"^Traceback .*\n  File \".*/nightly.py\", line 5, in nightly")
            self.assertTrue(error.endswith("\n%s: bad\n" % kind), error)
            self.assertNotIn("hero_tracing.py", error)

    def test_exits(self) -> None:
        """The code that Python makes of the argument, and what Python prints of it."""
        exits = {"": 0, "None": 0, "True": 1, "3": 3, "-1": 255, "256": 0, "'text'": 1, "(1, 2)": 1}
        printed = {"'text'": "text\n", "(1, 2)": "(1, 2)\n"}
        for argument, code in exits.items():
            found = self.check("sys.exit(%s)" % argument, {"outcome": "exited", "code": code}, code)
            self.assertEqual(found.errors, printed.get(argument, ""))

    def test_an_interrupt(self) -> None:
        """It is told, and ends the process as Python does."""
        for body in ("raise KeyboardInterrupt", "os.kill(os.getpid(), signal.SIGINT)"):
            found = self.check(body, {"outcome": "interrupted"}, -signal.SIGINT)
            self.assertTrue(found.errors.endswith("\nKeyboardInterrupt\n"), found.errors)

    def test_a_death(self) -> None:
        """There is nobody to tell of it."""
        self.check("os._exit(0)", None)
        self.check("os.kill(os.getpid(), signal.SIGKILL)", None, -signal.SIGKILL)

    def test_the_end(self) -> None:
        """It is that of a script: threads are waited for, exit handlers run."""
        found = self.check(
            """
            import atexit, threading, time
            def work():
                time.sleep(0.1)
                print("thread")
            atexit.register(print, "at exit")
            threading.Thread(target=work).start()
            """,
            {"outcome": "ok", "result": None},
        )
        self.assertEqual((found.output, found.errors), ("thread\nat exit\n", ""))

    def test_warnings(self) -> None:
        """Nothing is left open that Python warns of."""
        source = "from hero_tracing import flow\n@flow\ndef nightly(): ..."
        flags = ("-X", "dev", "-W", "error")
        found = self.run_flow(source, flags=flags)
        self.assertEqual((found.code, found.errors), (0, ""))
        self.look(source, flags=flags)

    def test_kinds_of_flows(self) -> None:
        """Coroutines and generators are run to their end."""
        for head, body in (
            ("async def nightly():", "return [1]"),
            ("async def nightly():", "yield 1"),
            ("def nightly():", "yield 1"),
        ):
            found = self.run_flow("from hero_tracing import flow\n@flow\n%s %s" % (head, body))
            self.assertEqual(found.last, {"outcome": "ok", "result": [1]}, found)

    def test_the_tree(self) -> None:
        """A root of kind flow, with its inputs, under the span that the environment names."""
        source = """
            from hero_tracing import flow
            @flow(name="nightly report")
            def nightly(day):
                with flow.step("load"):
                    return day
            """
        path = self.collector.path
        self.run_flow(source, {"day": "monday"}, env={SOCKET: path, PARENT: _ROOT})
        events = self.collector.events()
        root = starts(events)["nightly report"]
        self.assertEqual((root["kind"], root["params"]), ("flow", {"day": "monday"}))
        self.assertEqual(root["parent_span_id"], _ROOT)
        self.assertEqual(starts(events)["load"]["parent_span_id"], root["span_id"])
        self.assertEqual(ends(events)["nightly report"]["result"], "monday")


class HostileTests(HostTest):
    """What a flow does to the socket, or to what speaks over it, costs no more than a word."""

    def check(self, body: str, last: Line = None, where: str = "nightly") -> Hosted:
        """It goes on as a flow that gives 1, and ends without a complaint."""
        body = textwrap.dedent(body)
        inner = body if where == "nightly" else ""
        source = "import os, sys\nfrom hero_tracing import flow\n%s\n@flow\ndef nightly():\n%s"
        source %= (body if where == "module" else "", textwrap.indent(inner, "    "))
        found = self.run_flow(source + "\n    return 1")
        self.assertEqual((found.last, found.code, found.errors), (last, 0, ""), found)
        return found

    def test_descriptors_that_are_closed(self) -> None:
        """By the flow, or already by its module: then it cannot be asked to run either."""
        self.check("os.closerange(3, 64)")
        self.assertIsNone(self.check("os.closerange(3, 64)", where="module").first)

    def test_a_number_that_serves_another_file(self) -> None:
        """Nothing is written to it."""
        kept = self.directory / "kept.txt"
        self.check(
            """
            os.closerange(3, 64)
            files = [os.open(%r, os.O_RDWR | os.O_CREAT) for _ in range(32)]
            """
            % str(kept)
        )
        self.assertEqual(kept.read_bytes(), b"")

    def test_names_that_are_replaced(self) -> None:
        """In the modules that the SDK uses; streams too."""
        for where in ("nightly", "module"):
            found = self.check(
                """
                import json, socket
                json.dumps = json.loads = socket.socket = sys.exit = sys.stdout = None
                """,
                {"outcome": "ok", "result": 1},
                where,
            )
            self.assertEqual(len(found.flows), 1)

    def test_a_fork_that_returns(self) -> None:
        """The child of a fork is not who was asked."""
        self.check(
            """
            if os.fork():
                os.wait()
            """,
            {"outcome": "ok", "result": 1},
        )

    def test_an_executor_that_is_gone(self) -> None:
        """Nobody hears how it ended, and it ends so all the same."""
        file = self.write("""
            import signal, sys
            from hero_tracing import flow
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            @flow
            def nightly():
                sys.stdin.read()
                print("went on")
            """)
        executor, process = self.start(file)
        with process:
            executor.ask_and_leave({"run": "nightly", "input": {}})
            output, errors = process.communicate(timeout=_SECONDS)
        self.assertEqual((process.returncode, output, errors), (0, "went on\n", ""))

    def test_programs_that_it_starts(self) -> None:
        """They get no end of the socket."""
        self.check(
            """
            import subprocess
            count = [sys.executable, "-c", "import os; print(len(os.listdir('/dev/fd')))"]
            with_it = subprocess.check_output(count, close_fds=False)
            assert with_it == subprocess.check_output(count), with_it
            """,
            {"outcome": "ok", "result": 1},
        )
