"""Forks and child processes: each is a producer of its own, under the span it came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from strict import Event
from support import PROGRAMS, Connection, SdkTest, of_type, shape, soak, starts, tree

_ROOT = "00000000deadbeef"


class ForkTest(SdkTest):
    def run_forks(self, source: str | Path, **options: Any) -> list[list[Event]]:
        """The events of each connection that said something, the parent's first."""
        self.script(source, **options)
        self.collector.wait(lambda: not any(one.open for one in self.collector.connections))
        return [one.events() for one in self.collector.connections if one.data]

    def producers(self) -> list[Any]:
        return [one.events()[0]["producer"] for one in self.collector.connections if one.data]


class ForkTests(ForkTest):
    def test_a_child_is_a_producer_of_its_own(self) -> None:
        """With its own connection and id, under the span that was open at the fork."""
        parent, child = self.run_forks("""
            import os
            from hero_tracing import flow
            with flow.step("outer"), flow.step("inner"):
                if os.fork() == 0:
                    with flow.step("child"), flow.step("below"):
                        pass
                    os._exit(0)
                os.wait()
            """)
        self.assertEqual(tree(parent), {"outer": None, "inner": "outer"})
        inner = starts(parent)["inner"]["span_id"]
        self.assertEqual(tree(child), {"child": inner, "below": "child"})
        first, second = self.producers()
        self.assertNotEqual(first["id"], second["id"])
        self.assertNotEqual(first["pid"], second["pid"])

    def test_what_a_child_says_of_its_parents_spans_is_dropped(self) -> None:
        """Tags, logs and ends of spans that it inherited, open or current."""
        parent, child = self.run_forks("""
            import os
            from hero_tracing import flow
            with flow.step("outer") as outer:
                if os.fork():
                    os.wait()
                else:
                    outer.tag("key", 1).log("said").result(1)
                    flow.current_span.tag("key", 2)
                    with flow.step("child"):
                        outer.tag("key", 3)
            if outer is flow.current_span:
                raise SystemExit("the span is still current")
            """)
        self.assertEqual(shape(parent), ["start outer", "end ok"])
        self.assertEqual(shape(child), ["start child", "end ok"])

    def test_a_child_of_no_span(self) -> None:
        """It hangs where its parent's roots do."""
        source = """
            import os
            from hero_tracing import flow
            with flow.step("before"):
                pass
            if os.fork() == 0:
                with flow.step("child"):
                    pass
                os._exit(0)
            os.wait()
            """
        for parent in (None, _ROOT):
            _, child = self.run_forks(source, parent=parent)[-2:]
            self.assertEqual(tree(child), {"child": parent})

    def test_a_fork_before_the_first_span(self) -> None:
        """Parent and child both connect when they come to it."""
        found = self.run_forks("""
            import os
            from hero_tracing import flow
            child = os.fork()
            with flow.step("parent" if child else "child"):
                pass
            if child:
                os.wait()
            """)
        self.assertEqual(sorted(list(starts(events))[0] for events in found), ["child", "parent"])

    def test_grandchildren(self) -> None:
        """A child's child hangs under the child's span."""
        first, second, third = self.run_forks("""
            import os
            from hero_tracing import flow
            def descend(left):
                with flow.step("level %d" % left):
                    if left and os.fork() == 0:
                        descend(left - 1)
                        os._exit(0)
                    elif left:
                        os.wait()
            descend(2)
            """)
        self.assertEqual(tree(first), {"level 2": None})
        self.assertEqual(tree(second), {"level 1": first[0]["span_id"]})
        self.assertEqual(tree(third), {"level 0": second[0]["span_id"]})

    def test_a_fork_within_a_thread(self) -> None:
        """The open span of the thread that forks is the parent."""
        parent, child = self.run_forks("""
            import os, threading, warnings
            from hero_tracing import flow
            warnings.simplefilter("ignore")
            def work():
                with flow.step("thread"):
                    if os.fork() == 0:
                        with flow.step("child"):
                            pass
                        os._exit(0)
                    os.wait()
            with flow.step("main"):
                thread = threading.Thread(target=work)
                thread.start()
                thread.join()
            """)
        thread = starts(parent)["thread"]["span_id"]
        self.assertEqual(tree(child), {"child": thread})

    def test_a_fork_amid_a_call(self) -> None:
        """A handler that forks while a line is being sent: both go on with their own."""
        found = self.run_forks("""
            import os, signal
            from hero_tracing import flow
            forked = []
            def strike(*_):
                child = os.fork()
                if child == 0:
                    signal.setitimer(signal.ITIMER_REAL, 0)
                    with flow.step("child"):
                        pass
                forked.append(child)
            signal.signal(signal.SIGALRM, strike)
            with flow.step("outer") as outer:
                signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
                while len(forked) < 20 and 0 not in forked:
                    outer.tag("key", "x" * 500)
                signal.setitimer(signal.ITIMER_REAL, 0)
            with flow.step("after"):
                pass
            if 0 in forked:
                os._exit(0)
            for _ in forked:
                os.wait()
            """)
        parent, *children = found
        self.assertGreaterEqual(len(children), 20)
        outer = starts(parent)["outer"]["span_id"]
        self.assertEqual(list(starts(parent)), ["outer", "after"])
        for child in children:
            self.assertEqual(tree(child), {"child": outer, "after": outer})

    def test_a_child_of_a_parent_that_is_off(self) -> None:
        """It stays off, or tries for itself, but says nothing and goes on."""
        self.collector.close()
        self.script("""
            import os
            from hero_tracing import flow
            with flow.step("outer"):
                child = os.fork()
                with flow.step("inner") as inner:
                    inner.tag("key", 1)
            if child:
                assert os.wait()[1] == 0
            """)

    def test_a_fork_while_another_thread_connects(self) -> None:
        """The child tries for itself, and waits for nobody who is not there."""
        collector = self.start_collector(reading=False, backlog=0)
        self.script(
            """
            import os, signal, socket, threading, time, warnings
            from hero_tracing import flow
            warnings.simplefilter("ignore")
            others = [socket.socket(socket.AF_UNIX) for _ in range(3)]
            for other in others:
                other.setblocking(False)
                try:
                    other.connect(os.environ["HERO_FLOW_SPAN_SOCK"])
                except BlockingIOError:
                    pass
            thread = threading.Thread(target=flow.step, args=("waits",))
            thread.start()
            time.sleep(0.05)
            if os.fork() == 0:
                signal.alarm(5)
                with flow.step("child"):
                    pass
                os._exit(0)
            assert os.wait()[1] == 0
            thread.join()
            """,
            path=collector.path,
        )

    def test_many_forks_beside_busy_threads(self) -> None:
        """None hangs, and nothing of a child comes over its parent's connection."""
        forks = soak(60, 1000)
        finished = self.program("forks.py", str(forks), "4", timeout=30 + forks)
        *lines, done = finished.output.split("\n")[:-1]
        self.assertEqual(done, "done")
        self.assertEqual(len(lines), forks)
        self.collector.wait(lambda: not any(one.open for one in self.collector.connections))
        main, *children = sorted(self.collector.connections, key=_size, reverse=True)
        self.assertEqual(len(children), forks)
        parents: dict[str, str] = {}
        for child in children:
            events = child.events()
            self.assertEqual(shape(events)[1:], ["tag key", "end ok"])
            parents[events[0]["name"]] = events[0]["parent_span_id"]
        for number, line in enumerate(lines):
            self.assertEqual(line, "0 " + parents["child %d" % number])
        names = {start["name"] for start in of_type(main.events(lossy=True), "span_start")}
        self.assertEqual(names, {"busy"} | {"fork %d" % number for number in range(forks)})


def _size(connection: Connection) -> int:
    return len(connection.data)


class ChildProcessTests(ForkTest):
    def test_child_env(self) -> None:
        """A child with this environment hangs its roots under the current span."""
        parent, child, outside = self.run_forks("""
            import subprocess, sys
            from hero_tracing import flow
            code = "from hero_tracing import flow\\nwith flow.step('child'): pass"
            with flow.step("outer"):
                subprocess.run([sys.executable, "-c", code], env=flow.child_env(), check=True)
            subprocess.run([sys.executable, "-c", code], env=flow.child_env(), check=True)
            """)
        self.assertEqual(tree(child), {"child": starts(parent)["outer"]["span_id"]})
        self.assertEqual(tree(outside), {"child": None})

    def test_child_env_of_another_environment(self) -> None:
        """It adds the two variables to the one that it is given, and changes no other."""
        flow = self.load_sdk(parent=_ROOT).flow
        path = self.collector.path
        given = {"PATH": "/bin"}
        names = ("HERO_FLOW_SPAN_SOCK", "HERO_FLOW_PARENT_SPAN")
        self.assertEqual(flow.child_env(given), {"PATH": "/bin", names[0]: path, names[1]: _ROOT})
        with flow.step("outer") as outer:
            expected = {"PATH": "/bin", names[0]: path, names[1]: outer.span_id}
            self.assertEqual(flow.child_env(given), expected)
        self.assertEqual(given, {"PATH": "/bin"})

    def test_child_env_while_off(self) -> None:
        """It is the environment as it is."""
        flow = self.load_sdk(path=None).flow
        self.assertEqual(flow.child_env({"PATH": "/bin"}), {"PATH": "/bin"})

    def test_a_child_that_knows_nothing_of_it(self) -> None:
        """With its parent's own environment it hangs where its parent's roots do."""
        _, child = self.run_forks(
            """
            import subprocess, sys
            from hero_tracing import flow
            code = "from hero_tracing import flow\\nwith flow.step('child'): pass"
            with flow.step("outer"):
                subprocess.run([sys.executable, "-c", code], check=True)
            """,
            parent=_ROOT,
        )
        self.assertEqual(tree(child), {"child": _ROOT})

    def test_multiprocessing(self) -> None:
        """A forked worker hangs under the open span; a spawned one is a process of its own."""
        parent, *children = self.run_forks(PROGRAMS / "workers.py")
        outer = starts(parent)["outer fork"]["span_id"]
        found = {name: parent for child in children for name, parent in tree(child).items()}
        self.assertEqual(found, {"fork": outer, "spawn": None})

    def test_descriptors_do_not_leak(self) -> None:
        """A program that is started keeps no end of our connection."""
        self.script("""
            import os, subprocess, sys
            from hero_tracing import flow
            with flow.step("outer"):
                code = "import os; print(len(os.listdir('/dev/fd')))"
                command = [sys.executable, "-c", code]
                with_it = subprocess.check_output(command, close_fds=False)
            assert int(with_it) == int(subprocess.check_output(command)), with_it
            """)
