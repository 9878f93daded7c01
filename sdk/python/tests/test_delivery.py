"""Delivery: when a call returns, its line is in the kernel whole, whatever happens next."""

from __future__ import annotations

import os
import random
import struct
import tempfile
import time

from support import PROGRAMS, Collector, SdkTest, shape, soak, start_script

_KILLS = int(os.environ.get("HERO_KILLS", soak(30, 1000)))


class KillTests(SdkTest):
    def setUp(self) -> None:
        super().setUp()
        self.chance = random.Random(20_260_103)
        file = tempfile.NamedTemporaryFile(prefix="hero-")
        self.addCleanup(file.close)
        self.file = file

    def returned_calls(self) -> int:
        self.file.seek(0)
        (number,) = struct.unpack("<q", self.file.read(8))
        return int(number)

    def kill_one(self, collector: Collector) -> tuple[int, bytes]:
        """How many calls had returned when it was killed, and what arrived."""
        self.file.seek(0)
        self.file.write(bytes(8))
        self.file.flush()
        program = PROGRAMS / "counted.py"
        path = collector.path
        with start_script(program, self.file.name, path=path, flags=("-S",)) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(self.chance.uniform(0, 0.01))
            child.kill()
        return self.returned_calls(), bytes(collector.connections[-1].data)

    def test_kills(self) -> None:
        """At a SIGKILL each returned call is a whole line, and none is torn."""
        for _ in range(_KILLS):
            returned, data = self.kill_one(self.collector)
            events = self.collector.connections[-1].events()
            self.assertTrue(data.endswith(b"\n"))
            # The kill may fall between a line and the count of it.
            self.assertIn(len(events) - returned, (0, 1))

    def test_what_is_sent_before_anybody_accepts(self) -> None:
        """It survives the death of its process too."""
        self.collector = self.start_collector(reading=False)
        with start_script(
            """
            import os, signal
            from hero_tracing import flow
            with flow.step("killed") as step:
                step.tag("key", 1)
                os.kill(os.getpid(), signal.SIGKILL)
            """,
            path=self.collector.path,
        ) as child:
            child.wait()
        self.collector.drain()
        self.assertEqual(shape(self.collector.connections[0].events()), ["start killed", "tag key"])

    def test_other_ends(self) -> None:
        """An abort, an unhandled exception, an exit from a thread: what was said is there."""
        for end in ("os.abort()", "os._exit(3)", "os.kill(os.getpid(), 15)", "1 / 0", "exit(2)"):
            collector = self.start_collector()
            with start_script(
                """
                import os, resource
                from hero_tracing import flow
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                with flow.step("outer") as step:
                    step.tag("key", 1)
                    %s
                """
                % end,
                path=collector.path,
            ) as child:
                child.communicate()
            found = shape(collector.events())
            self.assertEqual(found[:2], ["start outer", "tag key"])
            self.assertEqual(found[2:], ["end failed"] if end in ("1 / 0", "exit(2)") else [])
