-- Roll-ups of figures, beside the rows by hour. They are made from these, so nothing is folded anew. They grow with ports
-- and time, not with agents.

-- +goose Up
CREATE TABLE rollup (
    port  text COLLATE "C" NOT NULL,               -- empty: the nation
    unit  text COLLATE "C" NOT NULL,
    part  text COLLATE "C" NOT NULL,
    start bigint NOT NULL,
    body  bytea  NOT NULL,
    PRIMARY KEY (port, unit, part, start)
);

-- +goose Down
DROP TABLE rollup;
