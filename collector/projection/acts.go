package projection

import (
	"encoding/json"
	"time"

	"portolan"
	"portolan/evidence"
)

// Acknowledgement says that a person took an incident on.
type Acknowledgement struct {
	Number   uint64    `json:"number"` // the journal entry's
	Made     time.Time `json:"made"`
	Incident uint64    `json:"incident"`
	By       string    `json:"by"`
}

// Signal is what an officer reported: that a system is slow or down. It holds nothing about a person.
type Signal struct {
	Number uint64            `json:"number"`
	Made   time.Time         `json:"made"`
	Port   portolan.PortCode `json:"port"`
	System portolan.SystemID `json:"system"`
	State  portolan.State    `json:"state"`
	Note   string            `json:"note,omitempty"`
}

// Mitigation says that a port began a backup procedure, or ended it, and who decided.
type Mitigation struct {
	Number uint64            `json:"number"`
	Made   time.Time         `json:"made"`
	At     time.Time         `json:"at"` // when it began or ended
	Port   portolan.PortCode `json:"port"`
	// Mode is the system that is used instead, or "primary" when the port went back to it.
	Mode string `json:"mode"`
	// WithoutBiometrics says that it was approved to stop taking biometrics: a decision of its own.
	WithoutBiometrics bool   `json:"without_biometrics,omitempty"`
	By                string `json:"by"`
	Reason            string `json:"reason,omitempty"`
}

// PrimaryMode is the mode of a port that works with its primary system.
const PrimaryMode = "primary"

// addAct takes in what a person did.
func (f *Facts) addAct(e *evidence.Entry) (err error) {
	switch e.Kind {
	case evidence.EntryAcknowledgement:
		var a Acknowledgement
		err = json.Unmarshal(e.Body, &a)
		a.Number, a.Made = e.Number, e.At.Time()
		f.Acknowledgements = append(f.Acknowledgements, a)
	case evidence.EntrySignal:
		var s Signal
		err = json.Unmarshal(e.Body, &s)
		s.Number, s.Made = e.Number, e.At.Time()
		f.Signals = append(f.Signals, s)
	default:
		var m Mitigation
		err = json.Unmarshal(e.Body, &m)
		m.Number, m.Made = e.Number, e.At.Time()
		f.Mitigations = append(f.Mitigations, m)
	}
	return err
}
