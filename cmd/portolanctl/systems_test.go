package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan/internal/strictyaml"
	"portolan/targets"
)

// TestSystems_Documented holds the tables of docs/systems.md to the built-in catalogue.
func TestSystems_Documented(t *testing.T) {
	t.Parallel()
	catalogue, err := targets.Load(catalogueOptions())
	if err != nil {
		t.Fatal(err)
	}
	page := filepath.Join("..", "..", "docs", "systems.md")
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	prose, tables, found := strings.Cut(string(text), tablesBegin)
	if !found {
		t.Fatalf("%s has no line %q", page, strings.TrimSpace(tablesBegin))
	}
	want := systemsTable(catalogue) + transactionsTable(catalogue) + clocksTable(catalogue)
	if *update {
		if err := os.WriteFile(page, []byte(prose+tablesBegin+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(tables, want); diff != "" {
		t.Errorf("%s (-documented +catalogue):\n%s\nto write it: go test ./cmd/portolanctl -run TestSystems_Documented -update", page, diff)
	}
}

const tablesBegin = "<!-- From here on a test writes this page from the catalogue. -->\n"

func systemsTable(c *targets.Catalogue) string {
	var b strings.Builder
	b.WriteString("\n## Systems\n\n| system | owner | objective | accepts, a second | backups | depends on: step |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, s := range c.Systems {
		var backups, depends []string
		for _, backup := range s.Backups {
			backups = append(backups, "`"+string(backup)+"`")
		}
		for _, d := range s.Dependencies {
			depends = append(depends, fmt.Sprintf("`%s`: %s", d.System, strings.Join(s.Exercising(d.System), ", ")))
		}
		fmt.Fprintf(&b, "| `%s` %s | %s | %.4g %% in %s | %g | %s | %s |\n", s.ID, s.Name, s.Owner.Organization,
			100*s.Objective.Availability, strictyaml.FormatDuration(s.Objective.Window), s.MaxRate, strings.Join(backups, ", "), strings.Join(depends, "<br>"))
	}
	return b.String()
}

func transactionsTable(c *targets.Catalogue) string {
	var b strings.Builder
	b.WriteString("\n## Transactions\n\n| system | transaction | where | every | good within | steps |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, s := range c.Systems {
		for _, t := range s.Transactions {
			var steps []string
			for _, step := range t.Steps {
				steps = append(steps, string(step.ID))
			}
			every := "`" + t.Cron + "`"
			if t.Cron == "" {
				every = strictyaml.FormatDuration(t.Interval)
			}
			fmt.Fprintf(&b, "| `%s` | `%s` %s | %s | %s | %s | %s |\n", s.ID, t.ID, t.Title, t.Where, every, strictyaml.FormatDuration(t.Latency), strings.Join(steps, ", "))
		}
	}
	return b.String()
}

func clocksTable(c *targets.Catalogue) string {
	var b strings.Builder
	b.WriteString("\n## Clocks\n\n| system | clock | limit | stated by |\n| --- | --- | --- | --- |\n")
	for _, s := range c.Systems {
		for _, clock := range s.Clocks {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.ID, clock.Title, hours(clock.Limit), clock.Source)
		}
	}
	return b.String()
}

// hours writes a limit as people speak of it: 45 min, 48 h.
func hours(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%g min", d.Minutes())
	}
	return fmt.Sprintf("%g h", d.Hours())
}
