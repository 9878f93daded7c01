"""How a flow ends in a process of its own, and what the executor is told of it."""

from __future__ import annotations

import signal
import textwrap
from typing import Any

from flow_files import Hosted, HostTest, Line
from support import PARENT, SCRIPT_SECONDS, SOCKET, ends, starts

_RESULT_BYTES = 1_048_576
_ROOT = "00000000deadbeef"


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
            output, errors = process.communicate(timeout=SCRIPT_SECONDS)
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
