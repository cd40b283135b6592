package waterfall

import (
	"testing"
	"time"

	"portolan"
)

func TestValue_AgesAreReadAtAGlance(t *testing.T) {
	t.Parallel()
	for age, want := range map[time.Duration]string{
		380 * time.Millisecond: "380 ms", 17 * time.Second: "17.0 s", 15 * time.Minute: "15 min", 26 * time.Hour: "26 h",
		243*time.Hour + time.Minute: "10 d 3 h",
	} {
		if got := value(portolan.Measurement{Measure: portolan.DataAge, Value: age.Microseconds()}); got != want {
			t.Errorf("%s: got %q, want %q", age, got, want)
		}
	}
}
