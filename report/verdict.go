package report

import (
	"fmt"
	"math"
	"strings"
)

// Verdict says whether a system met its objective, and how sure that is.
func (s *System) Verdict() string {
	u := &s.EndUser
	switch {
	case s.Objective == 0:
		return "no objective"
	case u.Ratio == nil:
		return "not measured"
	case *u.Ratio >= s.Objective && (u.Low == nil || *u.Low >= s.Objective):
		return "met"
	case *u.Ratio >= s.Objective:
		return "met, not for certain"
	case u.High != nil && *u.High >= s.Objective:
		return "missed, not for certain"
	default:
		return "missed"
	}
}

// missed reports whether the objective was not met.
func (s *System) missed() bool { return strings.HasPrefix(s.Verdict(), "missed") }

// headline tells the month in sentences.
func (m *Month) headline() []string {
	var met, missed int
	var worst *System
	for i := range m.Systems {
		s := &m.Systems[i]
		if s.Objective == 0 || s.EndUser.Ratio == nil {
			continue
		}
		if !s.missed() {
			met++
			continue
		}
		missed++
		if worst == nil || *s.EndUser.Ratio-s.Objective < *worst.EndUser.Ratio-worst.Objective {
			worst = s
		}
	}
	text := []string{fmt.Sprintf("%d of %s with an objective met it.", met, plural(met+missed, "system"))}
	if worst != nil {
		text = append(text, fmt.Sprintf("Farthest below was %s: users had it %s of the time, objective %s.",
			worst.Name, percent(worst.EndUser.Ratio), percent(&worst.Objective)))
	}
	issues := m.All.Issues
	text = append(text, fmt.Sprintf("%s began, %d went on from before; some incident was open for %s hours, %s hours with each counted.",
		plural(issues.Began, "incident"), issues.Carried, hours(issues.UnionSeconds), hours(issues.SumSeconds)))
	for i := range m.Effects {
		e := &m.Effects[i]
		if r := e.standsOut(); r != nil {
			text = append(text, fmt.Sprintf("After the change %q (%s, %s) %s stands out: %s.", e.Note.Text, e.Note.where(), m.at(e.Note.From), r.What(), m.stands(r)))
		}
	}
	if m.All.Coverage != nil {
		text = append(text, fmt.Sprintf("%s of the time in service was monitored.", percent(m.All.Coverage)))
	}
	return text
}

// Explain says in words what lies between a system's figures.
func (s *System) Explain() string {
	u, c := s.EndUser.Ratio, s.Conventional.Ratio
	if u == nil || c == nil {
		why := s.EndUser.Why
		if why == "" {
			why = "there is no figure"
		}
		return s.Name + ": " + why + "."
	}
	text := fmt.Sprintf("%s: users had it %s of the monitored time (%s). ", s.Name, percent(u), bounds(s.EndUser))
	if *c == *u {
		text += "Counted the conventional way it is the same."
	} else {
		text += fmt.Sprintf("Counted the conventional way it would be %s, because that leaves out %s.", percent(c), s.leftOut())
	}
	if s.Reported != nil {
		text += " " + s.explainReported(*s.Reported, *u, *c)
	}
	return text
}

// leftOut lists what the conventional figure leaves out.
func (s *System) leftOut() string {
	var parts []string
	for _, p := range s.parts() {
		if p.Share != nil && *p.Share > 0 {
			parts = append(parts, fmt.Sprintf("%s (%s points)", p.Name, points(p.Share)))
		}
	}
	return strings.Join(parts, ", ")
}

// part is one part of the difference.
type part struct {
	Name  string
	Share *float64
}

func (s *System) parts() []part {
	d := &s.Difference
	return []part{
		{"planned maintenance", d.Maintenance}, {"answers that were right but too late", d.Slow},
		{"failures in systems that it depends on", d.Dependency}, {"failures of networks", d.Network}, {"other", d.Other},
	}
}

// explainReported says how the office's own figure lies to what was measured.
func (s *System) explainReported(reported, user, conventional float64) string {
	text := fmt.Sprintf("The office reported %s", percent(&reported))
	apart := math.Abs(reported-user) * 100
	switch {
	case s.EndUser.Low != nil && s.EndUser.High != nil && *s.EndUser.Low <= reported && reported <= *s.EndUser.High:
		return text + ": within the bounds of what users had."
	case reported < user:
		return text + fmt.Sprintf(": %.2f points less than users had, beyond the bounds. It may count time or parts of the system that are not probed.", apart)
	}
	text += fmt.Sprintf(": %.2f points more than users had, beyond the bounds.", apart)
	switch rest := reported - conventional; {
	case math.Abs(rest) < 0.00005:
		return text + " The conventional way of counting explains all of it."
	case rest < 0:
		return text + fmt.Sprintf(" The conventional way of counting would explain more: it stands %.2f points higher still.", -rest*100)
	case conventional > user:
		return text + fmt.Sprintf(" The conventional way of counting explains %.2f of them; %.2f more lie above even that, which nothing measured here explains.",
			(conventional-user)*100, rest*100)
	default:
		return text + " Nothing measured here explains it: the conventional way of counting gives what users had."
	}
}
