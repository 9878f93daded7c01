"""A flow for hero-span run: python3 nightly.py runs it too, and sends nothing."""

import sqlite3

from hero_tracing import flow, instrument


@flow
def nightly(day: str, rows: int = 3) -> dict[str, object]:
    """Load a day's rows, and count them."""
    database = instrument(sqlite3.connect(":memory:"))
    with flow.step("load", day=day) as step:
        database.execute("CREATE TABLE days (day, number)")
        for number in range(rows):
            database.execute("INSERT INTO days VALUES (?, ?)", [day, number])
        step.tag("rows", rows).log("loaded")
    with flow.step("count"):
        found = database.execute("SELECT count(*) FROM days").fetchone()[0]
        if not found:
            raise flow.Failed("no rows for " + day)
    print(found, "rows for", day)
    return {"rows": found}


if __name__ == "__main__":
    nightly("monday")
