package targets

import (
	"fmt"
	"regexp"
	"strings"
)

// Lines of machine-readable zones (ICAO Doc 9303); the first group is a state.
var (
	zoneNameLine = regexp.MustCompile(`\b[PIACV][A-Z0-9<]([A-Z]{3}|[A-Z]{1,2}<{1,2})[A-Z0-9<]{25,39}`)
	zoneDataLine = regexp.MustCompile(`[A-Z0-9<]{9}[0-9]([A-Z]{3}|[A-Z]{1,2}<{1,2})[0-9<]{6}[0-9][MF<][0-9]{6}[0-9][A-Z0-9<]{8,16}`)
	zoneCardLine = regexp.MustCompile(`[0-9<]{6}[0-9][MF<][0-9]{6}[0-9]([A-Z]{3}|[A-Z]{1,2}<{1,2})[A-Z0-9<]{11}[0-9]`)
)

// checkDocuments refuses documents that a definition spells out, of any state but the specimen one.
func (c *checker) checkDocuments() {
	for path, text := range c.doc.Texts() {
		for _, state := range statesIn(text) {
			if state != SpecimenState {
				c.doc.Report(path, fmt.Sprintf("a travel document of %q", state), "want UTO: travelers are specimens only")
			}
		}
	}
}

// statesIn returns the states that machine-readable zones in the text name.
func statesIn(text string) []string {
	var states []string
	for _, form := range []*regexp.Regexp{zoneNameLine, zoneDataLine, zoneCardLine} {
		for _, m := range form.FindAllStringSubmatch(text, -1) {
			if form != zoneNameLine || strings.Contains(m[0], "<<") {
				states = append(states, strings.TrimRight(m[1], "<"))
			}
		}
	}
	return states
}
