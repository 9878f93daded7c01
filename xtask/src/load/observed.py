"""What a store holds, by SQLite alone: one JSON object on standard output."""

import json
import sqlite3
import sys

connection = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True, timeout=30)


def one(sql):
    return connection.execute(sql).fetchone()[0]


print(
    json.dumps(
        {
            "integrity": one("PRAGMA integrity_check"),
            "events": one("SELECT count(*) FROM events"),
            "spans": one("SELECT count(*) FROM spans"),
            "lost": one("SELECT coalesce(sum(lost), 0) FROM sessions"),
            "rejected": one("SELECT coalesce(sum(rejected), 0) FROM sessions"),
            "unstored": one("SELECT coalesce(sum(unstored), 0) FROM sessions"),
            "bytes": one("PRAGMA page_count") * one("PRAGMA page_size"),
            "producers": {
                producer: {"lines": lines, "last": last}
                for producer, lines, last in connection.execute(
                    """SELECT producer, count(*), max(json_extract(line, '$.seq'))
                    FROM events JOIN sessions ON sessions.id = events.session
                    GROUP BY sessions.id"""
                )
            },
        }
    )
)
