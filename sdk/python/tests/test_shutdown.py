"""Interpreter exit: whatever still speaks then is sent or dropped, and nothing is printed."""

from __future__ import annotations

from typing import Any

from support import SdkTest, run_script, shape, soak

_STRICT = ("-X", "dev", "-W", "error")


_FINALIZED = """
import sys
from hero_tracing import flow, instrument

class Client:
    def call(self):
        return self

    def __del__(self):
        if flow is None:
            return
        with flow.step("finalized") as step:
            step.tag("key", [1]).log("said", field=object())
        try:
            with flow.step("fails"):
                raise ValueError("at exit")
        except ValueError:
            pass

kept, cycle, proxy = Client(), Client(), instrument(Client())
cycle.me = cycle
"""


class ShutdownTests(SdkTest):
    def run_at_exit(self, source: str, **options: Any) -> list[str]:
        """What arrives of a script that must end well and print nothing, warnings neither."""
        options.setdefault("flags", _STRICT)
        finished = self.script(source, **options)
        self.assertEqual(finished.output, "")
        return shape(self.collector.events())

    def test_nothing_is_left_to_say(self) -> None:
        """A connection that is simply there at exit gives no warning."""
        found = self.run_at_exit("""
            from hero_tracing import flow
            with flow.step("load"):
                pass
            """)
        self.assertEqual(found, ["start load", "end ok"])

    def test_a_span_left_open(self) -> None:
        """It stays open."""
        found = self.run_at_exit("""
            from hero_tracing import flow
            step = flow.step("load").__enter__()
            """)
        self.assertEqual(found, ["start load"])

    def test_atexit(self) -> None:
        """Spans in exit handlers are sent."""
        found = self.run_at_exit("""
            import atexit
            from hero_tracing import flow
            def farewell():
                with flow.step("farewell") as step:
                    step.tag("key", 1)
            atexit.register(farewell)
            """)
        self.assertEqual(found, ["start farewell", "tag key", "end ok"])

    def test_finalizers_at_exit(self) -> None:
        """Objects that die with their module, alone, in a cycle or instrumented, may speak."""
        found = self.run_at_exit(_FINALIZED + "proxy.call()")
        self.assertEqual(found.count("start finalized"), 3)
        self.assertEqual(found.count("end failed"), 3)

    def test_finalizers_that_come_too_late(self) -> None:
        """Objects that outlive their module find it emptied, or are not finalized at all."""
        self.run_at_exit(_FINALIZED + "sys.kept = kept, cycle, proxy; proxy.call()")

    def test_daemon_threads(self) -> None:
        """They are stopped anywhere in a call, also by one that waits."""
        for _ in range(soak(5, 100)):
            self.collector = self.start_collector()
            found = self.run_at_exit("""
                import threading, time
                from hero_tracing import flow
                def work():
                    while True:
                        with flow.step("daemon") as step:
                            step.tag("key", 1)
                for _ in range(4):
                    threading.Thread(target=work, daemon=True).start()
                time.sleep(0.01)
                """)
            self.assertIn("start daemon", found)

    def test_threads_that_outlive_the_main_one(self) -> None:
        """The interpreter waits for them, and what they say is sent."""
        found = self.run_at_exit("""
            import threading, time
            from hero_tracing import flow
            def work():
                time.sleep(0.05)
                with flow.step("late"):
                    pass
            threading.Thread(target=work).start()
            """)
        self.assertEqual(found, ["start late", "end ok"])

    def test_generators_left_open(self) -> None:
        """Generators and async generators that nobody closes are closed at exit, or not."""
        found = self.run_at_exit(
            """
            import asyncio
            from hero_tracing import flow
            @flow.step("generator")
            def numbers():
                yield 1
                yield 2
            @flow.step("async generator")
            async def more():
                yield 1
                yield 2
            async def main():
                async for number in items:
                    break
            kept = numbers()
            next(kept)
            items = more()
            asyncio.run(main())
            """,
        )
        self.assertEqual(found[0], "start generator")

    def test_a_vanished_collector(self) -> None:
        """That it is gone is not said at exit either."""
        finished = run_script(
            """
            import atexit
            from hero_tracing import flow
            step = flow.step("load").__enter__()
            print("ready", flush=True)
            for _ in range(100_000):
                step.tag("key", 1)
            atexit.register(step.__exit__, None, None, None)
            """,
            path=self.collector.path,
            flags=_STRICT,
            on_output=self.accept_and_hang_up,
        )
        self.assertEqual(finished[:3], (0, "ready\n", ""))

    def accept_and_hang_up(self) -> None:
        self.assertEqual(len(self.collector.connections), 1)
        self.collector.hang_up()

    def test_the_first_span_at_exit(self) -> None:
        """The connection may be made as late as that."""
        found = self.run_at_exit("""
            import atexit
            from hero_tracing import flow
            @atexit.register
            def late():
                flow.step("late").__enter__().__exit__(None, None, None)
            """)
        self.assertEqual(found, ["start late", "end ok"])

    def test_while_off(self) -> None:
        """Without a collector nothing is said either."""
        finished = run_script(
            """
            import atexit
            from hero_tracing import flow
            class Client:
                def __del__(self):
                    with flow.step("finalized"):
                        pass
            kept = Client()
            atexit.register(flow.step("late").__enter__)
            """,
            flags=_STRICT,
        )
        self.assertEqual(finished[:3], (0, "", ""))
