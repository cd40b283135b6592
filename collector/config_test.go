package collector

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestConfig_SampleFileEqualsDefaults(t *testing.T) {
	t.Parallel()
	got, err := LoadConfig(filepath.Join("..", "configs", "collector.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := DefaultConfig()
	want.Systems, want.TLS.Hosts = []string{}, []string{}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("configs/collector.yaml differs from DefaultConfig (-got +want):\n%s", diff)
	}
}

func TestConfig_TellsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := ParseConfig("c.yaml", []byte("listen: 8080\nsettle: 2d\nsend_interval: 1ms\nzone: Local\nsystems: [TPAC]\nport: x\n"))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"c.yaml:1:9: listen: ", "c.yaml:2:9: settle: ", "c.yaml:3:16: send_interval: ",
		"c.yaml:4:7: zone: ", "c.yaml:5:11: systems[0]: ", "c.yaml:6:",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("faults lack %q:\n%v", want, err)
		}
	}
}
