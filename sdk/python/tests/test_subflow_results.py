"""flow.run: a flow of another file in a process of its own, what it gives and where it hangs."""

from __future__ import annotations

import asyncio
import math
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from flow_files import SubflowTest
from strict import Event
from support import SDK_FILE, ends, start_script, starts, tree


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
