package screening

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"portolan"
)

// pals is the last backup: a laptop with an extract of TECS, and the file server from which that is renewed.
func pals() System {
	return System{
		ID:    "pals",
		Title: "Portable Automated Lookout System",
		Ages:  true,
		Routes: []Route{
			{"newest-extract", "GET /pals/v1/extracts/newest", 60 * time.Millisecond, newestExtract,
				falsify(func(e *extractAnswer) { e.Made = e.Made.AddDate(-1, 0, 0) })},
			{"download", "GET /pals/v1/extracts/{day}", 250 * time.Millisecond, downloadExtract,
				falsify(func(t *Text) { t.Content = "" })},
		},
		Folder: &Folder{Name: "laptop", Steps: []portolan.StepID{"extract", "start-up", "look-up"}, Files: laptop},
	}
}

// How old extracts are: of the file server and the laptop as they should be, and where nothing was renewed.
const (
	extractEvery = 10 * 24 * time.Hour
	extractOld   = 50 * 24 * time.Hour // beyond the 42 days that it may be used
)

// extractText is an extract: a line that says what follows, then synthetic records, one of which tests look up.
func extractText(made time.Time) string {
	const others = 199
	var b strings.Builder
	fmt.Fprintf(&b, "PALS-EXTRACT made=%s rows=%d\n", made.UTC().Format(time.RFC3339), others+1)
	for i := range others {
		fmt.Fprintf(&b, "SYN%09d|SPECIMEN|NUMBER %d|REFER\n", i, i)
	}
	fmt.Fprintf(&b, "%s|%s|SYNTHETIC|REFER\n", lookoutRecord, wantedSurname)
	return b.String()
}

type extractAnswer struct {
	Day    string    `json:"day"`
	Made   time.Time `json:"made"`
	SHA256 string    `json:"sha256"`
	Bytes  int       `json:"bytes"`
}

func newestExtract(c *Call) (Answer, error) {
	made := extractMade(c.Now, c.stale)
	text := extractText(made)
	return Answer{http.StatusOK, extractAnswer{made.Format(time.DateOnly), made, fmt.Sprintf("%x", sha256.Sum256([]byte(text))), len(text)}}, nil
}

// extractMade is when the newest extract was made: the midnight of a day some time ago.
func extractMade(now time.Time, stale bool) time.Time {
	ago := extractEvery
	if stale {
		ago = extractOld
	}
	return now.UTC().Add(-ago).Truncate(24 * time.Hour)
}

func downloadExtract(c *Call) (Answer, error) {
	made, err := time.Parse(time.DateOnly, c.Request.PathValue("day"))
	if err != nil {
		return Answer{}, refuse(http.StatusNotFound, "no_extract", "want an extract by its day")
	}
	return Answer{http.StatusOK, Text{"text/plain; charset=utf-8", extractText(made)}}, nil
}

// laptop returns the laptop's files: the extract, its checksum, and the program that looks things up in it.
func laptop(now time.Time, scale float64, at func(portolan.StepID) Suffered) map[string]string {
	extract := at("extract")
	text := extractText(extractMade(now, extract.Stale))
	sum := fmt.Sprintf("%x  extract.txt\n", sha256.Sum256([]byte(text)))
	if extract.Wrong {
		text = strings.Replace(text, wantedSurname, "OTHER", 1)
	}
	files := map[string]string{"extract.txt": text, "extract.txt.sha256": sum, "pals": laptopProgram(scale, at)}
	if extract.Failed {
		delete(files, "extract.txt")
	}
	return files
}

// laptopProgram is a script that behaves like the program on the laptop.
func laptopProgram(scale float64, at func(portolan.StepID) Suffered) string {
	seconds := func(median time.Duration, step portolan.StepID) float64 {
		return median.Seconds() * scale * at(step).Factor
	}
	return fmt.Sprintf(`#!/bin/sh
# Simulated PALS: 'pals start' says that it has started, 'pals look-up RECORD' what the extract holds.
cd "$(dirname "$0")" || exit 1
case $1 in
start)
	sleep %.3f
	%s
	echo "PALS READY" ;;
look-up)
	sleep %.3f
	%s
	line=$(grep "^$2|" extract.txt) || { echo "NO RECORD"; exit 0; }
	echo "$line" | tr '|' ' ' ;;
esac
`, seconds(800*time.Millisecond, "start-up"), laptopTrouble(at("start-up")), seconds(100*time.Millisecond, "look-up"), laptopTrouble(at("look-up")))
}

// laptopTrouble is what a step of the program does instead of its work.
func laptopTrouble(s Suffered) string {
	switch {
	case s.Hang:
		return "exec sleep 600"
	case s.Failed:
		return `echo "PALS ERROR"; exit 1`
	case s.Wrong:
		return `echo "PALS 0 RECORDS"; exit 0`
	default:
		return ":"
	}
}
