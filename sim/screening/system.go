// Package screening is the simulated screening systems: what they serve, how long they take, whom they ask.
//
// A System is a value: its routes, one for each step of its users' work, and the systems that it depends
// on. One file describes one system; All lists them. A Server serves one system over HTTP and at its doors, takes
// time for it as the original would, asks other systems over the network, and lets the faults in force act
// at the step where they belong. Nothing is recorded anywhere, and no real person is known to any of it.
package screening

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/coder/websocket"

	"portolan"
)

// System is one simulated screening system.
type System struct {
	ID    portolan.SystemID
	Title string
	// Uses lists the systems that its routes ask.
	Uses   []portolan.SystemID
	Routes []Route
	// Via names, by the endpoint's name, the systems at whose addresses this one's users reach it: NCIC
	// through the TECS platform. The empty name is the main endpoint.
	Via map[string]portolan.SystemID
	// Ages says that it has data that grow old when they are not renewed.
	Ages bool
	// Held returns how many entries made as a test the system holds; nil for one that takes none.
	Held func(now time.Time) int
	// Doors are ways in that do not speak HTTP, each at an address of its own.
	Doors []Door
	// Folder is what the system keeps on each workstation; nil for nothing.
	Folder *Folder
}

// Route is one way to use a system.
type Route struct {
	// Step is the step that this route is for, where faults name one. Several routes may share a step.
	Step portolan.StepID
	// Pattern is the method and path as http.ServeMux takes them.
	Pattern string
	// Median is the usual time that the system itself takes, without those that it asks.
	Median time.Duration
	// Serve answers a call. An error that is not a *Refusal is answered 500.
	Serve func(*Call) (Answer, error)
	// Wrong makes a right answer well-formed and false.
	Wrong func(Answer) Answer
}

// Door is a way into a system over plain TCP.
type Door struct {
	// Name is that of the endpoint in definitions: ${endpoint.NAME}.
	Name string
	// Steps lists the steps that conversations at this door pass, where faults name one.
	Steps []portolan.StepID
	// Serve holds one conversation, and returns when it is over; the connection is closed then.
	Serve func(*Visit)
}

// Answer is what a system answers: a status and a body that is sent as JSON, as HTML if it is a page, or as it is if it is text.
// A nil body sends none.
type Answer struct {
	Status int
	Body   any
}

// Text is a body that is sent as it is.
type Text struct {
	Type    string // media type
	Content string
}

// Conversation is a body that goes on over a WebSocket until it returns.
type Conversation func(ctx context.Context, conn *websocket.Conn)

// Settings is what the systems need to know when they are built.
type Settings struct {
	// SessionFor is how long a session lasts after its last use; zero: 15 minutes.
	SessionFor time.Duration
	// Sessions is how many may be open in one system at once; zero: 4096.
	Sessions int
	// ShelfFor is how long an entry made as a test is held if nobody withdraws it; zero: 15 minutes.
	ShelfFor time.Duration
	// Shelf is how many such entries one system holds at once; zero: 4096.
	Shelf int
}

// Steps lists the steps that the system serves, each once, in the order of its routes and doors.
func (s System) Steps() []portolan.StepID {
	var steps []portolan.StepID
	for _, r := range s.Routes {
		steps = append(steps, r.Step)
	}
	for _, d := range s.Doors {
		steps = append(steps, d.Steps...)
	}
	if s.Folder != nil {
		steps = append(steps, s.Folder.Steps...)
	}
	seen := map[portolan.StepID]bool{}
	return slices.DeleteFunc(steps, func(step portolan.StepID) bool {
		twice := seen[step]
		seen[step] = true
		return twice
	})
}

// Needs lists the systems without which this one is not whole: those that it asks, then those by which it is
// reached, each once.
func (s System) Needs() []portolan.SystemID {
	needs := slices.Clone(s.Uses)
	for _, name := range slices.Sorted(maps.Keys(s.Via)) {
		if through := s.Via[name]; !slices.Contains(needs, through) {
			needs = append(needs, through)
		}
	}
	return needs
}

// All returns every system that can be simulated, users' systems first. A new system is one file and a
// line here.
func All(settings Settings) []System {
	return slices.Concat(e3(settings), []System{
		tpac(settings),
		automatedPassportControl(settings),
		globalEntry(settings),
		vehicleFace(settings),
		tecsPortal(settings),
		tecsLegacy(),
		pals(),
		atsQQ(settings),
		mobilePrimary(settings),
		eid(settings),
		justiceUpload(settings),
		ncic(settings),
		tecsPlatform(settings),
		apis(),
		ident(),
		amoss(),
		onenet(),
		rtic(),
		tars(),
	})
}
