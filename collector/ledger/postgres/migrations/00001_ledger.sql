-- Times are whole microseconds since 1970, durations whole microseconds. Names sort by their bytes (COLLATE "C"), as
-- they do in memory. Tables that grow with the fleet carry the agent in every key, so that they can be distributed by
-- it (docs/scale.md). Migrations are never edited.

-- +goose Up
-- Positions grow in the order of commits: they are drawn under the lock that a group's transaction holds to its end.
CREATE SEQUENCE ledger_position;

CREATE TABLE chain (
    agent             text COLLATE "C" NOT NULL,
    stream            bytea    NOT NULL,
    number            bigint   NOT NULL,           -- head: zero before the first batch
    hash              bytea    NOT NULL,
    position          bigint   NOT NULL,
    heard_at          bigint   NOT NULL,
    -- content of the newest accepted batch
    plan              bytea    NOT NULL,
    span_from         bigint   NOT NULL,
    span_to           bigint   NOT NULL,
    records           bigint   NOT NULL,
    backlog           bigint   NOT NULL,
    sent_at           bigint   NOT NULL,
    clock_offset      bigint   NOT NULL,
    clock_uncertainty bigint   NOT NULL,
    farewell          boolean  NOT NULL,
    PRIMARY KEY (agent, stream)
) WITH (fillfactor = 50);                           -- updated with each batch, in place

CREATE TABLE batch (
    agent             text COLLATE "C" NOT NULL,
    stream            bytea    NOT NULL,
    number            bigint   NOT NULL,
    first             bigint   NOT NULL,
    position          bigint   NOT NULL,
    hash              bytea    NOT NULL,
    previous          bytea    NOT NULL,
    status            smallint NOT NULL,           -- ledger.Status
    reason            smallint NOT NULL,           -- ledger.Reason
    detail            text     NOT NULL,
    received_at       bigint   NOT NULL,
    lane              smallint NOT NULL,
    plan              bytea    NOT NULL,
    span_from         bigint   NOT NULL,
    span_to           bigint   NOT NULL,
    span_width        smallint NOT NULL,           -- the span is no longer than 2^width hours
    records           bigint   NOT NULL,
    backlog           bigint   NOT NULL,
    sent_at           bigint   NOT NULL,
    clock_offset      bigint   NOT NULL,
    clock_uncertainty bigint   NOT NULL,
    farewell          boolean  NOT NULL,
    bytes             bytea,                       -- as sent; null for stubs
    PRIMARY KEY (agent, stream, number)
);
-- The bytes do not compress: do not try.
ALTER TABLE batch ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE INDEX batch_position ON batch (position);
CREATE INDEX batch_agent_position ON batch (agent, position);
CREATE INDEX batch_span ON batch (agent, span_width, span_from) WHERE status = 1;
CREATE INDEX batch_waiting ON batch (position) WHERE status = 2;

CREATE TABLE plan (
    hash bytea PRIMARY KEY,
    body bytea NOT NULL                            -- as evidence.AppendPlan writes it
);

CREATE TABLE plan_change (
    agent        text COLLATE "C" NOT NULL,
    position     bigint NOT NULL,
    stream       bytea  NOT NULL,
    number       bigint NOT NULL,
    sent_at      bigint NOT NULL,
    clock_offset bigint NOT NULL,
    plan         bytea  NOT NULL,
    PRIMARY KEY (agent, position)
);

CREATE SEQUENCE aside_id;
CREATE TABLE aside (
    agent       text COLLATE "C" NOT NULL,
    id          bigint   NOT NULL,
    stream      bytea    NOT NULL,
    number      bigint   NOT NULL,
    hash        bytea    NOT NULL,
    reason      smallint NOT NULL,
    detail      text     NOT NULL,
    received_at bigint   NOT NULL,
    bytes       bytea    NOT NULL,
    PRIMARY KEY (agent, id)
);

CREATE TABLE journal (
    number    bigint PRIMARY KEY,
    at        bigint   NOT NULL,
    kind      smallint NOT NULL,                   -- evidence.EntryKind
    subject   text     NOT NULL,
    body      bytea    NOT NULL,
    previous  bytea    NOT NULL,
    hash      bytea    NOT NULL,
    signature bytea    NOT NULL
);
CREATE INDEX journal_subject ON journal (kind, subject, number);

CREATE TABLE agent (
    agent       text COLLATE "C" PRIMARY KEY,
    port        text   NOT NULL,
    enrolled_at bigint NOT NULL,
    revoked_at  bigint NOT NULL
);

CREATE TABLE certificate (
    agent      text COLLATE "C" NOT NULL,
    ordinal    integer NOT NULL,                   -- from 1, in the order in which they were given
    serial     text   NOT NULL,
    not_before bigint NOT NULL,
    not_after  bigint NOT NULL,
    der        bytea  NOT NULL,
    public_key bytea  NOT NULL,
    revoked_at bigint NOT NULL,
    PRIMARY KEY (agent, ordinal),
    UNIQUE (agent, serial)
);

CREATE TABLE token (
    agent   text COLLATE "C" NOT NULL,
    nonce   bytea  NOT NULL,
    expires bigint NOT NULL,
    serial  text   NOT NULL,                       -- of the certificate it bought
    PRIMARY KEY (agent, nonce)
);

CREATE TABLE leader (
    id    integer PRIMARY KEY CHECK (id = 1),
    epoch bigint NOT NULL
);
INSERT INTO leader (id, epoch) VALUES (1, 0);

-- +goose Down
DROP TABLE leader, token, certificate, agent, journal, aside, plan_change, plan, batch, chain;
DROP SEQUENCE aside_id;
DROP SEQUENCE ledger_position;
