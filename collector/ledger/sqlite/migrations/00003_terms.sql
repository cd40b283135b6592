-- Terms of leadership; values of the projection by agent; no rollups and marks, which nothing used. What is derived is
-- folded anew.

-- +goose Up
DROP TABLE dirty;
DROP TABLE projection_value;
DROP TABLE figure;
DELETE FROM fold_cursor;
DELETE FROM journal_cursor;
DELETE FROM series_state;
DELETE FROM sketch;

CREATE TABLE figure (
    series      INTEGER NOT NULL REFERENCES series (id),
    start       INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    provisional INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    PRIMARY KEY (series, start)
) WITHOUT ROWID;
CREATE INDEX figure_start ON figure (start);

CREATE TABLE projection_value (
    agent TEXT NOT NULL,                          -- empty: of none
    name  TEXT NOT NULL,
    body  BLOB NOT NULL,
    PRIMARY KEY (agent, name)
) WITHOUT ROWID;

CREATE TABLE leader (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL
);
INSERT INTO leader (id, epoch) VALUES (1, 0);

-- +goose Down
DROP TABLE leader;
DROP TABLE projection_value;
CREATE TABLE projection_value (
    name TEXT PRIMARY KEY,
    body BLOB NOT NULL
) WITHOUT ROWID;
DROP TABLE figure;
CREATE TABLE figure (
    unit        INTEGER NOT NULL,
    series      INTEGER NOT NULL REFERENCES series (id),
    start       INTEGER NOT NULL,
    revision    INTEGER NOT NULL,
    provisional INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    PRIMARY KEY (unit, series, start)
) WITHOUT ROWID;
CREATE INDEX figure_start ON figure (unit, start);
CREATE TABLE dirty (
    hour   INTEGER NOT NULL,
    series INTEGER NOT NULL REFERENCES series (id),
    PRIMARY KEY (hour, series)
) WITHOUT ROWID;
