package alerting_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"portolan/alerting"
)

var configs = filepath.Join("..", "configs")

func TestConfigs_PrometheusAcceptsThem(t *testing.T) {
	t.Parallel()
	promtool(t, configs, "check", "config", "prometheus.yml")
	promtool(t, configs, "check", "rules", filepath.Join("rules", "portolan.yml"))
}

func TestConfigs_AlertmanagerAcceptsThem(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("amtool", "check-config", filepath.Join(configs, "alertmanager.yml")).CombinedOutput()
	if err != nil {
		t.Errorf("amtool check-config: %v (on Debian: apt-get install prometheus-alertmanager)\n%s", err, out)
	}
}

// TestConfigs_RouteEachSeverity asks Alertmanager's own tool who would hear of what.
func TestConfigs_RouteEachSeverity(t *testing.T) {
	t.Parallel()
	for _, group := range alerting.Rules(twoSystems(), alerting.Options{}).Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" {
				continue
			}
			want := map[string]string{"page": "pager", "ticket": "tickets", "none": "nobody"}[rule.Labels["severity"]]
			if rule.Alert == "PortolanWatchdog" {
				want = "dead-mans-switch"
			}
			args := []string{"config", "routes", "test", "--config.file", filepath.Join(configs, "alertmanager.yml"), "--verify.receivers", want,
				"alertname=" + rule.Alert, "severity=" + rule.Labels["severity"], "scope=" + rule.Labels["scope"]}
			if out, err := exec.Command("amtool", args...).CombinedOutput(); err != nil {
				t.Errorf("%s should reach %q: %v\n%s", rule.Alert, want, err, out)
			}
		}
	}
}

func TestRules_EachAlertHasARunbook(t *testing.T) {
	t.Parallel()
	books := map[string]bool{}
	for _, group := range alerting.Rules(twoSystems(), alerting.Options{}).Groups {
		for _, rule := range group.Rules {
			if rule.Alert == "" {
				continue
			}
			book := rule.Annotations["runbook"]
			books[filepath.Base(book)] = true
			if text, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(book))); err != nil || len(text) < 300 {
				t.Errorf("%s: runbook of %d bytes: %v", rule.Alert, len(text), err)
			}
		}
	}
	entries, err := os.ReadDir(filepath.Join("..", "docs", "runbooks"))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !books[entry.Name()] {
			t.Errorf("docs/runbooks/%s is of no alert", entry.Name())
		}
	}
}
