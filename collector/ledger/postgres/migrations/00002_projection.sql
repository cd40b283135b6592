-- What is derived from the evidence: all of it may be dropped and folded anew.

-- +goose Up
CREATE TABLE fold_cursor (
    agent    text COLLATE "C" NOT NULL,
    stream   bytea  NOT NULL,
    number   bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (agent, stream)
) WITH (fillfactor = 50);

CREATE TABLE journal_cursor (
    id     integer PRIMARY KEY CHECK (id = 1),
    number bigint NOT NULL
);

CREATE TABLE series_state (
    agent        text COLLATE "C" NOT NULL,
    system       text COLLATE "C" NOT NULL,
    transaction_ text COLLATE "C" NOT NULL,
    last_start   bigint NOT NULL,
    state        bytea  NOT NULL,
    PRIMARY KEY (agent, system, transaction_)
) WITH (fillfactor = 50);

CREATE TABLE figure (
    agent        text COLLATE "C" NOT NULL,
    port         text COLLATE "C" NOT NULL,
    system       text COLLATE "C" NOT NULL,
    transaction_ text COLLATE "C" NOT NULL,
    start        bigint  NOT NULL,
    revision     bigint  NOT NULL,
    provisional  boolean NOT NULL,
    changed_at   bigint  NOT NULL,
    body         bytea   NOT NULL,
    PRIMARY KEY (agent, system, transaction_, start)
) WITH (fillfactor = 80);
CREATE INDEX figure_start ON figure (start);
CREATE INDEX figure_port ON figure (port, system, start);

-- Sketches and values of no agent grow with ports and time, not with agents.
CREATE TABLE sketch (
    hour         bigint NOT NULL,
    port         text COLLATE "C" NOT NULL,        -- empty: transaction x step
    system       text COLLATE "C" NOT NULL,
    transaction_ text COLLATE "C" NOT NULL,
    step         text COLLATE "C" NOT NULL,        -- empty: port x transaction
    body         bytea  NOT NULL,
    PRIMARY KEY (hour, port, system, transaction_, step)
);

CREATE TABLE projection_value (
    agent text COLLATE "C" NOT NULL,               -- empty: of none
    name  text COLLATE "C" NOT NULL,
    body  bytea NOT NULL,
    PRIMARY KEY (agent, name)
);
CREATE INDEX projection_value_name ON projection_value (name, agent);

-- +goose Down
DROP TABLE projection_value, sketch, figure, series_state, journal_cursor, fold_cursor;
