package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRules_Shipped holds configs/rules to what the command writes for the built-in catalogue.
func TestRules_Shipped(t *testing.T) {
	t.Parallel()
	var out, errors bytes.Buffer
	c := rules{Output: "text", Dashboard: "http://127.0.0.1:8080", Runbooks: "docs/runbooks", Job: "portolan-collector", Sending: 15 * time.Second, Scale: 1}
	if err := c.Run(terminal{&out, &errors}); err != nil {
		t.Fatal(err)
	}
	shipped, err := os.ReadFile(filepath.Join("..", "..", "configs", "rules", "portolan.yml"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(shipped), out.String()); diff != "" {
		t.Errorf("configs/rules/portolan.yml (-shipped +written):\n%s\nto write it: go run ./cmd/portolanctl rules --output configs/rules/portolan.yml", diff)
	}
}
