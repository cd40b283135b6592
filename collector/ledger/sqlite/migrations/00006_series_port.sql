-- A page of one port reads the series of that port, out of those of a fleet.

-- +goose Up
CREATE INDEX series_port ON series (port);

-- +goose Down
DROP INDEX series_port;
