package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"portolan"
	"portolan/internal/strictyaml"
)

// Reported is what an office reported, by system.
type Reported map[portolan.SystemID]float64

// How large a file of reported figures may be.
const (
	maxReported = 1 << 20
	ratioForm   = "want a ratio such as 0.995, or a percentage such as 99.5%"
)

// ParseReported reads what an office reported: lines "system,ratio", the ratio from 0 to 1 or in percent with its sign. A
// first line "system,ratio" is a head. known are the systems that may be named. The error is of type strictyaml.Faults, and
// tells every fault.
func ParseReported(file string, data []byte, known []portolan.SystemID) (Reported, error) {
	if len(data) > maxReported {
		return nil, strictyaml.Faults{{File: file, Line: 1, Column: 1, Problem: fmt.Sprintf("%d bytes", len(data)), Allowed: "want at most 1 MiB"}}
	}
	p := reportedParser{file: file, known: known, found: Reported{}}
	lines := csv.NewReader(bytes.NewReader(data))
	lines.FieldsPerRecord, lines.Comment, lines.TrimLeadingSpace = -1, '#', true
	for first := true; ; first = false {
		fields, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if syntax, bad := errors.AsType[*csv.ParseError](err); bad {
			p.fault(syntax.Line, syntax.Column, syntax.Err.Error(), "want lines such as tpac,99.5%")
			break
		}
		if first && slices.Equal(fields, []string{"system", "ratio"}) {
			continue
		}
		p.line(lines, fields)
	}
	if len(p.found) == 0 && len(p.faults) == 0 {
		p.fault(1, 1, "no figure", "want lines such as tpac,99.5%")
	}
	return p.found, p.faults.Sort().Err()
}

type reportedParser struct {
	file   string
	known  []portolan.SystemID
	found  Reported
	faults strictyaml.Faults
}

// fault notes a mistake; a line and column of 0 are those of nothing.
func (p *reportedParser) fault(line, column int, problem, allowed string) {
	p.faults = append(p.faults, strictyaml.Fault{File: p.file, Line: max(1, line), Column: max(1, column), Problem: problem, Allowed: allowed})
}

func (p *reportedParser) line(lines *csv.Reader, fields []string) {
	line, column := lines.FieldPos(0)
	if len(fields) != 2 {
		p.fault(line, column, fmt.Sprintf("%d values", len(fields)), "want two, a system and a ratio, such as tpac,99.5%")
		return
	}
	id := portolan.SystemID(strings.TrimSpace(fields[0]))
	_, twice := p.found[id]
	switch {
	case !slices.Contains(p.known, id):
		p.fault(line, column, fmt.Sprintf("system %.60q is not in the report", id), strictyaml.Suggest(string(id), texts(p.known)))
	case twice:
		p.fault(line, column, fmt.Sprintf("system %q stands here a second time", id), "want each once")
	}
	ratio, ok := parseRatio(strings.TrimSpace(fields[1]))
	if !ok {
		line, column := lines.FieldPos(1)
		p.fault(line, column, fmt.Sprintf("%.60q is no ratio", fields[1]), ratioForm)
		return
	}
	p.found[id] = ratio
}

// parseRatio reads "0.995" or "99.5%"; 100 without its sign is refused rather than guessed at.
func parseRatio(text string) (float64, bool) {
	digits, inPercent := strings.CutSuffix(text, "%")
	r, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	if inPercent {
		r /= 100
	}
	return r, err == nil && !math.IsNaN(r) && r >= 0 && r <= 1
}

func texts(ids []portolan.SystemID) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return all
}

// IDs returns the systems of the report.
func (m *Month) IDs() []portolan.SystemID {
	ids := make([]portolan.SystemID, len(m.Systems))
	for i := range m.Systems {
		ids[i] = m.Systems[i].ID
	}
	return ids
}

// Report puts what an office reported beside what users had.
func (m *Month) Report(by Reported) {
	for i := range m.Systems {
		if ratio, told := by[m.Systems[i].ID]; told {
			m.Systems[i].Reported = &ratio
		}
	}
}

// reported says whether any system has a reported figure.
func (m *Month) reported() bool {
	return slices.ContainsFunc(m.Systems, func(s System) bool { return s.Reported != nil })
}
