"""Rows of a part of what the SDK does: a log line, a tag, an instrumented call, and being off."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from bench_support import Pair, Peer, Work, connected, repeated
from hero_tracing import flow, instrument
from ratio import VARIABLE, ours


def say() -> None:
    flow.current_span.log("fetched", n=1)


@contextmanager
def log(_: int) -> Iterator[Pair]:
    """The standard library's handler for sockets, which sends pickled records."""
    handler = LoudSocketHandler(os.environ[VARIABLE], None)
    handler.createSocket()
    connection = handler.sock
    with logging_to(handler) as theirs:
        yield Pair(repeated(say), theirs)
        if connection is None or handler.sock is not connection:
            raise RuntimeError("logging lost its connection")
        connection.sendall(b"\n")


class LoudSocketHandler(logging.handlers.SocketHandler):
    def handleError(self, record: logging.LogRecord) -> None:
        raise


@contextmanager
def log_json(_: int) -> Iterator[Pair]:
    """A line of JSON for a record, as programs do whose logs are read by others."""
    with connected() as connection, connection.makefile("w", encoding="utf-8") as file:
        handler = logging.StreamHandler(file)
        handler.setFormatter(JsonFormatter())
        with logging_to(handler) as theirs:
            yield Pair(repeated(say), theirs)


class JsonFormatter(logging.Formatter):
    """As little as is sensible: a general one costs more."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "time": record.created,
                "level": record.levelname,
                "logger": record.name,
                "message": record.getMessage(),
                "n": record.__dict__["n"],
            }
        )


@contextmanager
def logging_to(handler: logging.Handler) -> Iterator[Work]:
    logger = logging.getLogger("bench")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield repeated(lambda: logger.info("fetched", extra={"n": 1}))
    finally:
        logger.removeHandler(handler)
        handler.close()


@contextmanager
def tag(_: int) -> Iterator[Pair]:
    line = record_tag()
    with connected() as connection:
        send = connection.send
        theirs = repeated(lambda: send(line))
        yield Pair(repeated(lambda: flow.current_span.tag("rows", 1)), theirs)


def record_tag() -> bytes:
    """Lets another process send such a tag to a socket of our own, and takes its line."""
    program = "from hero_tracing import flow\nwith flow.step('peers') as s: s.tag('rows', 1)"
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as listener:
        path = os.path.join(directory, "s")
        listener.bind(path)
        listener.listen()
        environment = {**os.environ, VARIABLE: path}
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
        accepted, _ = listener.accept()
        with accepted, accepted.makefile("rb") as stream:
            return stream.readlines()[1]


class Client:
    """A client that does nothing: what is left is what instrumenting it costs."""

    def fetch(self, key: str, rows: int) -> int:
        return rows


@contextmanager
def call(_: int) -> Iterator[Pair]:
    """A call of an instrumented client, which is a span with its arguments and its result."""
    bare = Client()
    client = instrument(Client())
    yield Pair(
        repeated(lambda: client.fetch("apple", 1024)),
        repeated(lambda: bare.fetch("apple", 1024)),
    )


@contextmanager
def off(_: int) -> Iterator[Pair]:
    """Where nobody listens: a span beside a context manager that does nothing."""

    @contextmanager
    def empty() -> Iterator[None]:
        yield

    def nothing() -> None:
        with empty():
            pass

    yield Pair(repeated(ours), repeated(nothing))
    if flow.current_span.span_id is not None:
        raise RuntimeError("hero_tracing is not off")


PEERS: dict[str, Peer] = {
    "log": log,
    "log-json": log_json,
    "tag": tag,
    "call": call,
    "off": off,
}
