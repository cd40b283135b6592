package interchange_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"portolan/internal/interchange"
)

// paxlst is a passenger list of one synthetic passenger, made by hand after CBP's implementation guide. Its line
// breaks are for people.
const paxlst = `UNA:+.? '
UNB+UNOA:4+SYNMON+USCBPTEST+261122:1200+SYN000000001++APIS++++1'
UNG+PAXLST+SYNMON+USCBPTEST+261122:1200+1+UN+D:05B'
UNH+1+PAXLST:D:05B:UN:IATA'
BGM+745'
RFF+TN:SYN0000000001'
NAD+MS+++SYNTHETIC MONITOR DESK'
COM+555 0100:TE+555 0101:FX'
TDT+20+ZZ9999+++ZZ'
LOC+125+LHR'
DTM+189:2611221230:201'
LOC+87+MIA'
DTM+232:2611222130:201'
NAD+FL+++SYNTHETIC:PROBE:ALPHA'
ATT+2++F'
DTM+329:800101'
LOC+22+MIA'
LOC+178+LHR'
LOC+179+MIA'
LOC+174+UTO'
NAT+2+UTO'
RFF+AVF:SYN001'
RFF+ABO:SYN00000000000001'
DOC+P:110:111+SYN000001'
DTM+36:350101'
LOC+91+UTO'
CNT+42:1'
UNT+25+1'
UNE+1+1'
UNZ+1+SYN000000001'
`

func TestParse_PassengerList(t *testing.T) {
	t.Parallel()
	got, err := interchange.Parse([]byte(paxlst))
	if err != nil {
		t.Fatal(err)
	}
	messages := got.Messages()
	if len(messages) != 1 || len(messages[0].Segments) != 23 {
		t.Fatalf("got %+v", messages)
	}
	segments := messages[0].Segments
	got.Groups[0].Messages[0].Segments = nil
	want := &interchange.Interchange{
		Sender: "SYNMON", Recipient: "USCBPTEST", Prepared: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		Control: "SYN000000001", Application: "APIS", Test: true,
		Groups: []interchange.Group{{Reference: "1", Messages: []interchange.Message{
			{Reference: "1", Kind: interchange.Kind{Type: "PAXLST", Version: "D", Release: "05B", Agency: "UN", Association: "IATA"}},
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if s := segments[1]; !s.Is("RFF", "TN") || s.Qualified() != "SYN0000000001" {
		t.Errorf("got %v", s)
	}
	if s := segments[7]; !s.Is("LOC", "87") || s.Qualified() != "MIA" || s.Part(7, 0) != "" || s.Part(0, 3) != "" {
		t.Errorf("got %v", s)
	}
	if s := segments[10]; s.Part(1, 0) != "" || s.Part(2, 0) != "F" {
		t.Errorf("got %v", s)
	}
}

// What Parse makes of what Bytes wrote is tested in fuzz_test.go; this holds the form itself.
func TestInterchange_BytesAreTheForm(t *testing.T) {
	t.Parallel()
	i, err := interchange.Parse([]byte(paxlst))
	if err != nil {
		t.Fatal(err)
	}
	got, err := i.Bytes()
	if want := strings.ReplaceAll(paxlst, "\n", ""); err != nil || string(got) != want {
		t.Errorf("got %v\n%s\nwant\n%s", err, got, want)
	}
}

func TestParse_OtherCharacters(t *testing.T) {
	t.Parallel()
	got, err := interchange.Parse([]byte("UNA|*.! ~UNB*UNOA|1*A?*B+*20261122|1200*1~UNH*1*X~FTX*a!*b!!c!|d!~'*|e~UNT*3*1~UNZ*1*1~"))
	if err != nil {
		t.Fatal(err)
	}
	want := []interchange.Segment{interchange.Of("FTX", interchange.E("a*b!c|d~'"), interchange.E("", "e"))}
	if diff := cmp.Diff(want, got.Messages()[0].Segments); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got.Sender != "A?" || got.Recipient != "B+" || got.Prepared.Year() != 2026 {
		t.Errorf("got %+v", got)
	}
}

func TestParse_Faults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, new, want string }{
		{"empty", paxlst, "", "segment 1: the end: want UNB"},
		{"advice-cut", paxlst, "UNA:+.", "the UNA breaks off"},
		{"advice-of-letters", "UNA:+.? '", "UNAA+.? '", "four different characters"},
		{"advice-twice-the-same", "UNA:+.? '", "UNA++.? '", "four different characters"},
		{"no-envelope", paxlst, "BGM+745'", "segment 1: BGM: want UNB"},
		{"tag", "BGM+745'", "bgm+745'", `segment 4: tag "bgm": want three capital letters`},
		{"tag-of-parts", "BGM+745'", "BGM:1+745'", `segment 4: tag "BGM:1"`},
		{"control-character", "BGM+745'", "BGM+7\t5'", "segment 4: control character 0x09"},
		{"released-control-character", "BGM+745'", "BGM+7?\x005'", "segment 4: control character 0x00"},
		{"cut", "UNZ+1+SYN000000001'\n", "UNZ+1+SYN000000001", "segment 29: it breaks off"},
		{"without-trailer", "UNZ+1+SYN000000001'\n", "", "segment 29: the end: want UNZ"},
		{"sender", "UNOA:4+SYNMON", "UNOA:4+", "want a sender"},
		{"long-control", "SYN000000001++", "SYN000000001234++", "at most 14"},
		{"time", "261122:1200+SYN", "261322:1200+SYN", "want a date and a time"},
		{"segments-counted-wrong", "UNT+25+1", "UNT+24+1", "segment 27: UNT counts \"24\": there are 25"},
		{"segments-not-counted", "UNT+25+1", "UNT+many+1", `UNT counts "many"`},
		{"message-reference", "UNT+25+1", "UNT+25+2", `UNT ends "2": "1" is open`},
		{"messages-counted-wrong", "UNE+1+1", "UNE+2+1", "segment 28: UNE counts \"2\": there are 1"},
		{"groups-counted-wrong", "UNZ+1+S", "UNZ+2+S", "segment 29: UNZ counts \"2\": there are 1"},
		{"control-reference", "UNZ+1+SYN000000001", "UNZ+1+SYN000000002", "UNZ ends"},
		{"group-without-reference", "1200+1+UN", "1200++UN", "segment 2: UNG: want a reference"},
		{"group-left-open", "UNE+1+1'", "", "segment 28: UNZ: want UNE"},
		{"more", "SYN000000001'\n", "SYN000000001'\nBGM+1'", "segment 30: more after UNZ"},
		{"many-elements", "BGM+745'", "BGM" + strings.Repeat("+", 101) + "'", "more than 100 elements"},
		{"many-components", "BGM+745'", "BGM+" + strings.Repeat(":", 101) + "'", "more than 100 elements"},
		{"many-segments", "BGM+745'", strings.Repeat("BGM+745'", 10_000), "more than 10000 segments"},
		{"many-bytes", "BGM+745'", "BGM+" + strings.Repeat("x", 256<<10) + "'", "want at most 262144"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := interchange.Parse([]byte(strings.Replace(paxlst, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v %v, want an error with %q", got, err, c.want)
			}
		})
	}
}

func TestInterchange_BytesRefusesWhatTheSyntaxCannotCarry(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		spoil      func(*interchange.Interchange)
	}{
		{"no-sender", "want a sender", func(i *interchange.Interchange) { i.Sender = "" }},
		{"long-control", "at most 14", func(i *interchange.Interchange) { i.Control = "SYN000000001234" }},
		{"no-message", "it has no message", func(i *interchange.Interchange) { i.Groups = nil }},
		{"empty-group", `group "2" has no message`, func(i *interchange.Interchange) {
			i.Groups = append(i.Groups, interchange.Group{Reference: "2"})
		}},
		{"mixed", "messages in groups, or all in none", func(i *interchange.Interchange) {
			i.Groups = append(i.Groups, interchange.Group{Messages: i.Groups[0].Messages})
		}},
		{"tag", `tag "X": want`, func(i *interchange.Interchange) { i.Groups[0].Messages[0].Segments[0].Tag = "X" }},
		{"envelope", "of the envelope", func(i *interchange.Interchange) { i.Groups[0].Messages[0].Segments[0].Tag = "UNZ" }},
		{"control-character", "BGM: control character", func(i *interchange.Interchange) {
			i.Groups[0].Messages[0].Segments[0].Elements[0] = interchange.E("a\nb")
		}},
		{"too-large", "want at most 262144", func(i *interchange.Interchange) {
			i.Groups[0].Messages[0].Segments[0].Elements[0] = interchange.E(strings.Repeat("x", 256<<10))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			i, err := interchange.Parse([]byte(paxlst))
			if err != nil {
				t.Fatal(err)
			}
			c.spoil(i)
			if got, err := i.Bytes(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %s %v, want an error with %q", got, err, c.want)
			}
		})
	}
}
