"""Puts consumer.py to the vectors of the conformance suite:

    hero-span conformance parser --adapter 'python3 sdk/python/tests/parser_adapter.py'

starts it from the root of the repository.
"""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

from consumer import Connection, grow, reading_of

Json = dict[str, Any]


def _hello() -> Json:
    return {
        "ok": True,
        "consumer": "python",
        "version": "1",
        "protocol": 1,
        "features": ["lines", "streams", "rules", "runs", "clauses"],
    }


def _stream(chunks_of: list[list[str]]) -> Json:
    connections = []
    for chunks in chunks_of:
        connection = Connection()
        for chunk in chunks:
            connection.push(base64.b64decode(chunk))
        connections.append(connection)
    return {
        "connections": [connection.reading() for connection in connections],
        "runs": grow([connection.events for connection in connections]),
    }


def _answer(command: Json) -> Json:
    if command["cmd"] == "start":
        return _hello()
    if command["cmd"] == "line":
        reading, _ = reading_of(base64.b64decode(command["bytes"]))
        return {"id": command["id"], "line": reading}
    return {"id": command["id"], **_stream(command["connections"])}


def main() -> None:
    for line in sys.stdin:
        command = json.loads(line)
        if command["cmd"] == "stop":
            break
        answer = json.dumps(_answer(command), ensure_ascii=False) + "\n"
        # A consumer that takes a lone surrogate must be able to say so.
        sys.stdout.buffer.write(answer.encode("utf-8", "replace"))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
