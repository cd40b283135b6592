package ports

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"portolan"
)

// Write writes a list as Load reads it, below comments of a line each.
func Write(to io.Writer, list []portolan.Port, comments []string) error {
	w := bufio.NewWriter(to)
	for _, line := range comments {
		fmt.Fprintf(w, "# %s\n", strings.Join(strings.Split(line, "\n"), " "))
	}
	w.WriteString("ports:\n")
	if len(list) == 0 {
		w.WriteString("  []\n")
	}
	for i := range list {
		p := &list[i]
		fmt.Fprintf(w, "  - code: %q\n    name: %q\n    kind: %s\n    office: %q\n    zone: %s\n", string(p.Code), p.Name, p.Kind, p.Office, p.Zone)
		if p.Volumes != nil {
			writeVolumes(w, p.Volumes)
		}
	}
	return w.Flush()
}

func writeVolumes(w io.Writer, v *portolan.Volumes) {
	fmt.Fprintln(w, "    volumes:")
	for day := range v {
		hours := strings.Join(strings.Fields(strings.Trim(fmt.Sprint(v[day]), "[]")), ", ")
		fmt.Fprintf(w, "      %-10s [%s]\n", strings.ToLower(time.Weekday(day).String())+":", hours)
	}
}
