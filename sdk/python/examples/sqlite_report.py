"""Total a month's sales in SQLite; every statement is a span.

Run it: python3 sdk/python/examples/sqlite_report.py
"""

from __future__ import annotations

import sqlite3

from hero_tracing import flow, instrument

TABLE = "CREATE TABLE sale (region, day, cents, CONSTRAINT is_income CHECK (cents > 0))"
INSERT = "INSERT INTO sale VALUES (?, ?, ?)"
REPORT = "SELECT region, sum(cents) FROM sale WHERE day LIKE ? GROUP BY region ORDER BY 2 DESC"

SALES = [
    ("north", "2024-03-01", 120_00),
    ("south", "2024-03-01", 80_50),
    ("north", "2024-03-02", 45_25),
    ("south", "2024-04-01", 999_00),
]
LATE_SALES = [("south", "2024-03-03", 10_00), ("west", "2024-03-03", -5_00)]


@flow
def sqlite_report(month: str = "2024-03") -> dict[str, int]:
    """Load sales, turn down a batch with a fault, and total the rest by region."""
    database = instrument(sqlite3.connect(":memory:"))

    with flow.step("load", rows=len(SALES)):
        database.execute(TABLE)
        with database:
            database.executemany(INSERT, SALES)

    with flow.step("load late sales", rows=len(LATE_SALES)) as step:
        try:
            with database:  # rolled back as a whole when one row is refused
                database.executemany(INSERT, LATE_SALES)
        except sqlite3.IntegrityError as error:
            step.log("batch turned down", level="warn", reason=str(error))

    with flow.step("report", month=month) as step:
        totals = dict(database.execute(REPORT, [month + "-%"]))
        step.tag("regions", len(totals)).result(totals)

    database.close()
    return totals


if __name__ == "__main__":
    for region, cents in sqlite_report().items():
        print(f"{region:6} {cents / 100:8.2f}")
