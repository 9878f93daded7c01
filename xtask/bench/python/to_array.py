"""Makes of a capture what check-jsonschema can take: it knows no JSON Lines.

    python3 to_array.py --lines FILE --into DIRECTORY [--schema FILE]

DIRECTORY/array.json is one JSON array of the lines, and DIRECTORY/array.schema.json the schema of
such an array. Making them is no part of what is measured.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

ROOT = Path(__file__).parents[3]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lines", type=Path, required=True, help="the capture, as JSON Lines")
    parser.add_argument("--into", type=Path, required=True, help="where the two files go")
    parser.add_argument("--schema", type=Path, default=ROOT / "spec/v1/emit.schema.json")
    arguments = parser.parse_args()
    event = json.loads(arguments.schema.read_bytes())
    # The schema of an event has an id, so that its references stay within it.
    array = {"$schema": event["$schema"], "type": "array", "items": event}
    (arguments.into / "array.schema.json").write_text(json.dumps(array), "utf-8")
    with arguments.lines.open("rb") as capture:
        with (arguments.into / "array.json").open("wb") as file:
            before = b"["
            for line in capture:
                file.write(before + line.rstrip(b"\n"))
                before = b",\n"
            file.write(b"]\n" if before != b"[" else b"[]\n")


if __name__ == "__main__":
    main()
