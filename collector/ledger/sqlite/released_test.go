package sqlite_test

import (
	"database/sql"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pressly/goose/v3"

	"portolan/collector/ledger"
	"portolan/collector/ledger/ledgertest"
	"portolan/collector/ledger/sqlite"
	"portolan/collector/projection"
)

var update = flag.Bool("update", false, "write the dumps of schemas that have none")

// Each migration leaves a schema behind that some collector may still have. testdata/released holds a dump of each, with
// evidence in it, and is never written anew.
func TestMigrations_BringEveryReleasedSchemaForward(t *testing.T) {
	t.Parallel()
	now := schemaOf(t, freshPath(t))
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
				t.Fatalf("%v; write it with: go test ./collector/ledger/sqlite -run Released -update", err)
			}
			path := filepath.Join(t.TempDir(), "ledger.db")
			execute(t, path, string(text))
			l := open(t, sqlite.Options{Path: path})
			ledgertest.CheckFilled(t, l)
			checkFolds(t, l)
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(schemaOf(t, path), now); diff != "" {
				t.Errorf("tables differ from those of a new ledger (-brought forward +new):\n%s", diff)
			}
		})
	}
}

func checkFolds(t *testing.T, l ledger.Ledger) {
	t.Helper()
	p, err := projection.New(t.Context(), projection.Options{Ledger: l})
	if err != nil {
		t.Fatal(err)
	}
	if folded, err := p.CatchUp(t.Context()); err != nil || folded == 0 || p.Skipped() != 0 {
		t.Errorf("folded %d links, skipped %d: %v", folded, p.Skipped(), err)
	}
}

// freshPath returns the path of a new ledger, closed.
func freshPath(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ledger.db")
	l, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func connect(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func execute(t *testing.T, path, text string) {
	t.Helper()
	db := connect(t, path)
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// schemaOf returns how every table and index is made.
func schemaOf(t *testing.T, path string) map[string]string {
	t.Helper()
	schema := map[string]string{}
	for _, row := range ask(t, connect(t, path), `SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'`, 2) {
		schema[row[0]] = row[1]
	}
	return schema
}

func ask(t *testing.T, db *sql.DB, query string, columns int) (all [][]string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row, into := make([]string, columns), make([]any, columns)
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, row)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// writeDump writes the dump of a schema, unless there is one: evidence is the same in all of them.
func writeDump(t *testing.T, path string, version int) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	filled := filepath.Join(t.TempDir(), "filled.db")
	l, err := sqlite.Open(t.Context(), sqlite.Options{Path: filled})
	if err != nil {
		t.Fatal(err)
	}
	ledgertest.Fill(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	old := connect(t, filepath.Join(t.TempDir(), "old.db"))
	provider, err := goose.NewProvider(goose.DialectSQLite3, old, os.DirFS("migrations"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := provider.UpTo(t.Context(), int64(version)); err != nil {
		t.Fatal(err)
	}
	var dump strings.Builder
	for _, row := range ask(t, old, `SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY type DESC, rowid`, 1) {
		dump.WriteString(row[0] + ";\n")
	}
	from := connect(t, filled)
	for _, table := range []string{"chain", "batch", "plan", "plan_change", "aside", "journal", "agent", "certificate", "token"} {
		writeRows(t, &dump, from, table)
	}
	for _, row := range ask(t, old, `SELECT name FROM sqlite_master WHERE name IN ('leader', 'goose_db_version') ORDER BY name`, 1) {
		writeRows(t, &dump, old, row[0])
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(dump.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func writeRows(t *testing.T, dump *strings.Builder, db *sql.DB, table string) {
	t.Helper()
	var columns, quoted []string
	for _, row := range ask(t, db, `SELECT name FROM pragma_table_info('`+table+`')`, 1) {
		columns, quoted = append(columns, row[0]), append(quoted, "quote("+row[0]+")")
	}
	query := `SELECT ` + strings.Join(quoted, ` || ', ' || `) + ` FROM ` + table
	for _, row := range ask(t, db, query, 1) {
		fmt.Fprintf(dump, "INSERT INTO %s (%s) VALUES (%s);\n", table, strings.Join(columns, ", "), row[0])
	}
}
