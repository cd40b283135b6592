package dashboard

import (
	"strings"
	"testing"
	"time"

	"portolan"
)

func TestPort_TheHeadlineIsTheWorst(t *testing.T) {
	t.Parallel()
	at := portolan.InstantOf(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC))
	v := &PortDetail{Cut: Cut{At: at}, Port: Port{Port: portolan.Port{Code: "MIA"}, Cells: []Cell{
		{System: "apis", State: portolan.SlowState, Since: at.Add(-time.Minute)},
		{System: "ident", State: portolan.Up, Since: at.Add(-time.Hour)},
		{System: "tpac", State: portolan.Down, Since: at.Add(-2 * time.Minute)},
	}}}
	if got := portFrame(v).Summary; got.State != portolan.Down || !strings.HasPrefix(got.Text, "TPAC is down here since") || !strings.Contains(got.Text, "1 down, 1 slow") {
		t.Errorf("got %+v, want that TPAC is down", got)
	}
}
