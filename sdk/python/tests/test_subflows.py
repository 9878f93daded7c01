"""flow.run: a flow of another file in a process of its own, which never outlives the call."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import shutil
import signal
import sys
import tempfile
import textwrap
import threading
import unittest
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable

from strict import Event
from support import SDK_FILE, SdkTest, ends, soak, start_script, starts, tree

_SECONDS = soak(60, 1200)


@contextlib.contextmanager
def stderr_of_processes() -> Iterator[list[str]]:
    """What is written to descriptor 2 meanwhile, also by other processes."""
    found: list[str] = []
    kept = os.dup(2)
    with tempfile.TemporaryFile("w+") as file:
        os.dup2(file.fileno(), 2)
        try:
            yield found
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            file.seek(0)
            found.append(file.read())


class SubflowTest(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.directory = self.temporary_directory()
        self.sdk = self.load_sdk()
        self.flow = self.sdk.flow

    def write(self, source: str, name: str = "other.py") -> Path:
        file = self.directory / name
        file.write_text(textwrap.dedent(source), encoding="utf-8")
        return file

    def write_flow(self, body: str, name: str = "other.py") -> Path:
        """A file with one flow of this body, which takes any inputs."""
        head = "import os, signal, sys, threading, time\nfrom hero_tracing import flow\n@flow\n"
        body = textwrap.indent(textwrap.dedent(body), "    ")
        return self.write(head + "def nightly(**inputs):\n" + body, name)

    def events_of_each(self) -> list[list[Event]]:
        return [one.events() for one in self.collector.connections if one.data]

    def begun(self) -> str:
        """A line of code that leaves the process's id in a file."""
        return "open(%r, 'w').write(str(os.getpid()))\n" % str(self.directory / "pid")

    def is_begun(self) -> bool:
        file = self.directory / "pid"
        return file.exists() and file.read_text() != ""

    def pid(self) -> int:
        return int((self.directory / "pid").read_text())

    def expect_gone(self, pid: int) -> None:
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)


class ResultTests(SubflowTest):
    def check(self, body: str, expected: Any, inputs: Any = None) -> None:
        self.assertEqual(self.flow.run(self.write_flow(body), inputs), expected)

    def test_results(self) -> None:
        """They come as JSON has them, whole."""
        self.check("return 1, {'a': [True, None]}", [1, {"a": [True, None]}])
        self.check("return 'x' * 3_000_000", "x" * 3_000_000)
        self.check("return '\\ud800', '\\xe4', 10 ** 400", ["\ud800", "\xe4", 10**400])
        self.check("yield from range(3)", [0, 1, 2])
        self.check("pass", None)

    def test_what_json_cannot_hold(self) -> None:
        """NaN comes as Python's json has it, an object as a text; a key has no stand-in."""
        (found,) = self.flow.run(self.write_flow("return [float('nan')]"))
        self.assertTrue(math.isnan(found))
        self.check("return {'at': {1}}", {"at": "set({1})"})
        with self.assertRaisesRegex(self.flow.Failed, "JSON cannot hold its result$"):
            self.flow.run(self.write_flow("return {(1, 2): 3}"))

    def test_inputs(self) -> None:
        """A mapping of any size, that JSON can hold, or none."""
        for inputs in ({"day": "monday", "rows": [1, {"a": None}]}, {"x": "y" * 3_000_000}):
            self.check("return inputs", inputs, inputs)
        self.check("return inputs", {})
        for wrong in ([1], "day", {"day": object()}):
            with self.assertRaises(TypeError):
                self.flow.run(self.write_flow("raise SystemExit"), wrong)

    def test_an_exit(self) -> None:
        """One that is no failure gives nothing."""
        self.check("sys.exit()", None)
        self.check("sys.exit(0)", None)

    def test_paths(self) -> None:
        """They are relative to the working directory, text or not."""
        self.write_flow("return __file__, sys.argv")
        expected = [str(self.directory / "other.py"), ["./other.py"]]
        source = "from hero_tracing import flow; print(flow.run('./other.py') == %r)" % expected
        self.assertEqual(self.script(source, cwd=self.directory).output, "True\n")
        file = str(self.directory / "other.py")
        self.assertEqual(self.flow.run(os.fsencode(file)), [file, [file]])

    def test_which_flow(self) -> None:
        """By its attribute, or its name; the only one needs none."""
        file = self.write("""
            from hero_tracing import flow
            @flow(name="daily report")
            def daily(): return "daily"
            @flow(name="daily")
            def weekly(): return "weekly"
            """)
        for name, expected in {
            "daily": "daily",
            "daily report": "daily",
            "weekly": "weekly",
        }.items():
            self.assertEqual(self.flow.run(file, flow=name), expected)
        wrong: dict[str | None, str] = {None: "None", "monthly": "'monthly'"}
        listed = r"^other.py: expected flow to name one of daily \(daily report\), weekly \(daily\)"
        for other, found in wrong.items():
            with self.assertRaisesRegex(ValueError, listed + ", found %s$" % found):
                self.flow.run(file, flow=other)
        with self.assertRaisesRegex(ValueError, "^other.py has no flow$"):
            self.flow.run(self.write(""))

    def test_streams(self) -> None:
        """Standard output and error are the caller's, the input is empty."""
        file = self.write_flow("""
            print("out", repr(sys.stdin.read()), flush=True)
            print("err", file=sys.stderr)
            """)
        source = """
            import os, sys
            from hero_tracing import flow
            end, start = os.pipe()
            os.write(start, b"not for a sub-flow")
            os.close(start)
            os.dup2(end, 0)
            flow.run(sys.argv[1])
            """
        with start_script(source, str(file)) as process:
            self.assertEqual(process.communicate(), ("out ''\n", "err\n"))

    def test_programs_that_it_starts(self) -> None:
        """They get no end of the socket."""
        body = """
            import subprocess
            count = [sys.executable, "-c", "import os; print(len(os.listdir('/dev/fd')))"]
            with_it = subprocess.check_output(count, close_fds=False)
            return with_it == subprocess.check_output(count)
            """
        self.check(body, True)

    def test_without_a_collector(self) -> None:
        """It is the same."""
        flow = self.load_sdk(path=None).flow
        self.assertEqual(flow.run(self.write_flow("return 1")), 1)
        self.assertEqual(self.collector.connections, [])

    def test_modules_beside_it(self) -> None:
        """The SDK is the caller's own, and what that imports is not sought beside either."""
        for name in ("json.py", "socket.py", "contextvars.py"):
            self.write("raise SystemExit('shadowed')", name)
        shutil.copy(SDK_FILE, self.directory)
        elsewhere = self.temporary_directory()
        self.write_flow("import hero_tracing; return hero_tracing.__file__")
        shutil.copy(self.directory / "other.py", elsewhere)
        (elsewhere / "hero_tracing.py").write_text("raise SystemExit('not this one')")
        script = self.temporary_directory() / "script.py"
        script.write_text(
            "import sys\n"
            "sys.path.append(sys.argv[1])\n"
            "from hero_tracing import flow\n"
            "print(*(flow.run(place + '/other.py') for place in sys.argv[1:]))\n"
        )
        args = str(self.directory), str(elsewhere)
        for cwd in (self.directory, elsewhere):
            found = self.script(script, *args, env={"PYTHONPATH": ""}, cwd=cwd)
            expected = str(self.directory / "hero_tracing.py")
            self.assertEqual(found.output, "%s %s\n" % (expected, expected))

    def test_a_vendored_sdk(self) -> None:
        """Where it is part of a package, the sub-flow finds it there too."""
        (self.directory / "vendored").mkdir()
        shutil.copy(SDK_FILE, self.directory / "vendored")
        self.write("""
            from vendored.hero_tracing import flow
            @flow
            def nightly(): return flow.current_span.span_id is not None
            """)
        source = """
            import sys
            sys.path.insert(0, sys.argv[1])
            from vendored.hero_tracing import flow
            print(flow.run(sys.argv[1] + "/other.py"))
            """
        self.assertEqual(self.script(source, str(self.directory)).output, "True\n")

    def test_multiprocessing(self) -> None:
        """What a sub-flow spawns finds its module, and the SDK."""
        file = self.write("""
            import multiprocessing
            from hero_tracing import flow
            def double(x): return x * 2
            @flow
            def nightly():
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    return pool.map(double, [1, 2])
            """)
        source = """
            import sys
            sys.path.append(sys.argv[2])
            from hero_tracing import flow
            print(flow.run(sys.argv[1]))
            """
        args = str(file), str(SDK_FILE.parent)
        found = self.script(source, *args, env={"PYTHONPATH": ""})
        self.assertEqual(found.output, "[2, 4]\n")


class FailureTests(SubflowTest):
    def check(self, file: Path, reason: str, printed: str = "", **options: Any) -> None:
        """It fails with a reason; a traceback that ends so is printed once."""
        with stderr_of_processes() as found, self.assertRaises(self.flow.Failed) as caught:
            self.flow.run(file, **options)
        self.assertEqual(str(caught.exception), reason)
        self.assertEqual(caught.exception.reason, reason)
        self.assertEqual(found[0].count("Traceback"), printed.count("Traceback"))
        self.assertRegex(found[0], "(?s)^%s$" % printed)

    def test_a_failure(self) -> None:
        """The same reason, and where it came from."""
        file = self.write_flow("raise flow.Failed('no rows')")
        self.check(file, "nightly (other.py): no rows")
        self.check(self.write_flow("raise flow.Failed"), "nightly (other.py): failed")

    def test_an_exception(self) -> None:
        """The last line of the traceback, which is printed."""
        self.check(
            self.write_flow("raise ValueError('bad')"),
            "nightly (other.py): ValueError: bad",
            r"Traceback .*in nightly\n    raise ValueError\('bad'\)\nValueError: bad\n",
        )

    def test_a_file_that_is_broken(self) -> None:
        """Without a flow to name."""
        self.check(
            self.write("raise ValueError('bad')"),
            "other.py: ValueError: bad",
            "Traceback .*\nValueError: bad\n",
        )
        self.check(self.write("x = = 1"), "other.py: SyntaxError: invalid syntax", " .*")
        missing = "FileNotFoundError: [Errno 2] No such file or directory: '/no/such.py'"
        self.check(Path("/no/such.py"), "such.py: " + missing, ".*")

    def test_an_end_without_a_word(self) -> None:
        """By a signal, or an exit that says nothing."""
        for body, reason in {
            "os.kill(os.getpid(), signal.SIGKILL)": "killed by SIGKILL",
            "os._exit(0)": "exited with 0",
            "os._exit(3)": "exited with 3",
            "sys.exit(3)": "exited with 3",
        }.items():
            self.check(self.write_flow(body), "nightly (other.py): " + reason)
        self.check(self.write("import os\nos._exit(4)"), "other.py: exited with 4")
        text = "nightly (other.py): exited with 1"
        self.check(self.write_flow("sys.exit('told')"), text, "told\n")

    @unittest.skipUnless(sys.version_info >= (3, 11), "needs groups")
    def test_a_group_of_exceptions(self) -> None:
        """The last of them, without its frame."""
        self.check(
            self.write_flow("raise ExceptionGroup('both', [KeyError(1), ValueError('bad')])"),
            "nightly (other.py): ValueError: bad",
            r" .*Traceback.*\n    \+-+\n",
        )

    @unittest.skipUnless(hasattr(os, "waitid"), "needs waitid")
    def test_a_death_before_it_is_asked(self) -> None:
        """Nobody is there to be asked, and it is told all the same."""
        choose = self.sdk._choose

        def kill_and_choose(*args: Any) -> Any:
            os.kill(self.pid(), signal.SIGKILL)
            os.waitid(os.P_PID, self.pid(), os.WEXITED | os.WNOWAIT)
            return choose(*args)

        self.sdk._choose = kill_and_choose
        source = "from hero_tracing import flow\n@flow\ndef nightly(): ...\n"
        file = self.write(source + "import os\n" + self.begun())
        self.check(file, "nightly (other.py): killed by SIGKILL")

    def test_a_failure_further_down(self) -> None:
        """Each says where; the traceback is printed by the one that raised."""
        inner = self.write_flow("raise ValueError('bad')", "inner.py")
        outer = self.write_flow("flow.run(%r)" % str(inner))
        reason = "nightly (other.py): nightly (inner.py): ValueError: bad"
        self.check(outer, reason, "Traceback .*inner.py.*\nValueError: bad\n")

    def test_what_others_hold(self) -> None:
        """A fork that lives on does not keep the caller waiting."""
        file = self.write_flow(
            """
            child = os.fork()
            if child == 0:
                os.close(1), os.close(2)
                time.sleep(600)
            with open(%r, "w") as file:
                file.write(str(child))
            os._exit(3)
            """
            % str(self.directory / "pid")
        )
        self.check(file, "nightly (other.py): exited with 3")
        os.kill(self.pid(), signal.SIGKILL)


class TreeTests(SubflowTest):
    def check(self, events: list[Event], parent: str | None) -> None:
        """A flow with a step, which hangs there."""
        self.assertEqual(tree(events), {"nightly": parent, "inside": "nightly"})
        root = starts(events)["nightly"]
        self.assertEqual((root["kind"], root["params"]), ("flow", {"day": 1}))

    def file(self) -> Path:
        return self.write_flow("with flow.step('inside'): return 5")

    def test_it_hangs_under_the_caller(self) -> None:
        """Under the span that is open where it is called."""
        with self.flow.step("outer") as outer:
            self.assertEqual(self.flow.run(self.file(), {"day": 1}), 5)
        with self.assertRaises(self.flow.Failed), self.flow.step("fails"):
            self.flow.run(self.write_flow("raise flow.Failed('no rows')"))
        parent, child, failed = self.events_of_each()
        self.check(child, outer.span_id)
        self.assertEqual(list(starts(parent)), ["outer", "fails"])
        self.assertEqual(ends(parent)["fails"]["error"], "nightly (other.py): no rows")
        self.assertEqual(ends(failed)["nightly"]["error"], "no rows")

    def test_without_a_span(self) -> None:
        """Where its parent's roots hang."""
        flow = self.load_sdk(parent="00000000deadbeef").flow
        flow.run(self.file(), {"day": 1})
        self.check(self.events_of_each()[-1], "00000000deadbeef")

    def test_asyncio_and_threads(self) -> None:
        """asyncio.to_thread carries the span, and so does flow.wrap; two run at once."""
        file = self.file()

        async def gather() -> list[Any]:
            async with self.flow.step("async"):
                calls = [asyncio.to_thread(self.flow.run, file, {"day": 1}) for _ in range(2)]
                return await asyncio.gather(*calls)

        self.assertEqual(asyncio.run(gather()), [5, 5])
        with self.flow.step("threads"), ThreadPoolExecutor() as pool:
            call = self.flow.wrap(self.flow.run)
            self.assertEqual(list(pool.map(call, [file] * 2, [{"day": 1}] * 2)), [5, 5])
        own, *children = self.events_of_each()
        parents = [
            starts(own)[name]["span_id"] for name in ("async", "async", "threads", "threads")
        ]
        for parent, events in zip(parents, children):
            self.check(events, parent)


class EndTests(SubflowTest):
    """However a call ends, the process has ended too."""

    def stubborn(self) -> Path:
        """It ignores SIGTERM, and stays."""
        ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        return self.write_flow(ignore + self.begun() + "time.sleep(600)")

    def check_timeout(self, file: Path, label: str = "nightly (other.py)") -> None:
        """It ends what has begun; a busy machine takes longer to begin."""
        for seconds in (0.5, 2.0, 8.0, 32.0):
            with self.assertRaises(TimeoutError) as caught:
                self.flow.run(file, timeout=seconds)
            if self.is_begun():
                break
        self.assertEqual(str(caught.exception), "%s: took longer than %g s" % (label, seconds))
        self.expect_gone(self.pid())
        (self.directory / "pid").unlink()

    def test_a_timeout(self) -> None:
        """Of a flow, of a file that is loaded, and of what they leave to wait for."""
        stays = self.begun() + "time.sleep(600)"
        self.check_timeout(self.write_flow(stays))
        self.check_timeout(self.write("import os, time\n" + stays), "other.py")
        thread = "threading.Thread(target=time.sleep, args=(600,)).start()"
        self.check_timeout(self.write_flow(self.begun() + thread))

    def test_a_timeout_that_is_kept(self) -> None:
        """It changes nothing."""
        self.assertEqual(self.flow.run(self.write_flow("return 1"), timeout=_SECONDS), 1)

    def test_a_grace(self) -> None:
        """SIGTERM may be answered; who ignores it is killed."""
        self.sdk._GRACE_SECONDS = _SECONDS
        answer = """
            def farewell(*_):
                open(%r, "w").close()
                os._exit(0)
            signal.signal(signal.SIGTERM, farewell)
            """
        answer = textwrap.dedent(answer % str(self.directory / "farewell"))
        self.check_timeout(self.write_flow(answer + self.begun() + "time.sleep(600)"))
        self.assertTrue((self.directory / "farewell").exists())
        self.sdk._GRACE_SECONDS = 0.2
        self.check_timeout(self.stubborn())

    def check_interrupt(self, file: Path, strike: Callable[[int], None], grace: float) -> None:
        """A script that calls the flow is struck when that has begun; both end by it."""
        source = """
            import sys, hero_tracing
            hero_tracing._GRACE_SECONDS = float(sys.argv[2])
            with hero_tracing.flow.step("outer"):
                hero_tracing.flow.run(sys.argv[1])
            """
        options: dict[str, Any] = {"path": self.collector.path, "start_new_session": True}
        with start_script(source, str(file), str(grace), **options) as caller:
            try:
                self.collector.wait(self.is_begun, _SECONDS)
                strike(caller.pid)
                caller.communicate(timeout=_SECONDS)
            except BaseException:
                os.killpg(caller.pid, signal.SIGKILL)  # else we would wait for both
                raise
        self.assertEqual(caller.returncode, -signal.SIGINT)
        self.expect_gone(self.pid())
        self.assertEqual(self.status_of("outer"), "cancelled")

    def status_of(self, name: str) -> str:
        (end,) = (ends(e)[name] for e in self.events_of_each() if name in starts(e))
        return end["status"]  # type: ignore[no-any-return]

    def test_ctrl_c(self) -> None:
        """It reaches both, and the sub-flow has time to clean up."""
        body = """
            try:
                time.sleep(600)
            finally:
                time.sleep(0.5)
            """
        file = self.write_flow(self.begun() + textwrap.dedent(body))
        self.check_interrupt(file, lambda pid: os.killpg(pid, signal.SIGINT), _SECONDS)
        self.assertEqual(self.status_of("nightly"), "cancelled")

    def test_an_interrupt_of_the_caller_alone(self) -> None:
        """It ends the sub-flow all the same, however stubborn."""
        self.check_interrupt(self.stubborn(), lambda pid: os.kill(pid, signal.SIGINT), 0.2)

    def test_an_exception_while_waiting(self) -> None:
        """Whatever a signal handler raises."""

        class Struck(BaseException):
            pass

        def strike(*_: object) -> None:
            raise Struck

        before = signal.signal(signal.SIGALRM, strike)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        body = "os.kill(os.getppid(), signal.SIGALRM)\ntime.sleep(600)"
        with self.assertRaises(Struck):
            self.flow.run(self.write_flow(self.begun() + body))
        self.expect_gone(self.pid())

    def test_nothing_is_left(self) -> None:
        """Neither descriptors nor processes nor threads, however each call ended."""
        bodies = ["return 1", "raise flow.Failed('x')", "os._exit(1)", "sys.exit(2)"]
        files = [self.write_flow(body, "f%d.py" % at) for at, body in enumerate(bodies)]
        flow = self.load_sdk(path=None).flow  # the collector's descriptors are ours too
        flow.run(files[0])
        before = len(os.listdir("/dev/fd")), threading.active_count()
        for number in range(soak(24, 100)):
            with contextlib.suppress(flow.Failed, ValueError, TimeoutError):
                flow.run(
                    files[number % 4],
                    flow="none" if number % 5 == 4 else None,
                    timeout=0.001 if number % 7 == 6 else None,
                )
        self.assertEqual((len(os.listdir("/dev/fd")), threading.active_count()), before)
        with self.assertRaises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


class CostTests(SubflowTest):
    def test_imports(self) -> None:
        """What only flow.run needs is not imported before it is called."""
        found = self.script("""
            import sys
            import hero_tracing
            with hero_tracing.flow.step("load"):
                print([name for name in ("subprocess", "asyncio") if name in sys.modules])
            """)
        self.assertEqual(found.output, "[]\n")
