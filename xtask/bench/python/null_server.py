"""Takes what a tracer sends over HTTP, answers at once, and counts when it is asked.

    python3 null_server.py

It prints {"port":…} on its first line, and ends when its stdin does. It is a process of its own,
so that none of its work is the sender's processor time. Bodies are kept as they come, and read
only for GET /counts, after the last round: {"requests":…,"spans":…}.
"""

from __future__ import annotations

import gzip
import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

# (path, content encoding, body) of each request that had spans.
TAKEN: list[tuple[str, str, bytes]] = []

OTLP = "/v1/traces"
DATADOG = ("/v0.4/traces", "/v0.5/traces")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open, as with a real collector
    wbufsize = -1  # head and body go with one send: else the client waits for a late ACK
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self._body()
        path = self.path.partition("?")[0]
        if path == OTLP:
            self._take(path, body)
            self._answer(200, b"", "application/x-protobuf")
        elif path in DATADOG:
            self._take(path, body)
            self._answer(200, b"{}", "application/json")
        else:
            self._answer(404, b"", "text/plain")

    do_PUT = do_POST

    def do_GET(self) -> None:
        if self.path == "/counts":
            spans = sum(count(*request) for request in TAKEN)
            said = json.dumps({"requests": len(TAKEN), "spans": spans})
            self._answer(200, said.encode(), "application/json")
        else:
            self._answer(404, b"", "text/plain")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _take(self, path: str, body: bytes) -> None:
        TAKEN.append((path, self.headers.get("Content-Encoding", ""), body))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts: list[bytes] = []
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return b"".join(parts)

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def count(path: str, encoding: str, body: bytes) -> int:
    """How many spans a request had."""
    if encoding == "gzip":
        body = gzip.decompress(body)
    return count_otlp(body) if path == OTLP else count_datadog(path, body)


def count_otlp(body: bytes) -> int:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    request = ExportTraceServiceRequest.FromString(body)
    scopes = [scope for resource in request.resource_spans for scope in resource.scope_spans]
    return sum(len(scope.spans) for scope in scopes)


def count_datadog(path: str, body: bytes) -> int:
    import msgpack  # type: ignore[import-untyped, unused-ignore]

    message: Any = msgpack.unpackb(body, strict_map_key=False)
    # 0.5 has a table of strings first.
    traces = cast("list[list[object]]", message[1] if path == "/v0.5/traces" else message)
    return sum(len(trace) for trace in traces)


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_address[1]}), flush=True)
    sys.stdin.read()  # whoever started us has ended, or wants us to


if __name__ == "__main__":
    main()
