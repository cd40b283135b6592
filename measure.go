package portolan

import "strings"

// Measure names what a step can measure besides time and size: facts about a path, a feed, an extract or a
// page. Values are stored: do not reorder, add at the end.
type Measure uint8

// The measures, with the unit of their values.
const (
	MeasureUnknown Measure = iota
	LargestPaint           // largest contentful paint, in microseconds from the navigation
	RoundTrip              // median round trip, in microseconds
	LossRatio              // packets or probes lost, in millionths
	Throughput             // of a bounded sample, in bytes a second
	FirstItem              // time to a feed's first item, in microseconds
	DataAge                // age of the newest data, in microseconds
	OldestAge              // age of the newest data of the source that is furthest behind, in microseconds
	LiveShare              // sources of a feed that are live, in millionths
	RadarShare             // items of a feed that come from one named source, in millionths
	PathChange             // 1 if the path is another one than in the step's last run, else 0
	BodyDigest             // of a wrong answer's body: the first 63 bits of its SHA-256, to tell whether others saw the same
	NotMeasured            // what the workstation did not allow to be measured: a sum of the Unmeasured values
)

// Unmeasured is what a step was asked to measure and could not, since the workstation does not allow it or too little came.
type Unmeasured int64

// What may be missing. Values are stored as sums: do not reorder, add at the end.
const (
	NoRoundTrips Unmeasured = 1 << iota // round trip and loss
	NoThroughput
	NoRouters // on the path, so that a change of them is not seen
)

// String names what is missing, "round trip and loss, routers on the path".
func (u Unmeasured) String() string {
	var missing []string
	for i, name := range []string{"round trip and loss", "throughput", "routers on the path"} {
		if u&(1<<i) != 0 {
			missing = append(missing, name)
		}
	}
	return strings.Join(missing, ", ")
}

var measureNames = names[Measure]{
	"unknown", "largest-paint", "round-trip", "loss-ratio", "throughput", "first-item", "data-age", "oldest-age",
	"live-share", "radar-share", "path-change", "body-digest", "not-measured",
}

// String returns the measure's name as pages and the API print it.
func (m Measure) String() string { return measureNames.of(m) }

// MarshalText implements encoding.TextMarshaler.
func (m Measure) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Measure) UnmarshalText(b []byte) (err error) {
	*m, err = measureNames.parse("measure", b)
	return
}

// Measurement is one measure's value, in the measure's unit.
type Measurement struct {
	Measure Measure `json:"measure"`
	Value   int64   `json:"value"`
}
