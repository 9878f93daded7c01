"""Spans at a rate for a while, with the SDK; says how many events it told."""

import sys
import time

from hero_tracing import flow

rate, seconds, start = (float(argument) for argument in sys.argv[1:4])
# All begin at once: that as many interpreters start is not what is drilled.
time.sleep(max(0.0, start - time.time()))
begun = time.monotonic()
events = 0
while time.monotonic() - begun < seconds:
    due = (time.monotonic() - begun) * rate
    while events < due:
        with flow.step("item", number=events, host="worker") as step:
            step.tag("rows", events % 1000)
            step.log("the item was read and written")
        events += 4
    # Not more often: so many that wake all the time cost more than what they say.
    time.sleep(0.1)
print(events)
