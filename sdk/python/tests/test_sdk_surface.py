"""What the SDK shows and costs: its names, its imports, its time while it is off."""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import sysconfig
import time
from types import FrameType
from typing import Any, Callable
from unittest import mock

from support import SDK_FILE, SdkTest, of_type, quickest, run_script, seconds_of

_IMPORT_MS = 20
_OFF_STEP_SECONDS = 0.000_005


class NamesTests(SdkTest):
    def test_all(self) -> None:
        """Two names are public; the rest is private, or imported."""
        sdk = self.load_sdk(path=None)
        self.assertEqual(sdk.__all__, ["flow", "instrument"])
        self.assertEqual([hasattr(sdk, name) for name in sdk.__all__], [True, True])
        self.assertRegex(sdk.__version__, r"^\d+\.\d+\.\d+$")
        public = [name for name in dir(sdk.flow) if not name.startswith("_")]
        names = ["Failed", "child_env", "current_span", "run", "span", "step", "wrap"]
        self.assertEqual(public, names)

    def test_spans(self) -> None:
        """A span has five public names, and no room for others."""
        for path in (None, ""):
            span = self.load_sdk(path=path).flow.step("load")
            public = [name for name in dir(span) if not name.startswith("_")]
            self.assertEqual(public, ["log", "result", "span_id", "tag"])
            with self.assertRaises(AttributeError):
                span.other = 1

    def test_signatures(self) -> None:
        """Tags and fields may have any name, also those of our own parameters."""
        flow = self.load_sdk().flow
        with flow.step("load", name=1, self=2, kind=3, function=4) as step:
            step.tag(self=5, key=6, value=7).log("said", self=8, message=9, fields=10)
        start, *tags, log, _ = self.collector.events()
        self.assertEqual(start["tags"], {"name": 1, "self": 2, "kind": 3, "function": 4})
        self.assertEqual(
            {tag["key"]: tag["value"] for tag in tags}, {"self": 5, "key": 6, "value": 7}
        )
        self.assertEqual(log["fields"], {"self": 8, "message": 9, "fields": 10})

    def test_the_contract_is_its_text(self) -> None:
        """help() shows the contract; without docstrings everything runs all the same."""
        self.assertIn("Wire contract, protocol 1", str(self.load_sdk(path=None).__doc__))
        source = """
            import hero_tracing
            with hero_tracing.flow.step("load"):
                print(hero_tracing.__doc__)
            """
        self.assertEqual(self.script(source, flags=("-OO",)).output, "None\n")
        self.assertEqual(len(self.collector.events()), 2)


class ImportTests(SdkTest):
    def imported(self) -> set[str]:
        tree = ast.parse(SDK_FILE.read_text(encoding="utf-8"))
        found: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                self.assertEqual(node.level, 0)
                found.add(str(node.module))
        return found

    def test_standard_library_only(self) -> None:
        """Each import comes with Python."""
        home = os.path.realpath(sysconfig.get_paths()["stdlib"])
        for name in self.imported():
            module: Any = __import__(name, fromlist=["x"])
            file = os.path.realpath(getattr(module, "__file__", None) or home)
            self.assertTrue(file.startswith(home) and "site-packages" not in file, name)

    def test_import_time(self) -> None:
        """It imports in less than 20 ms beyond what it imports itself."""

        def import_ms() -> float:
            finished = run_script("import hero_tracing", flags=("-X", "importtime"))
            (found,) = re.findall(r"(\d+) \|\s+\d+ \| +hero_tracing\n", finished.errors)
            return int(found) / 1000

        import_ms()  # compiles it
        self.assertLess(quickest(import_ms, _IMPORT_MS, tries=10), _IMPORT_MS)

    def test_import_has_no_effect(self) -> None:
        """It connects to nothing, starts no thread, opens no file."""
        self.script("""
            import os, threading
            before = len(os.listdir("/dev/fd"))
            import hero_tracing
            assert len(os.listdir("/dev/fd")) == before
            assert threading.active_count() == 1
            """)
        self.assertEqual(self.collector.connections, [])

    def test_files_beside_the_flow(self) -> None:
        """A flow's own json.py or socket.py, imported before, is its own trouble, not after."""
        self.script("""
            import sys, types
            import hero_tracing
            for name in ("json", "socket", "traceback", "select", "asyncio", "linecache"):
                sys.modules[name] = types.ModuleType(name)
            try:
                with hero_tracing.flow.step("load") as step:
                    step.tag("key", [1])
                    raise ValueError("bad")
            except ValueError:
                pass
            """)
        self.assertEqual([event["type"] for event in self.collector.events()][-1], "span_end")


class OffTests(SdkTest):
    """Without a socket a step costs next to nothing."""

    def work(self, flow: Any) -> None:
        with flow.step("load", day=1) as step:
            step.tag("rows", 2).log("loaded", rows=[3]).result({"a": 1})
        flow.current_span.tag("key", 1)

    def calls_of(self, call: Callable[[], object]) -> list[str]:
        """The names of all functions that are called meanwhile."""
        names: list[str] = []

        def profile(frame: FrameType, event: str, argument: Any) -> None:
            if event == "call":
                names.append(frame.f_code.co_name)
            elif event == "c_call":
                names.append(argument.__name__)

        sys.setprofile(profile)
        try:
            call()
        finally:
            sys.setprofile(None)
        return names[:-1]  # the last is setprofile itself

    def test_no_id_no_clock_no_json(self) -> None:
        """Nothing is called beyond the methods themselves."""
        flow = self.load_sdk(path=None).flow
        self.work(flow)
        found = self.calls_of(lambda: self.work(flow))
        expected = ["<lambda>", "work", "step", "__enter__", "tag", "log", "result", "__exit__"]
        own = [*expected, "current_span", "get", "_nearest_open", "tag"]
        self.assertEqual(found, own)

    def test_no_patched_function_is_called(self) -> None:
        """Neither by a decorated function nor an instrumented client."""
        sdk = self.load_sdk(path=None)
        with sdk.flow.step("first"):
            pass
        forbidden = [(time, "time_ns"), (time, "monotonic_ns"), (time, "monotonic"), (os, "fstat")]
        forbidden += [(os, "urandom"), (os, "getpid"), (json, "loads")]
        with mock.patch.object(sdk, "_quote", side_effect=AssertionError):
            patches = [mock.patch.object(*one, side_effect=AssertionError) for one in forbidden]
            for patch in patches:
                patch.start()
            try:
                self.work(sdk.flow)
                self.assertEqual(sdk.flow.step("load")(len)([1]), 1)
                self.assertEqual(sdk.instrument([1]).pop(), 1)
                self.assertEqual(sdk.flow.wrap(len)([1]), 1)
            finally:
                for patch in patches:
                    patch.stop()

    def test_time(self) -> None:
        """A step that is off takes a microsecond or so."""
        flow = self.load_sdk(path=None).flow

        def thousand() -> None:
            for _ in range(1000):
                with flow.step("load", day=1) as step:
                    step.tag("rows", 2)

        seconds = quickest(lambda: seconds_of(thousand) / 1000, _OFF_STEP_SECONDS, tries=20)
        self.assertLess(seconds, _OFF_STEP_SECONDS)


class CostTests(SdkTest):
    def test_memory(self) -> None:
        """Spans leave nothing behind, also when thousands have ended under an open one."""
        import tracemalloc

        flow = self.load_sdk().flow

        def work() -> None:
            for number in range(1000):
                with flow.step("load", number=number) as step:
                    step.tag("key", [number]).log("said").result("x" * 1000)

        with flow.step("outer"):
            work()
            self.collector.drain()
            tracemalloc.start()
            before = tracemalloc.take_snapshot().filter_traces(_of_the_sdk())
            work()
            after = tracemalloc.take_snapshot().filter_traces(_of_the_sdk())
            tracemalloc.stop()
        grown = sum(one.size_diff for one in after.compare_to(before, "filename"))
        self.assertLess(grown, 20_000)

    def test_ids(self) -> None:
        """They are never used twice, and not in a row."""
        ids: list[int] = []
        for _ in range(3):
            flow = self.load_sdk().flow
            for _ in range(1000):
                with flow.span("load"):
                    pass
        for connection in self.collector.connections:
            ids += [int(e["span_id"], 16) for e in of_type(connection.events(), "span_start")]
        self.assertEqual((len(ids), len(set(ids))), (3000, 3000))
        self.assertGreater(min(abs(a - b) for a, b in zip(ids, ids[1:])), 1 << 32)

    def test_times(self) -> None:
        """A child lies within its parent, and a span about where the wall clock has it."""
        flow = self.load_sdk().flow
        began = time.time() * 1000
        with flow.step("outer"), flow.step("inner"):
            time.sleep(0.01)
        times = [event["ts_ms"] for event in self.collector.events()]
        self.assertEqual(times, sorted(times))
        self.assertGreaterEqual(times[2] - times[1], 10)
        self.assertLess(abs(times[0] - began), 1000)

    def test_a_clock_that_is_set_back(self) -> None:
        """The wall clock is read once, so that no time goes back."""
        flow = self.load_sdk().flow
        with flow.step("outer"):
            with mock.patch("time.time", return_value=0.0), mock.patch("time.time_ns", lambda: 0):
                with flow.step("inner") as step:
                    step.tag("key", 1)
        times = [event["ts_ms"] for event in self.collector.events()]
        self.assertEqual(times, sorted(times))
        self.assertLess(abs(times[-1] - time.time() * 1000), 60_000)


def _of_the_sdk() -> Any:
    import tracemalloc

    return [tracemalloc.Filter(True, str(SDK_FILE))]
