"""The README's Python blocks run on a real socket, and print what it says they print."""

from __future__ import annotations

import re
from typing import NamedTuple

from strict import Event
from support import SDK_DIRECTORY, SdkTest, of_type

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#]+)\)")


class Sample(NamedTuple):
    line: int
    source: str
    output: str


def readme() -> str:
    return (SDK_DIRECTORY / "README.md").read_text(encoding="utf-8")


def samples() -> list[Sample]:
    """Each python block with the text block that follows it."""
    text = readme()
    blocks = list(_BLOCK.finditer(text))
    found: list[Sample] = []
    for block, after in zip(blocks, blocks[1:]):
        if block[1] == "python":
            assert after[1] == "text", "no output for:\n" + block[2]
            line = text.count("\n", 0, block.start()) + 1
            found.append(Sample(line, block[2], after[2]))
    return found


class ReadmeTests(SdkTest):
    def test_samples_print_what_the_readme_says(self) -> None:
        """With a collector and without one."""
        self.assertGreater(len(samples()), 3)
        for sample in samples():
            with self.subTest(line=sample.line):
                collector = self.start_collector()
                watched = self.script(sample.source, path=collector.path)
                self.assertEqual(watched.output, sample.output)
                self.assertTrue(collector.connections, "it sent nothing")
                for connection in collector.connections:
                    self.expect_all_ended(connection.events())
                self.assertEqual(self.script(sample.source, path=None).output, sample.output)

    def expect_all_ended(self, events: list[Event]) -> None:
        started, ended = (
            [event["span_id"] for event in of_type(events, kind)]
            for kind in ("span_start", "span_end")
        )
        self.assertEqual(sorted(started), sorted(ended))

    def test_every_public_name_is_in_the_table(self) -> None:
        """What an author may call stands in the README."""
        flow = self.load_sdk(path=None).flow
        text = readme()
        for name in dir(type(flow)):
            if not name.startswith("_"):
                self.assertIn("`flow.%s" % name, text)
        for name in dir(type(flow.current_span)):
            if not name.startswith("_") and name != "span_id":
                self.assertIn("`.%s(" % name, text)

    def test_links_lead_somewhere_and_name_every_example(self) -> None:
        """Also to each example that there is."""
        links = set(_LINK.findall(readme()))
        for link in links:
            self.assertTrue((SDK_DIRECTORY / link).exists(), link)
        examples = {"examples/" + path.name for path in (SDK_DIRECTORY / "examples").glob("*.py")}
        self.assertEqual(examples - links, {"examples/hero_tracing.py"})
