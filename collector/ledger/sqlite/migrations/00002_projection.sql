-- What is derived from the evidence: all of it may be dropped and folded anew.

-- +goose Up
CREATE TABLE fold_cursor (
    agent    TEXT    NOT NULL,
    stream   BLOB    NOT NULL,
    number   INTEGER NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (agent, stream)
) WITHOUT ROWID;

CREATE TABLE journal_cursor (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    number INTEGER NOT NULL
);

-- Names of series, so that the tables below hold a number in their keys. Kept by Reset.
CREATE TABLE series (
    id            INTEGER PRIMARY KEY,
    agent         TEXT NOT NULL,
    port          TEXT NOT NULL,
    system        TEXT NOT NULL,
    transaction_  TEXT NOT NULL,
    UNIQUE (agent, system, transaction_)
);

CREATE TABLE series_state (
    series     INTEGER PRIMARY KEY REFERENCES series (id),
    last_start INTEGER NOT NULL,
    state      BLOB    NOT NULL
);

CREATE TABLE figure (
    unit        INTEGER NOT NULL,                 -- 0 an hour, else ledger.Unit
    series      INTEGER NOT NULL REFERENCES series (id),
    start       INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    provisional INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    PRIMARY KEY (unit, series, start)
) WITHOUT ROWID;
CREATE INDEX figure_start ON figure (unit, start);

CREATE TABLE sketch (
    hour         INTEGER NOT NULL,
    port         TEXT    NOT NULL,                -- empty: transaction x step
    system       TEXT    NOT NULL,
    transaction_ TEXT    NOT NULL,
    step         TEXT    NOT NULL,                -- empty: port x transaction
    body         BLOB    NOT NULL,
    PRIMARY KEY (hour, port, system, transaction_, step)
) WITHOUT ROWID;

CREATE TABLE dirty (
    hour   INTEGER NOT NULL,
    series INTEGER NOT NULL REFERENCES series (id),
    PRIMARY KEY (hour, series)
) WITHOUT ROWID;

CREATE TABLE projection_value (
    name TEXT PRIMARY KEY,
    body BLOB NOT NULL
) WITHOUT ROWID;

-- +goose Down
DROP TABLE projection_value;
DROP TABLE dirty;
DROP TABLE sketch;
DROP TABLE figure;
DROP TABLE series_state;
DROP TABLE series;
DROP TABLE journal_cursor;
DROP TABLE fold_cursor;
