"""Holds each line of a capture against the schema of an event, with jsonschema.

    python3 check_lines.py --lines FILE [--schema FILE]

It prints {"lines":N,"invalid":M}. The validator is made once, and asked only whether a line is
valid, not what is wrong with it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from jsonschema import Draft202012Validator  # type: ignore[import-untyped, unused-ignore]

ROOT = Path(__file__).parents[3]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--lines", type=Path, required=True, help="the capture, as JSON Lines")
    parser.add_argument("--schema", type=Path, default=ROOT / "spec/v1/emit.schema.json")
    arguments = parser.parse_args()
    validator = Draft202012Validator(json.loads(arguments.schema.read_bytes()))
    lines = invalid = 0
    with arguments.lines.open("rb") as capture:
        for line in capture:
            lines += 1
            if not holds(validator, line):
                invalid += 1
    print('{"lines":%d,"invalid":%d}' % (lines, invalid))


def holds(validator: Draft202012Validator, line: bytes) -> bool:
    try:
        event = json.loads(line)
    except ValueError:
        return False
    valid: bool = validator.is_valid(event)
    return valid


if __name__ == "__main__":
    main()
