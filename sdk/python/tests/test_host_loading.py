"""A flow's file in a process of its own, as the executor's bootstrap.py loads it."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from flow_files import HostTest


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
