package browser

import (
	"time"

	"portolan"
)

// Order is what the agent tells portolan-browser: one line of JSON on its standard input, which it answers by
// one line on its standard output before it reads the next. One part is set.
type Order struct {
	Start   *Start   `json:"start,omitempty"`
	Step    *Task    `json:"step,omitempty"`
	Picture *Picture `json:"picture,omitempty"`
}

// Start starts the browser. It is the first order, and comes once: each run is a new user.
type Start struct {
	// Browser is the path of a Chromium or Edge; empty for one that is installed.
	Browser string `json:"browser,omitempty"`
	// Profile is the folder that holds what the browser writes. It is removed at the end.
	Profile string `json:"profile"`
	// Proxy is the URL of the proxy that pages are fetched through; empty for none.
	Proxy string `json:"proxy,omitempty"`
}

// Task is what a user does in one step, and what is looked at afterwards.
type Task struct {
	Acts []Act `json:"acts"`
	// Look lists the selectors whose elements the answer tells of.
	Look []string `json:"look,omitempty"`
	// Within is how long the step may take, in nanoseconds.
	Within time.Duration `json:"within"`
}

// Act is one thing that a user does.
type Act struct {
	Verb Verb `json:"verb"`
	// On is an address for Open, else a CSS selector.
	On string `json:"on"`
	// Text is what is typed, chosen or waited for.
	Text string `json:"text,omitempty"`
	// Secret says that no picture may show the text, wherever the page repeats it.
	Secret bool `json:"secret,omitempty"`
}

// Verb is what a user does.
type Verb string

// The verbs.
const (
	Open   Verb = "open"   // an address, until its document is there
	Fill   Verb = "fill"   // text into a field, in place of what it holds
	Choose Verb = "choose" // an option of a list, by its value or its label
	Click  Verb = "click"  // an element that is there, enabled and not covered; then until the document is there that it leads to
	Wait   Verb = "wait"   // until an element is shown, and holds the text if there is one
	Gone   Verb = "gone"   // until no such element is shown
)

// Picture asks for a picture of the page in which what may tell of a person is blanked.
type Picture struct {
	// Mask lists the selectors of what is blanked besides fields, frames and moving pictures.
	Mask []string `json:"mask,omitempty"`
	// Within is how long it may take, in nanoseconds.
	Within time.Duration `json:"within"`
}

// Answer is what portolan-browser answers to an order. Error, or the order's own part, is set.
type Answer struct {
	// Error says why the order could not be carried out: the workstation is to blame, not the system.
	Error string `json:"error,omitempty"`
	// Ready is the browser's name and version, once it has started.
	Ready string `json:"ready,omitempty"`
	Step  *Seen  `json:"step,omitempty"`
	// Picture is a PNG.
	Picture []byte `json:"picture,omitempty"`
}

// Seen is what came of a task.
type Seen struct {
	// Took is how long each act took that was begun, in nanoseconds.
	Took []time.Duration `json:"took,omitempty"`
	// Phases are those of the documents that were loaded or, where none was, of the longest of the page's own
	// requests; in nanoseconds.
	Phases map[portolan.Phase]time.Duration `json:"phases,omitempty"`
	// Bytes is what came over the network.
	Bytes int64 `json:"bytes,omitempty"`
	// LargestPaint is the largest contentful paint of the last document that was loaded, from its navigation, in
	// nanoseconds; nil for none.
	LargestPaint *time.Duration `json:"largest_paint,omitempty"`
	URL          string         `json:"url,omitempty"`
	Title        string         `json:"title,omitempty"`
	// Found tells of the elements that were looked for, by their selectors.
	Found map[string]Element `json:"found,omitempty"`
	// Failure is nil if every act came to its end.
	Failure *Trouble `json:"failure,omitempty"`
}

// Element is what a selector finds.
type Element struct {
	Count int `json:"count"`
	// Shown says whether the first of them can be seen.
	Shown bool `json:"shown,omitempty"`
	// Text and Value are those of the first.
	Text  string `json:"text,omitempty"`
	Value string `json:"value,omitempty"`
}

// Trouble says how a task went wrong.
type Trouble struct {
	Phase   portolan.Phase     `json:"phase"`
	Kind    portolan.ErrorKind `json:"kind"`
	Message string             `json:"message"`
}

// Bounds of what is sent. A line that is longer ends the browser.
const (
	// MaxOrder is the most bytes of an order.
	MaxOrder = 1 << 20
	// MaxAnswer is the most bytes of an answer.
	MaxAnswer = 8 << 20
	// MaxPicture is the most bytes of a picture.
	MaxPicture = 4 << 20
	// MaxText is the most bytes of an element's text or value: what is longer is cut.
	MaxText = 16 << 10
)
