package buildinfo

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersion_PrefersReleaseOverRevision(t *testing.T) {
	t.Parallel()
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "0123456789abcdef0123"}
	tests := map[string]struct {
		info debug.BuildInfo
		want string
	}{
		"release":  {debug.BuildInfo{Main: debug.Module{Version: "v1.2.0"}, Settings: []debug.BuildSetting{revision}}, "v1.2.0"},
		"revision": {debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: []debug.BuildSetting{revision}}, "0123456789ab"},
		"neither":  {debug.BuildInfo{}, "devel"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := version(&test.info); got != test.want {
				t.Errorf("version = %q, want %q", got, test.want)
			}
		})
	}
}

func TestGoVersion_IsTheCompilers(t *testing.T) {
	t.Parallel()
	if got := GoVersion(); !strings.HasPrefix(got, "go1.") {
		t.Errorf("GoVersion = %q, want a Go release", got)
	}
}
