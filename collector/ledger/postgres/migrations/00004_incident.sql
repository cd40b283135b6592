-- What became of incidents: a log, which no rebuild removes. It grows with incidents, not with agents.

-- +goose Up
CREATE TABLE incident (
    id       bigint  NOT NULL,
    revision bigint  NOT NULL,
    at       bigint  NOT NULL,
    epoch    bigint  NOT NULL,
    start    bigint  NOT NULL,
    end_     bigint  NOT NULL,                     -- zero while it is open
    newest   boolean NOT NULL,                     -- of the records of an incident
    body     bytea   NOT NULL,
    PRIMARY KEY (id, revision)
);
CREATE INDEX incident_newest ON incident (start) WHERE newest;

-- +goose Down
DROP TABLE incident;
