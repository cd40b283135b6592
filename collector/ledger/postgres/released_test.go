package postgres_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/postgres"
	"portolan/collector/projection"
)

var update = flag.Bool("update", false, "write the dumps of schemas that have none")

// Each migration leaves a schema behind that some database may still have. testdata/released holds a dump of each, with
// evidence in it, and is never written anew.
func TestMigrations_BringEveryReleasedSchemaForward(t *testing.T) {
	t.Parallel()
	fresh := database(t)
	open(t, postgres.Options{URL: fresh})
	now := schemaOf(t, fresh)
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("find migrations: %v", err)
	}
	for version := 1; version <= len(files); version++ {
		t.Run(fmt.Sprintf("schema-%d", version), func(t *testing.T) {
			t.Parallel()
			dump := filepath.Join("testdata", "released", fmt.Sprintf("%05d.sql", version))
			if *update {
				writeDump(t, dump, version)
			}
			text, err := os.ReadFile(dump)
			if err != nil {
				t.Fatalf("%v; write it with: go test ./collector/ledger/postgres -run Released -update", err)
			}
			url := database(t)
			execute(t, url, string(text))
			l := open(t, postgres.Options{URL: url, AsideBytes: ledgertest.AsideBytes})
			ledgertest.CheckFilled(t, l)
			p, err := projection.New(t.Context(), projection.Options{Ledger: l})
			if err != nil {
				t.Fatal(err)
			}
			if folded, err := p.CatchUp(t.Context()); err != nil || folded == 0 || p.Skipped() != 0 {
				t.Errorf("folded %d links, skipped %d: %v", folded, p.Skipped(), err)
			}
			if diff := cmp.Diff(schemaOf(t, url), now); diff != "" {
				t.Errorf("tables differ from those of a new database (-brought forward +new):\n%s", diff)
			}
		})
	}
}

func execute(t *testing.T, url, text string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// schemaOf returns every column with its type, and every index with how it is made.
func schemaOf(t *testing.T, url string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	rows, err := conn.Query(t.Context(), `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable || ' ' || coalesce(collation_name, '')
			FROM information_schema.columns WHERE table_schema = 'public'
		UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(schema) < 50 {
		t.Fatalf("read schema: %d lines, %v", len(schema), err)
	}
	return schema
}

// writeDump writes the dump of a schema, unless there is one: evidence is the same in all of them.
func writeDump(t *testing.T, path string, version int) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	filled, old := database(t), database(t)
	ledgertest.Fill(t, open(t, postgres.Options{URL: filled, AsideBytes: ledgertest.AsideBytes}))
	config, err := pgx.ParseConfig(old)
	if err != nil {
		t.Fatal(err)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), int64(version)); err != nil {
		t.Fatal(err)
	}
	rows := []string{"--data-only", "--column-inserts"}
	for _, table := range []string{"chain", "batch", "plan", "plan_change", "aside", "journal", "agent", "certificate", "token", "ledger_position", "aside_id"} {
		rows = append(rows, "--table", table)
	}
	text := dumpOf(t, filled, rows...)
	execute(t, old, text)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(dumpOf(t, old, "--column-inserts")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// dumpOf returns what pg_dump writes, without comments and without what only psql understands.
func dumpOf(t *testing.T, url string, options ...string) string {
	t.Helper()
	cmd := exec.Command("pg_dump", append([]string{"--no-owner", "--no-privileges", "--dbname", url}, options...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pg_dump: %v: %s", err, stderr.String())
	}
	var kept strings.Builder
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(line, "--") && !strings.HasPrefix(line, `\`) && line != "\n" {
			kept.WriteString(line)
		}
	}
	return kept.String()
}
