"""Hand a part of the work to another process, and keep one tree.

Run it: python3 sdk/python/examples/subflow.py

The same file is the flow and, when it is called with a word, the sub-flow.
"""

from __future__ import annotations

import subprocess
import sys

from hero_tracing import flow

WORDS = ["kayak", "canoe"]


def run_subflow(word: str) -> str:
    """Start this file again, with its spans under the span that is open here."""
    command = [sys.executable, __file__, word]
    done = subprocess.run(
        command, env=flow.child_env(), check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.strip()


@flow
def subflow() -> dict[str, str]:
    """Judge each word in a process of its own."""
    verdicts: dict[str, str] = {}
    for word in WORDS:
        with flow.step("judge", word=word) as step:
            verdicts[word] = run_subflow(word)
            step.result(verdicts[word])
    return verdicts


def judge(word: str) -> str:
    with flow.step("reverse", word=word) as step:
        backwards = word[::-1]
        step.tag("backwards", backwards)
    with flow.step("compare"):
        return "palindrome" if backwards == word else "plain"


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(judge(sys.argv[1]))
    else:
        for word, verdict in subflow().items():
            print(f"{word}: {verdict}")
