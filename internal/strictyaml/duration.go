package strictyaml

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const durationForm = "a duration such as 1m30s, 8h or 30d"

// daysFirst is a duration that begins with days; the rest is Go's to read.
var daysFirst = regexp.MustCompile(`^([+-]?)(\d{1,6})d(.*)$`)

// ParseDuration reads a duration as Go spells it, and also with days of 24 hours in front: "30d", "1d12h".
func ParseDuration(text string) (time.Duration, error) {
	m := daysFirst.FindStringSubmatch(text)
	if m == nil {
		return parseGoDuration(text, text)
	}
	count, err := strconv.Atoi(m[2])
	if err != nil {
		return 0, fmt.Errorf("%.40q: want %s", text, durationForm)
	}
	days := time.Duration(count) * 24 * time.Hour
	if days/(24*time.Hour) != time.Duration(count) {
		return 0, fmt.Errorf("%.40q: want a duration of less than 292 years", text)
	}
	var rest time.Duration
	if m[3] != "" {
		if rest, err = parseGoDuration(m[3], text); err != nil {
			return 0, err
		}
	}
	switch sum := days + rest; {
	case strings.HasPrefix(m[3], "+") || strings.HasPrefix(m[3], "-"):
		return 0, fmt.Errorf("%.40q: want %s", text, durationForm)
	case sum < days:
		return 0, fmt.Errorf("%.40q: want a duration of less than 292 years", text)
	case m[1] == "-":
		return -sum, nil
	default:
		return sum, nil
	}
}

func parseGoDuration(text, whole string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%.40q: want %s", whole, durationForm)
	}
	return d, nil
}

// FormatDuration spells a duration as people write it: "30d", "1m", not "720h0m0s".
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	text := d.String()
	for _, tail := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, tail) {
			text = text[:len(text)-2]
		}
	}
	return text
}
