package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portolan/targets"
)

// A newcomer copies the definition from the README: it has to load, and to accept the load of the next command.
func TestReadme_ItsDefinitionLoads(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "```yaml\n")
	block, _, ended := strings.Cut(rest, "```")
	if !found || !ended {
		t.Fatal("README.md has no block of YAML")
	}
	definition := strings.ReplaceAll("\n"+block, "\n   ", "\n")
	system, faults := targets.Parse("gate-check.yaml", []byte(definition), catalogueOptions())
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	if _, faults := loadOf(system, []*targets.System{system}, headcount{{count: 300}}); len(faults) > 0 {
		t.Error(faults)
	}
}
