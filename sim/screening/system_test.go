package screening

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"portolan"
)

// TestAll_SystemsAreWhole holds every system to what a server and the faults need of it.
func TestAll_SystemsAreWhole(t *testing.T) {
	t.Parallel()
	all := All(Settings{})
	var ids []portolan.SystemID
	for _, s := range all {
		ids = append(ids, s.ID)
	}
	for _, s := range all {
		t.Run(string(s.ID), func(t *testing.T) {
			t.Parallel()
			if _, err := portolan.ParseSystemID(string(s.ID)); err != nil || s.Title == "" {
				t.Errorf("system %q %q: %v", s.ID, s.Title, err)
			}
			for _, used := range s.Uses {
				if !slices.Contains(ids, used) {
					t.Errorf("uses %q, which is not simulated", used)
				}
			}
			mux := http.NewServeMux()
			for _, r := range s.Routes {
				mux.HandleFunc(r.Pattern, http.NotFound) // panics on a pattern that is wrong or there already
				if _, err := portolan.ParseStepID(string(r.Step)); err != nil || r.Serve == nil || r.Wrong == nil {
					t.Errorf("route %q: step %q, %v; serve and wrong are needed", r.Pattern, r.Step, err)
				}
				if r.Median < 50*time.Millisecond || r.Median > 600*time.Millisecond {
					t.Errorf("route %q: median %v is not realistic", r.Pattern, r.Median)
				}
			}
		})
	}
}
