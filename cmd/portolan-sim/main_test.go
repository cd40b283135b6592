package main

import (
	"bufio"
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// asCommand makes the test binary behave as the command.
const asCommand = "PORTOLAN_SIM_TEST_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(os.Environ(), asCommand+"=1")
	return cmd
}

func TestServe_ReadyThenStopsCleanly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cmd := command(t, "serve", "--listen", "127.0.0.1:0", "--ports", "MIA,SEA", "--collector", "127.0.0.1:1", "--write-config", dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	table := readTable(stdout)
	admin, ok := table["admin"]
	if !ok {
		t.Fatalf("no admin address; it said:\n%s", stderr.String())
	}
	resp, err := http.Get(admin + "-/healthy")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("healthy: %v %v", resp, err)
	}
	_ = resp.Body.Close()
	config, err := os.ReadFile(filepath.Join(dir, "SEA-1.yaml"))
	if err != nil || !strings.Contains(string(config), table["SEA-1 to tpac"]) {
		t.Errorf("configuration: %v\n%s", err, config)
	}
	begun := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || time.Since(begun) > 5*time.Second {
		t.Errorf("stopped after %v: %v\n%s", time.Since(begun), err, stderr.String())
	}
}

// readTable reads the printed addresses up to the line that says ready; nil if that never comes.
func readTable(stdout interface{ Read([]byte) (int, error) }) map[string]string {
	table := map[string]string{}
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		switch words := strings.Fields(lines.Text()); {
		case lines.Text() == "ready":
			return table
		case words[0] == "admin":
			table["admin"] = words[1]
		case words[0] == "relay":
			table[words[1]+" "+strings.Join(words[3:], " ")] = words[2]
		}
	}
	return nil
}

func TestServe_WrongUseExitsWith2(t *testing.T) {
	t.Parallel()
	scenario := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(scenario, []byte("name: x\nstart: 2017-01-02T17:00:00Z\nlength: 1h\nseed: 1\nfaults:\n- {where: {port: LAX}, effect: hang}\n- {where: {port: MIA}, effect: asleep}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"no-command":   {nil, []string{"portolan-sim:"}},
		"unknown-flag": {[]string{"serve", "--prots", "MIA"}, []string{"--prots"}},
		"unknown-port": {[]string{"serve", "--listen", "127.0.0.1:0", "--ports", "LAX", "--systems", "x"}, []string{`port "LAX"`, `system "x"`}},
		"no-scenario":  {[]string{"serve", "--scenario", "none.yaml", "--ports-file", scenario}, []string{"none.yaml", "ports: missing"}},
		"missing-file": {[]string{"serve", "--scenario", "none.yaml"}, []string{"none.yaml"}},
		"impossible":   {[]string{"serve", "--listen", "127.0.0.1:0", "--scenario", scenario}, []string{"wrong.yaml:6:18: faults[0].where.port", "wrong.yaml:7:32: faults[1].effect"}},
		"no-fleet": {[]string{"fleet", "--collector", "http://127.0.0.1:1", "--data", t.TempDir(), "--agents", "0", "--interval", "1ms"},
			[]string{"agents 0", "interval 1ms", `collector "http://127.0.0.1:1"`}},
		"no-scenario-to-play":   {[]string{"fleet", "--scenario", "none.yaml", "--collector", "https://127.0.0.1:1", "--data", t.TempDir()}, []string{"none.yaml", "ca.crt"}},
		"scenario-not-playable": {[]string{"fleet", "--scenario", scenario, "--collector", "https://127.0.0.1:1", "--data", t.TempDir()}, []string{"faults[0].where: hits no step"}},
		"no-keys":               {[]string{"fleet", "--collector", "https://127.0.0.1:1", "--data", t.TempDir()}, []string{"ca.crt"}},
		"version-alone":         {[]string{"--version"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t, c.args...)
			var stderr, stdout bytes.Buffer
			cmd.Stderr, cmd.Stdout = &stderr, &stdout
			_ = cmd.Run()
			want := 2
			if c.want == nil {
				want = 0
			}
			if code := cmd.ProcessState.ExitCode(); code != want {
				t.Errorf("exit code %d, want %d", code, want)
			}
			for _, words := range c.want {
				if !strings.Contains(stderr.String(), words) {
					t.Errorf("no %q in\n%s", words, stderr.String())
				}
			}
			if stdout.Len() > 0 && c.want != nil {
				t.Errorf("printed\n%s", stdout.String())
			}
		})
	}
}
