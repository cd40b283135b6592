package screening

import (
	"time"

	"portolan"
)

// Folder is what a system keeps on each workstation itself: no network leads there.
type Folder struct {
	// Name is that of the endpoint in definitions, which is the folder: ${endpoint.NAME}.
	Name string
	// Steps lists the steps that use the folder, where faults name one.
	Steps []portolan.StepID
	// Files returns the folder's files by name, as what each step suffers makes them; a file may be a program.
	// Scale multiplies how long programs take.
	Files func(now time.Time, scale float64, at func(portolan.StepID) Suffered) map[string]string
}

// Suffered is what a step suffers that no server serves.
type Suffered struct {
	Hang, Failed, Wrong, Stale bool
	Factor                     float64 // how many times longer it takes, 1 or more
}
