-- Roll-ups of figures, beside the rows by hour. They are made from these, so nothing is folded anew.

-- +goose Up
CREATE TABLE rollup (
    port  TEXT    NOT NULL,                       -- empty: the nation
    unit  TEXT    NOT NULL,
    part  TEXT    NOT NULL,
    start INTEGER NOT NULL,
    body  BLOB    NOT NULL,
    PRIMARY KEY (port, unit, part, start)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE rollup;
