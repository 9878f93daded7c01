"""flow.run: how it fails, and that the process never outlives the call."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import textwrap
import threading
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

from flow_files import SubflowTest
from support import SCRIPT_SECONDS, ends, soak, start_script, starts


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
        self.assertEqual(self.flow.run(self.write_flow("return 1"), timeout=SCRIPT_SECONDS), 1)

    def test_a_grace(self) -> None:
        """SIGTERM may be answered; who ignores it is killed."""
        self.sdk._GRACE_SECONDS = SCRIPT_SECONDS
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
                self.collector.wait(self.is_begun, SCRIPT_SECONDS)
                strike(caller.pid)
                caller.communicate(timeout=SCRIPT_SECONDS)
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
        self.check_interrupt(file, lambda pid: os.killpg(pid, signal.SIGINT), SCRIPT_SECONDS)
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
