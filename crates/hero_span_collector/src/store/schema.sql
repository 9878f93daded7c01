-- Times are milliseconds since the Unix epoch. Numbers of runs, connections
-- ("sessions") and spans rise in the order they were first heard of, and are
-- never used twice in one file.

-- The next number of each kind.
CREATE TABLE numbers (
    what  TEXT PRIMARY KEY,
    next  INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO numbers VALUES ('run', 1), ('session', 1), ('span', 1), ('event', 1);

-- Each start of a collector, with its own figures as they last were.
CREATE TABLE collectors (
    id       INTEGER PRIMARY KEY,
    pid      INTEGER NOT NULL,
    version  TEXT NOT NULL,
    socket   TEXT NOT NULL,
    began    REAL NOT NULL,
    heard    REAL NOT NULL,
    ended    REAL,
    figures  TEXT
);

CREATE TABLE runs (
    id         INTEGER PRIMARY KEY,
    -- The run that this one turned out to be a part of.
    joined     INTEGER,
    -- Being pruned: not to be shown any more.
    doomed     INTEGER NOT NULL DEFAULT 0,
    name       TEXT,
    state      TEXT NOT NULL DEFAULT 'unknown',
    began      REAL,
    heard      REAL,
    processes  INTEGER NOT NULL DEFAULT 0,
    connected  INTEGER NOT NULL DEFAULT 0,
    -- Nobody is about to join it: it may be pruned.
    over       INTEGER NOT NULL DEFAULT 0,
    spans      INTEGER NOT NULL DEFAULT 0,
    failed     INTEGER NOT NULL DEFAULT 0,
    cancelled  INTEGER NOT NULL DEFAULT 0,
    open       INTEGER NOT NULL DEFAULT 0,
    unknown    INTEGER NOT NULL DEFAULT 0,
    events     INTEGER NOT NULL DEFAULT 0,
    skipped    INTEGER NOT NULL DEFAULT 0,
    rejected   INTEGER NOT NULL DEFAULT 0,
    torn       INTEGER NOT NULL DEFAULT 0,
    lost       INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_by_state ON runs (state, id);
CREATE INDEX runs_connected ON runs (id) WHERE connected > 0;
CREATE INDEX runs_joined ON runs (joined) WHERE joined IS NOT NULL;
CREATE INDEX runs_doomed ON runs (id) WHERE doomed = 1;

CREATE TABLE sessions (
    id         INTEGER PRIMARY KEY,
    run        INTEGER NOT NULL,
    collector  INTEGER NOT NULL,
    producer   TEXT,
    sdk        TEXT,
    version    TEXT,
    protocol   INTEGER,
    pid        INTEGER,
    opened     REAL NOT NULL,
    closed     REAL,
    ending     TEXT,
    events     INTEGER NOT NULL DEFAULT 0,
    skipped    INTEGER NOT NULL DEFAULT 0,
    rejected   INTEGER NOT NULL DEFAULT 0,
    torn       INTEGER NOT NULL DEFAULT 0,
    lost       INTEGER NOT NULL DEFAULT 0,
    -- Events that were heard and could not be kept.
    unstored   INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX sessions_by_run ON sessions (run);
CREATE INDEX sessions_by_producer ON sessions (producer);
CREATE INDEX sessions_open ON sessions (collector) WHERE closed IS NULL;

-- Lines that are no events: the first of each sort and connection.
CREATE TABLE remarks (
    id       INTEGER PRIMARY KEY,
    session  INTEGER NOT NULL,
    line     INTEGER NOT NULL,
    lines    INTEGER NOT NULL,
    what     TEXT NOT NULL,
    clause   TEXT,
    text     TEXT NOT NULL
);
CREATE INDEX remarks_by_session ON remarks (session);

-- What was heard, line by line, only ever appended to and pruned. The tables
-- below it are made of it, and can be made again.
CREATE TABLE events (
    id       INTEGER PRIMARY KEY,
    session  INTEGER NOT NULL,
    span     INTEGER NOT NULL,
    type     TEXT NOT NULL,
    line     TEXT NOT NULL,
    -- Clauses that the event broke.
    flags    TEXT,
    -- Events that were lost just before it, and the span that they fell in.
    lost     INTEGER,
    lost_in  INTEGER
);
CREATE INDEX events_by_span ON events (span);
CREATE INDEX events_by_loss ON events (lost_in) WHERE lost_in IS NOT NULL;

CREATE TABLE spans (
    id          INTEGER PRIMARY KEY,
    session     INTEGER NOT NULL,
    ordinal     INTEGER NOT NULL,
    span_id     TEXT NOT NULL,
    parent_id   TEXT,
    name        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    state       TEXT NOT NULL,
    started     REAL,
    ended       REAL,
    first       REAL NOT NULL,
    last        REAL NOT NULL,
    last_what   TEXT NOT NULL,
    lost        INTEGER NOT NULL,
    flags       TEXT,
    error_type  TEXT,
    error       TEXT,
    -- Tags and logs, cut short: {"tags":[[key,value]],"logs":[[at,level,text]]}
    details     TEXT
);
CREATE INDEX spans_by_session ON spans (session);
-- By number behind the name: what comes is written side by side, however many
-- connections there are.
CREATE INDEX spans_by_name ON spans (name, id, session);
CREATE INDEX spans_by_state ON spans (state, session) WHERE state <> 'ok';

-- Which connections have a span of that name: a row for all of them.
CREATE TABLE names (
    name     TEXT NOT NULL,
    session  INTEGER NOT NULL,
    PRIMARY KEY (name, session)
) WITHOUT ROWID;

-- Where to look for a tag: every value that it ever had, cut short. A string
-- stands without its quotes.
CREATE TABLE tags (
    key      TEXT NOT NULL,
    value    TEXT NOT NULL,
    session  INTEGER NOT NULL,
    span     INTEGER NOT NULL,
    PRIMARY KEY (key, value, session, span)
) WITHOUT ROWID;

-- The words of logs, errors, inputs and results, by the event's number.
CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);

-- Flows that an executor ran: what was asked, and how it ended. They are
-- written by whoever runs them, beside the collector.
CREATE TABLE executions (
    id              INTEGER PRIMARY KEY,
    name            TEXT NOT NULL UNIQUE,
    -- The producer that its first spans came from, which leads to its run.
    producer        TEXT,
    file            TEXT NOT NULL,
    flow            TEXT,
    asked           TEXT NOT NULL,
    executor        INTEGER NOT NULL,
    -- In the kernel's ticks: a process's number is used again.
    executor_began  INTEGER NOT NULL,
    began           REAL NOT NULL,
    ended           REAL,
    state           TEXT,
    told            TEXT,
    end             TEXT
);
CREATE INDEX executions_by_producer ON executions (producer);

-- What they printed, in pieces as they came.
CREATE TABLE printed (
    id         INTEGER PRIMARY KEY,
    execution  INTEGER NOT NULL,
    at         REAL NOT NULL,
    stream     TEXT NOT NULL,
    -- Bytes of the stream that were not kept just before.
    lost       INTEGER NOT NULL,
    bytes      BLOB NOT NULL
);
CREATE INDEX printed_by_execution ON printed (execution);
