"""The sixteen: what every SDK of this contract must do, on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
import json
import threading
from typing import Any

from support import SdkTest, ends, of_type, shape, starts, tree


class Client:
    """A client with something public, something private, and a plain attribute."""

    region = "north"

    def fetch(self, key: str, limit: int = 10) -> list[str]:
        return [key] * min(limit, 2)

    def _connect(self) -> str:
        return "connected"


class StandaloneModeTests(SdkTest):
    def test_calls_are_silent_no_ops(self) -> None:
        """Without a socket steps, spans and instrument do nothing and say nothing."""
        sdk, client = self.load_sdk(path=None), Client()
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            with sdk.flow.step("load", day=1) as step, sdk.flow.span("part"):
                step.tag("rows", 2).log("loaded").result(3)
            self.assertIs(sdk.instrument(client), client)
        self.assertEqual((output.getvalue(), errors.getvalue()), ("", ""))
        self.assertEqual(self.collector.connections, [])

    def test_the_null_span_takes_every_call(self) -> None:
        """One shared null span stands in for any span and takes all its calls."""
        sdk = self.load_sdk(path=None)
        null = sdk.flow.current_span
        self.assertIs(null, sdk.flow.step("load"))
        self.assertIsNone(null.span_id)
        with null as entered:
            chain = entered.tag("key", 1).tag(a=1, b=2).log("text", "warn", field=1).result([])
        self.assertIs(chain, null)

    def test_a_flow_is_the_plain_function_with_its_metadata(self) -> None:
        """Decorating stamps metadata on the function and returns that function."""
        flow = self.load_sdk(path=None).flow

        def nightly(day: str, limit: int = 5) -> str:
            """Load a day."""
            return day * limit

        self.assertIs(flow(nightly), nightly)
        self.assertEqual(nightly("x", 2), "xx")
        metadata: Any = inspect.getattr_static(nightly, "__hero_flow__")
        day = {"name": "day", "type": "string", "required": True}
        limit = {"name": "limit", "type": "integer", "required": False, "default": 5}
        expected = {
            "name": "nightly",
            "description": "Load a day.",
            "inputs": [day, limit],
            "entry": nightly.__qualname__,
            "async": False,
        }
        self.assertEqual(metadata, expected)
        self.assertEqual(json.loads(json.dumps(metadata)), expected)


class SpanEmissionTests(SdkTest):
    def test_single_step(self) -> None:
        """A step is a start with its tags and an end, numbered, from a named producer."""
        flow = self.load_sdk().flow
        with flow.step("load", day="monday") as step:
            pass
        start, end = self.collector.events()
        self.assertEqual(
            (start["type"], start["name"], start["kind"], start["tags"], start["parent_span_id"]),
            ("span_start", "load", "step", {"day": "monday"}, None),
        )
        self.assertEqual((end["type"], end["status"]), ("span_end", "ok"))
        self.assertEqual([start["span_id"], end["span_id"]], [step.span_id] * 2)
        self.assertEqual([start["seq"], end["seq"]], [0, 1])

    def test_nested_steps(self) -> None:
        """A step inside another hangs under it, and the outer one is current again after."""
        flow = self.load_sdk().flow
        with flow.step("outer") as outer:
            with flow.step("first"):
                pass
            self.assertIs(flow.current_span, outer)
            with flow.span("second"):
                pass
        events = self.collector.events()
        self.assertEqual(tree(events), {"outer": None, "first": "outer", "second": "outer"})
        self.assertEqual([start["kind"] for start in starts(events).values()][2], "span")

    def test_failed_gives_a_clean_reason(self) -> None:
        """flow.Failed fails each span that it leaves with the reason and no traceback."""
        flow = self.load_sdk().flow
        with self.assertRaises(flow.Failed) as caught, flow.step("outer"), flow.step("inner"):
            raise flow.Failed("no rows")
        self.assertEqual(caught.exception.reason, "no rows")
        for end in ends(self.collector.events()).values():
            found = (end["status"], end["error"], end["error_type"])
            self.assertEqual(found, ("failed", "no rows", "Failed"))

    def test_another_exception_gives_the_traceback(self) -> None:
        """Any other exception fails the span with the whole traceback, and goes on unchanged."""
        flow, fault = self.load_sdk().flow, ValueError("bad day")
        with self.assertRaises(ValueError) as caught, flow.step("load"):
            raise fault
        self.assertIs(caught.exception, fault)
        end = ends(self.collector.events())["load"]
        self.assertEqual((end["status"], end["error_type"]), ("failed", "ValueError"))
        self.assertTrue(end["error"].startswith("Traceback (most recent call last):\n"))
        self.assertIn("raise fault", end["error"])
        self.assertTrue(end["error"].endswith("ValueError: bad day\n"))

    def test_tag_and_log_events(self) -> None:
        """Tags and logs go out between start and end, and nothing does after it."""
        flow = self.load_sdk().flow
        with flow.step("load") as step:
            step.tag("rows", 3).tag(a=None, b=[1]).log("said", level="warn", why="so")
        step.tag("late", 1).log("late")
        events = self.collector.events()
        tags = {event["key"]: event["value"] for event in of_type(events, "span_tag")}
        self.assertEqual(tags, {"rows": 3, "a": None, "b": [1]})
        (log,) = of_type(events, "span_log")
        found = (log["message"], log["level"], log["fields"])
        self.assertEqual(found, ("said", "warn", {"why": "so"}))
        order = ["start load", "tag rows", "tag a", "tag b", "log said", "end ok"]
        self.assertEqual(shape(events), order)

    def test_the_environment_names_the_roots_parent(self) -> None:
        """HERO_FLOW_PARENT_SPAN is the parent of every root."""
        flow = self.load_sdk(parent="00000000deadbeef").flow
        with flow.step("one"), flow.step("inner"):
            pass
        with flow.step("two"):
            pass
        parent = "00000000deadbeef"
        expected = {"one": parent, "inner": "one", "two": parent}
        self.assertEqual(tree(self.collector.events()), expected)


class InstrumentTests(SdkTest):
    def test_public_method(self) -> None:
        """A public method is a span of kind rpc with what it was given and what it gave."""
        client = self.load_sdk().instrument(Client())
        self.assertEqual(client.fetch("a", limit=2), ["a", "a"])
        start, end = self.collector.events()
        self.assertEqual((start["name"], start["kind"]), ("rpc:Client.fetch", "rpc"))
        self.assertEqual(start["params"], {"args": ["a"], "kwargs": {"limit": 2}})
        self.assertEqual((end["status"], end["result"]), ("ok", ["a", "a"]))

    def test_private_passthrough(self) -> None:
        """Private names, dunders and plain attributes pass through without a span."""
        client = self.load_sdk().instrument(Client())
        self.assertEqual((client._connect(), client.region), ("connected", "north"))
        self.assertIsInstance(client, Client)
        self.assertEqual(client.__class__, Client)
        client.region = "south"
        self.assertEqual(client.region, "south")
        self.assertEqual(self.collector.events(), [])

    def test_nesting_under_the_current_step(self) -> None:
        """A call hangs under the step it is made in."""
        sdk = self.load_sdk()
        client = sdk.instrument(Client())
        with sdk.flow.step("load"):
            client.fetch("a")
        expected = {"load": None, "rpc:Client.fetch": "load"}
        self.assertEqual(tree(self.collector.events()), expected)


class BootstrapRunTests(SdkTest):
    def test_happy(self) -> None:
        """The root span is the flow: its name, its input, its result."""
        sdk = self.load_sdk()

        def nightly(day: str) -> dict[str, str]:
            with sdk.flow.step("load"):
                return {"day": day}

        sdk.flow(name="nightly run")(nightly)
        self.assertEqual(sdk._bootstrap_run(nightly, {"day": "monday"}), {"day": "monday"})
        events = self.collector.events()
        root = starts(events)["nightly run"]
        self.assertEqual((root["kind"], root["params"]), ("flow", {"day": "monday"}))
        self.assertEqual(tree(events), {"nightly run": None, "load": "nightly run"})
        end = ends(events)["nightly run"]
        self.assertEqual((end["status"], end["result"]), ("ok", {"day": "monday"}))

    def test_failed(self) -> None:
        """An exception fails the root and reaches the caller as it is."""
        sdk, fault = self.load_sdk(), KeyError("day")

        async def nightly() -> None:
            raise fault

        with self.assertRaises(KeyError) as caught:
            sdk._bootstrap_run(sdk.flow(nightly), {})
        self.assertIs(caught.exception, fault)
        end = ends(self.collector.events())["nightly"]
        self.assertEqual((end["status"], end["error_type"]), ("failed", "KeyError"))


class ConcurrencyTests(SdkTest):
    def test_each_thread_gets_its_own_root(self) -> None:
        """A new thread starts without a current span, also while the main one has one."""
        flow = self.load_sdk().flow

        def work(number: int) -> None:
            with flow.step("thread %d" % number), flow.span("inner %d" % number):
                pass

        with flow.step("main"):
            threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        expected: dict[str, str | None] = {"main": None}
        for number in range(8):
            expected["thread %d" % number] = None
            expected["inner %d" % number] = "thread %d" % number
        self.assertEqual(tree(self.collector.events()), expected)

    def test_tasks_inherit_their_parent_and_lines_never_mix(self) -> None:
        """Tasks hang under the step that made them; long lines of many stay whole."""
        flow = self.load_sdk().flow

        async def work(number: int) -> None:
            async with flow.step("task %d" % number) as step:
                for _ in range(3):
                    step.log("x" * 4000, number=number)
                    await asyncio.sleep(0)

        async def main() -> None:
            async with flow.step("main"):
                await asyncio.gather(*map(work, range(50)))

        asyncio.run(main())
        events = self.collector.events()
        expected: dict[str, str | None] = {"task %d" % number: "main" for number in range(50)}
        self.assertEqual(tree(events), {"main": None, **expected})
        for log in of_type(events, "span_log"):
            name = "task %d" % log["fields"]["number"]
            self.assertEqual(log["span_id"], starts(events)[name]["span_id"])
        self.assertEqual(len(of_type(events, "span_log")), 150)
