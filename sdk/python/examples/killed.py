"""Die of SIGKILL within nested spans, as a flow does when memory runs out.

Run it: python3 sdk/python/examples/killed.py

Every call had returned, so everything that was said has been sent. Spans that
the kill left open stay open: nobody knows how they would have ended.
"""

from __future__ import annotations

import os
import signal
import zlib

from hero_tracing import flow

BLOCK = b"the quick brown fox jumps over the lazy dog\n" * 100
BLOCKS = 50


@flow
def killed() -> None:
    """Compress block after block, and do not live to see the last."""
    with flow.step("prepare") as step:
        squeeze = zlib.compressobj(level=9)
        step.result("ready")

    with flow.step("compress", blocks=BLOCKS) as step:
        for number in range(BLOCKS):
            with flow.span("block", number=number) as span:
                span.tag("bytes", len(squeeze.compress(BLOCK)))
                if number == 3:
                    step.log("about to die", level="error", block=number)
                    print("killed in block", number, flush=True)
                    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    killed()
