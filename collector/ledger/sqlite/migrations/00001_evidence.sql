-- Times are whole microseconds since 1970, durations whole microseconds. Migrations are never edited.

-- +goose Up
CREATE TABLE chain (
    id                INTEGER PRIMARY KEY,
    agent             TEXT    NOT NULL,
    stream            BLOB    NOT NULL,
    number            INTEGER NOT NULL,           -- head: zero before the first batch
    hash              BLOB    NOT NULL,
    position          INTEGER NOT NULL,
    heard_at          INTEGER NOT NULL,
    -- content of the newest accepted batch
    plan              BLOB    NOT NULL,
    span_from         INTEGER NOT NULL,
    span_to           INTEGER NOT NULL,
    records           INTEGER NOT NULL,
    backlog           INTEGER NOT NULL,
    sent_at           INTEGER NOT NULL,
    clock_offset      INTEGER NOT NULL,
    clock_uncertainty INTEGER NOT NULL,
    farewell          INTEGER NOT NULL,
    UNIQUE (agent, stream)
);

CREATE TABLE batch (
    position          INTEGER PRIMARY KEY,
    chain             INTEGER NOT NULL REFERENCES chain (id),
    first             INTEGER NOT NULL,
    number            INTEGER NOT NULL,
    hash              BLOB    NOT NULL,
    previous          BLOB    NOT NULL,
    status            INTEGER NOT NULL,           -- ledger.Status
    reason            INTEGER NOT NULL,           -- ledger.Reason
    detail            TEXT    NOT NULL,
    received_at       INTEGER NOT NULL,
    lane              INTEGER NOT NULL,
    plan              BLOB    NOT NULL,
    span_from         INTEGER NOT NULL,
    span_to           INTEGER NOT NULL,
    span_width        INTEGER NOT NULL,           -- the span is no longer than 2^width hours
    records           INTEGER NOT NULL,
    backlog           INTEGER NOT NULL,
    sent_at           INTEGER NOT NULL,
    clock_offset      INTEGER NOT NULL,
    clock_uncertainty INTEGER NOT NULL,
    farewell          INTEGER NOT NULL,
    bytes             BLOB                        -- as sent; null for stubs
);
CREATE UNIQUE INDEX batch_number ON batch (chain, number);
CREATE INDEX batch_position ON batch (chain);     -- with the row id: a chain in the order of positions
CREATE INDEX batch_span ON batch (chain, span_width, span_from, span_to) WHERE status = 1;
CREATE INDEX batch_waiting ON batch (chain) WHERE status = 2;

CREATE TABLE plan (
    hash BLOB PRIMARY KEY,
    body BLOB NOT NULL                            -- as evidence.AppendPlan writes it
) WITHOUT ROWID;

CREATE TABLE plan_change (
    agent        TEXT    NOT NULL,
    position     INTEGER NOT NULL,
    stream       BLOB    NOT NULL,
    number       INTEGER NOT NULL,
    sent_at      INTEGER NOT NULL,
    clock_offset INTEGER NOT NULL,
    plan         BLOB    NOT NULL,
    PRIMARY KEY (agent, position)
) WITHOUT ROWID;

CREATE TABLE aside (
    id          INTEGER PRIMARY KEY,
    agent       TEXT    NOT NULL,
    stream      BLOB    NOT NULL,
    number      INTEGER NOT NULL,
    hash        BLOB    NOT NULL,
    reason      INTEGER NOT NULL,
    detail      TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    size        INTEGER NOT NULL,
    bytes       BLOB    NOT NULL
);
CREATE INDEX aside_agent ON aside (agent, id, size);

CREATE TABLE journal (
    number    INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    kind      INTEGER NOT NULL,                   -- evidence.EntryKind
    subject   TEXT    NOT NULL,
    body      BLOB    NOT NULL,
    previous  BLOB    NOT NULL,
    hash      BLOB    NOT NULL,
    signature BLOB    NOT NULL
);
CREATE INDEX journal_subject ON journal (kind, subject);

CREATE TABLE agent (
    agent       TEXT PRIMARY KEY,
    port        TEXT    NOT NULL,
    enrolled_at INTEGER NOT NULL,
    revoked_at  INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE certificate (
    agent      TEXT    NOT NULL,
    serial     TEXT    NOT NULL,
    not_before INTEGER NOT NULL,
    not_after  INTEGER NOT NULL,
    der        BLOB    NOT NULL,
    public_key BLOB    NOT NULL,
    revoked_at INTEGER NOT NULL,
    PRIMARY KEY (agent, serial)
);

CREATE TABLE token (
    agent   TEXT    NOT NULL,
    nonce   BLOB    NOT NULL,
    expires INTEGER NOT NULL,
    serial  TEXT    NOT NULL,                     -- of the certificate it bought
    PRIMARY KEY (agent, nonce)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE token;
DROP TABLE certificate;
DROP TABLE agent;
DROP TABLE journal;
DROP TABLE aside;
DROP TABLE plan_change;
DROP TABLE plan;
DROP TABLE batch;
DROP TABLE chain;
