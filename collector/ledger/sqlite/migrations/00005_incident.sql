-- What became of incidents: a log, which no rebuild removes.

-- +goose Up
CREATE TABLE incident (
    id       INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    epoch    INTEGER NOT NULL,
    start    INTEGER NOT NULL,
    end_     INTEGER NOT NULL,                    -- zero while it is open
    newest   INTEGER NOT NULL,                    -- 1 for the newest record of an incident
    body     BLOB    NOT NULL,
    PRIMARY KEY (id, revision)
) WITHOUT ROWID;
CREATE INDEX incident_newest ON incident (start) WHERE newest = 1;

-- +goose Down
DROP TABLE incident;
