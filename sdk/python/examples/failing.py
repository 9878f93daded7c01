"""Fail, once with a reason and once by surprise.

Run it: python3 sdk/python/examples/failing.py
"""

from __future__ import annotations

import configparser

from hero_tracing import flow

SETTINGS = """
[mail]
host = mail.example
port = twenty-five
"""


def read_settings(text: str) -> configparser.SectionProxy:
    with flow.step("read settings"):
        settings = configparser.ConfigParser()
        settings.read_string(text)
        if "spool" not in settings:
            # An expected failure: the reason says it all, so no traceback is kept.
            raise flow.Failed("the settings have no section [spool]")
        return settings["spool"]


def read_port(text: str) -> int:
    with flow.step("read port") as step:
        settings = configparser.ConfigParser()
        settings.read_string(text)
        step.tag("given", settings["mail"]["port"])
        # Any other exception is kept with its traceback.
        return settings.getint("mail", "port")


@flow
def failing() -> int:
    """Read settings with two faults: one is put up with, the other is not."""
    try:
        read_settings(SETTINGS)
    except flow.Failed as failure:
        flow.current_span.log("no spool", level="warn", reason=str(failure))
    return read_port(SETTINGS)


if __name__ == "__main__":
    try:
        print(failing())
    except ValueError as error:
        print("failed:", error)
        raise SystemExit(1) from None
