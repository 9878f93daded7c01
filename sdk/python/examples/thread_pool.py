"""Look for duplicates among files with a pool of threads.

Run it: python3 sdk/python/examples/thread_pool.py

A new thread starts without a span. `flow.wrap` takes the current one along.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hero_tracing import flow

FILES = {"a.txt": "apple\n", "b.txt": "pear\n", "copy of a.txt": "apple\n", "d.txt": "plum\n"}


def write_files(folder: Path) -> list[Path]:
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return sorted(folder.iterdir())


def digest(path: Path) -> str:
    with flow.span("digest", file=path.name) as span:
        data = path.read_bytes()
        span.tag("bytes", len(data))
        return hashlib.sha256(data).hexdigest()


@flow
def thread_pool(workers: int = 3) -> list[list[str]]:
    """Name the files whose contents are alike."""
    alike: dict[str, list[str]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_files(Path(folder))
        with flow.step("digests", workers=workers), ThreadPoolExecutor(workers) as pool:
            for path, text in zip(paths, pool.map(flow.wrap(digest), paths)):
                alike[text].append(path.name)
    return [names for names in alike.values() if len(names) > 1]


if __name__ == "__main__":
    for names in thread_pool():
        print(" = ".join(names))
