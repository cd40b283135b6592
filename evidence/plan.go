package evidence

import (
	"crypto/sha256"

	"portolan"
)

// Bounds of a plan.
const (
	maxPlanSeries = 10_000
	maxPlanSteps  = 100_000
	maxCron       = 256
	maxZone       = 64
)

// AppendPlan appends the plan's bytes, those that its hash covers.
func AppendPlan(b []byte, p *portolan.Plan) []byte {
	b = appendString(b, 1, p.Port)
	for i := range p.Series {
		b = appendMessage(b, 2, appendSeries(nil, &p.Series[i]))
	}
	return appendString(b, 3, p.Class)
}

// HashPlan returns the hash that batches name the plan by.
func HashPlan(p *portolan.Plan) PlanHash { return sha256.Sum256(AppendPlan(nil, p)) }

// ReadPlan returns the plan that AppendPlan wrote.
func ReadPlan(b []byte) (*portolan.Plan, error) {
	p := &portolan.Plan{}
	steps := 0
	m := message{what: "plan", rest: b}
	for m.next() {
		switch m.num {
		case 1:
			p.Port = portolan.PortCode(m.bytes())
		case 2:
			s, err := readSeries(m.bytes())
			m.set(err)
			p.Series = append(p.Series, s)
			steps += len(s.Steps)
			m.set(planLimit(len(p.Series), steps))
		case 3:
			p.Class = portolan.WorkstationClass(m.bytes())
		}
	}
	m.set(validatePlace(p))
	if m.err != nil {
		return nil, m.err
	}
	return p, nil
}

func appendSeries(b []byte, s *portolan.PlannedSeries) []byte {
	b = appendString(b, 1, s.System)
	b = appendString(b, 2, s.Transaction)
	b = appendString(b, 3, s.Revision[:])
	b = appendUint(b, 4, uint64(s.Share))
	b = appendUint(b, 5, micros(s.Interval))
	b = appendString(b, 6, s.Cron)
	b = appendString(b, 7, s.Zone)
	b = appendUint(b, 8, micros(s.Latency))
	b = appendUint(b, 9, micros(s.Timeout))
	for _, step := range s.Steps {
		b = appendMessage(b, 10, appendString(appendString(nil, 1, step.Step), 2, step.Dependency))
	}
	return b
}

func readSeries(b []byte) (portolan.PlannedSeries, error) {
	var s portolan.PlannedSeries
	m := message{what: "series", rest: b}
	for m.next() {
		switch m.num {
		case 1:
			s.System = portolan.SystemID(m.bytes())
		case 2:
			s.Transaction = portolan.TransactionID(m.bytes())
		case 3:
			m.fixed(s.Revision[:])
		case 4:
			s.Share = uint32(m.upTo(1<<32 - 1))
		case 5:
			s.Interval = duration(m.upTo(uint64(maxMicros)))
		case 6:
			s.Cron = string(m.bytes())
		case 7:
			s.Zone = string(m.bytes())
		case 8:
			s.Latency = duration(m.upTo(uint64(maxMicros)))
		case 9:
			s.Timeout = duration(m.upTo(uint64(maxMicros)))
		case 10:
			step := readPlannedStep(&m)
			s.Steps = append(s.Steps, step)
		}
	}
	m.set(validatePlannedSeries(&s))
	return s, m.err
}

func readPlannedStep(series *message) (s portolan.PlannedStep) {
	m := message{what: "planned step", rest: series.bytes()}
	for m.next() {
		switch m.num {
		case 1:
			s.Step = portolan.StepID(m.bytes())
		case 2:
			s.Dependency = portolan.SystemID(m.bytes())
		}
	}
	series.set(m.err)
	return s
}

func validatePlan(p *portolan.Plan) error {
	if err := validatePlace(p); err != nil {
		return err
	}
	steps := 0
	for i := range p.Series {
		steps += len(p.Series[i].Steps)
		if err := validatePlannedSeries(&p.Series[i]); err != nil {
			return err
		}
	}
	return planLimit(len(p.Series), steps)
}

func validatePlannedSeries(s *portolan.PlannedSeries) error {
	if err := validateSeries(s.System, s.Transaction); err != nil {
		return err
	}
	switch {
	case s.Interval < 0 || s.Latency < 0 || s.Timeout < 0:
		return malformed("series", "negative duration")
	case len(s.Cron) > maxCron || len(s.Zone) > maxZone:
		return malformed("series", "cron expression or zone is too long")
	case len(s.Steps) > maxSteps:
		return &LimitError{What: "steps in a series", Limit: maxSteps}
	}
	for _, step := range s.Steps {
		if err := validatePlannedStep(step); err != nil {
			return err
		}
	}
	return nil
}

// validatePlace checks where the plan's workstation stands.
func validatePlace(p *portolan.Plan) error {
	if _, err := portolan.ParsePortCode(string(p.Port)); err != nil {
		return malformed("plan", "%v", err)
	}
	if p.Class == "" {
		return nil
	}
	if _, err := portolan.ParseWorkstationClass(string(p.Class)); err != nil {
		return malformed("plan", "%v", err)
	}
	return nil
}

func planLimit(series, steps int) error {
	switch {
	case series > maxPlanSeries:
		return &LimitError{What: "series in a plan", Limit: maxPlanSeries}
	case steps > maxPlanSteps:
		return &LimitError{What: "steps in a plan", Limit: maxPlanSteps}
	default:
		return nil
	}
}

func validatePlannedStep(s portolan.PlannedStep) error {
	if _, err := portolan.ParseStepID(string(s.Step)); err != nil {
		return malformed("step", "%v", err)
	}
	if s.Dependency == "" {
		return nil
	}
	if _, err := portolan.ParseSystemID(string(s.Dependency)); err != nil {
		return malformed("step", "dependency: %v", err)
	}
	return nil
}
