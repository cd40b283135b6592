package sim

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestFolder_TemporaryOnesGoWithTheSimulator(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Listen: "127.0.0.1:0", Systems: []string{"pals"}, Ports: []string{"MIA"}})
	if err != nil {
		t.Fatal(err)
	}
	extract := filepath.Join(s.folders, "MIA-1", "pals", "extract.txt")
	if _, err := os.Stat(extract); err != nil {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	if err := s.Run(ctx, stop); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.folders); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", s.folders, err)
	}
}

func TestFolder_IsBesideTheConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start(t, Options{Systems: []string{"pals"}, Ports: []string{"MIA"}, ConfigDir: dir})
	config, err := os.ReadFile(filepath.Join(dir, "MIA-1.yaml"))
	want := `pals.laptop: "file://` + filepath.ToSlash(filepath.Join(dir, "workstations", "MIA-1", "pals")) + `"`
	if err != nil || !strings.Contains(string(config), want) {
		t.Errorf("no %s in\n%s %v", want, config, err)
	}
}

func TestFolder_OnlyTheFaultsOriginSuffers(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Systems: []string{"pals"}, Ports: []string{"MIA", "SEA"}})
	header := func(agent string) string {
		text, err := os.ReadFile(filepath.Join(w.folders, agent, "pals", "extract.txt"))
		if err != nil {
			t.Error(err)
		}
		line, _, _ := strings.Cut(string(text), "\n")
		return line
	}
	w.put(`[{"where":{"system":"pals","port":"MIA"},"effect":"stale"}]`)
	made, usual := time.Now().UTC().Add(-50*24*time.Hour), time.Now().UTC().Add(-10*24*time.Hour)
	if got, want := header("MIA-1"), made.Format("made=2006-01-02"); !strings.Contains(got, want) {
		t.Errorf("at MIA %q, want %s", got, want)
	}
	if got, want := header("SEA-1"), usual.Format("made=2006-01-02"); !strings.Contains(got, want) {
		t.Errorf("at SEA %q, want %s", got, want)
	}
	w.put(`[{"where":{"system":"pals","step":"extract","agent":"MIA-1"},"effect":"error","ratio":1}]`)
	if _, err := os.Stat(filepath.Join(w.folders, "MIA-1", "pals", "extract.txt")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the extract is still there: %v", err)
	}
	w.repair()
	if got, want := header("MIA-1"), usual.Format("made=2006-01-02"); !strings.Contains(got, want) {
		t.Errorf("after the repair %q, want %s", got, want)
	}
}
