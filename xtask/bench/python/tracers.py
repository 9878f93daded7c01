"""Peers that have spans, or nearly: each beside a span of hero_tracing."""

from __future__ import annotations

import logging
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from bench_support import NullServer, Pair, Peer, connected, repeated
from ratio import ours

ATTRIBUTES: Mapping[str, str | int] = {"key": "apple", "rows": 1024}

# These send to a server over HTTP, or to nobody.


@contextmanager
def otel_batch(spans: int) -> Iterator[Pair]:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    with NullServer() as server:
        exporter = OTLPSpanExporter(endpoint=server.url + "/v1/traces")
        # The defaults (batches of 512), but for the queue: with 2,048 places, the default, spans
        # that come as fast as here are dropped, which costs nearly nothing. A round fits.
        processor = BatchSpanProcessor(exporter, max_queue_size=max(2_048, spans + 1))
        provider = TracerProvider()
        provider.add_span_processor(processor)
        tracer = provider.get_tracer("bench")
        sent = 0

        def theirs(times: int) -> None:
            nonlocal sent
            with tracer.start_as_current_span("peers"):
                for _ in range(times):
                    with tracer.start_as_current_span("fetch", attributes=ATTRIBUTES):
                        pass
            processor.force_flush()
            sent += times + 1

        yield Pair(repeated(ours), theirs)
        provider.shutdown()
        server.expect(sent)


@contextmanager
def otel_none(_: int) -> Iterator[Pair]:
    """Spans are made and recorded, and go nowhere: no processor, no exporter."""
    from opentelemetry.sdk.trace import TracerProvider

    tracer = TracerProvider().get_tracer("bench")

    def fetch() -> None:
        with tracer.start_as_current_span("fetch", attributes=ATTRIBUTES):
            pass

    with tracer.start_as_current_span("peers") as parent:
        if not parent.is_recording():
            raise RuntimeError("OpenTelemetry records nothing")
        yield Pair(repeated(ours), repeated(fetch))


@contextmanager
def ddtrace(_: int) -> Iterator[Pair]:
    with NullServer() as server:
        os.environ["DD_TRACE_AGENT_URL"] = server.url
        # Not the default: it reports on the library itself, and is no tracing.
        os.environ["DD_INSTRUMENTATION_TELEMETRY_ENABLED"] = "false"
        from ddtrace.trace import tracer

        sent = 0

        def theirs(times: int) -> None:
            nonlocal sent
            # Finished spans go to the writer by 300, and the rest when the parent is closed.
            with tracer.trace("peers"):
                for _ in range(times):
                    with tracer.trace("fetch") as span:
                        span.set_tag("key", "apple")
                        span.set_metric("rows", 1024)
            tracer.flush()  # type: ignore[no-untyped-call, unused-ignore]
            sent += times + 1

        yield Pair(repeated(ours), theirs)
        tracer.shutdown()
        server.expect(sent)


@contextmanager
def logfire(_: int) -> Iterator[Pair]:
    """As it is run without an account: spans are made and recorded, and go nowhere."""
    import logfire as library

    library.configure(send_to_logfire=False, console=False)

    def fetch() -> None:
        with library.span("fetch", key="apple", rows=1024):
            pass

    with library.span("peers") as parent:
        if not parent.is_recording():
            raise RuntimeError("logfire records nothing")
        yield Pair(repeated(ours), repeated(fetch))


# These write to the socket, as ours does: a line at a time, unbuffered.


@contextmanager
def eliot(_: int) -> Iterator[Pair]:
    from eliot import start_action, to_file  # type: ignore[import-untyped, unused-ignore]

    with connected() as connection, connection.makefile("wb") as file:
        to_file(file)  # flushes each message: one send

        def fetch() -> None:
            with start_action(action_type="fetch", key="apple", rows=1024):
                pass

        with start_action(action_type="peers"):
            yield Pair(repeated(ours), repeated(fetch))


class SocketLogger:
    """What structlog hands its lines to."""

    def __init__(self, connection: socket.socket) -> None:
        self._sendall = connection.sendall

    def info(self, line: str | bytes) -> None:
        self._sendall((line.encode() if isinstance(line, str) else line) + b"\n")


def structlog_with(orjson: bool) -> Peer:
    """Two lines a span: structlog has no spans, so a program says when work starts and ends."""

    @contextmanager
    def peer(_: int) -> Iterator[Pair]:
        import structlog as library

        if orjson:
            from orjson import dumps

            renderer = library.processors.JSONRenderer(serializer=dumps)
        else:
            renderer = library.processors.JSONRenderer()
        with connected() as connection:
            library.configure(
                processors=[
                    library.processors.add_log_level,
                    library.processors.TimeStamper(fmt="iso"),
                    renderer,
                ],
                # As structlog's page on performance has it.
                wrapper_class=library.make_filtering_bound_logger(logging.INFO),
                logger_factory=lambda *_: SocketLogger(connection),
                cache_logger_on_first_use=True,
            )
            log = library.get_logger().bind(span_id=secrets.token_hex(8))

            def fetch() -> None:
                log.info("fetch started", key="apple", rows=1024)
                log.info("fetch ended", status="ok")

            yield Pair(repeated(ours), repeated(fetch))

    return peer


PEERS: dict[str, Peer] = {
    "otel-batch": otel_batch,
    "otel-none": otel_none,
    "ddtrace": ddtrace,
    "logfire": logfire,
    "eliot": eliot,
    "structlog": structlog_with(orjson=False),
    "structlog-orjson": structlog_with(orjson=True),
}
