package dashboard

import (
	"strings"
	"testing"
	"time"

	"portolan"
)

func TestSay_PutsSymptomsIntoPlainWords(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]Symptom{
		"IDENT did not answer: biometric-verification waited 30 s": {
			Symptom: portolan.Symptom{Step: "biometric-verification", Phase: portolan.PhaseWait, Kind: portolan.KindTimeout, Dependency: "ident"}, Took: 30 * time.Second,
		},
		"TPAC could not be reached: sign-on waited 10 s": {
			Symptom: portolan.Symptom{Step: "sign-on", Phase: portolan.PhaseConnect, Kind: portolan.KindTimeout}, Took: 10 * time.Second,
		},
		"TPAC was slow: the whole transaction took 9.1 s, objective 5 s": {
			Symptom: portolan.Symptom{Kind: portolan.KindLate, Phase: portolan.PhaseWait}, Took: 9100 * time.Millisecond, Limit: 5 * time.Second,
		},
		"TPAC refused the connection: sign-on": {Symptom: portolan.Symptom{Step: "sign-on", Kind: portolan.KindRefused}},
		"APIS gave a wrong answer: apis-match after 340 ms": {
			Symptom: portolan.Symptom{Step: "apis-match", Kind: portolan.KindAssertion, Dependency: "apis"}, Took: 340 * time.Millisecond,
		},
	} {
		if got := strings.ReplaceAll(Say("tpac", s), gap, " "); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestSay_KnowsEveryKindAndPhase(t *testing.T) {
	t.Parallel()
	for kind := portolan.KindNone; kind <= portolan.KindMonitor; kind++ {
		said := Say("tpac", Symptom{Symptom: portolan.Symptom{Kind: kind}})
		if strings.Contains(said, "("+kind.String()+")") || !strings.Contains(said, "TPAC") {
			t.Errorf("kind %s is said as %q", kind, said)
		}
	}
	for phase := portolan.PhaseNone; phase <= portolan.PhaseCheck; phase++ {
		said := Say("tpac", Symptom{Symptom: portolan.Symptom{Kind: portolan.KindTimeout, Phase: phase}})
		if strings.Contains(said, "did not answer in time") {
			t.Errorf("phase %s has no words of its own: %q", phase, said)
		}
	}
}

func TestSummarize_SaysThePageInOneSentence(t *testing.T) {
	t.Parallel()
	system := func(id portolan.SystemID, c Counts) System { return System{ID: id, Ports: c} }
	up := Counts{Up: 3}
	for want, systems := range map[string][]System{
		"Up at all 3 ports":                                           {system("tpac", up)},
		"Up at all 3 ports, all 2 systems":                            {system("tpac", up), system("e3", up)},
		"TPAC is down at 2, unmonitored at 1 of 3 ports":              {system("tpac", Counts{Down: 2, Unmonitored: 1}), system("e3", up)},
		"E3 is down at 3 of 3 ports; 1 more system not up everywhere": {system("tpac", Counts{Slow: 1, Up: 2}), system("e3", Counts{Down: 3})},
		"TPAC is measured nowhere":                                    {system("tpac", Counts{})},
		"Nothing is monitored yet":                                    nil,
	} {
		if got := summarize(systems, 3).Text; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPercent_NeverRoundsUp(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[float64]string{
		1: "100 %", 0.9999999: "99.99 %", 0.997: "99.70 %", 0.9971: "99.71 %", 0.99996: "99.99 %", 0.00001: "0.00 %", 0: "0 %",
	} {
		if got := strings.ReplaceAll(percent(ratio), gap, " "); got != want {
			t.Errorf("%v: got %q, want %q", ratio, got, want)
		}
	}
	if got, want := bounds(0.98316, 0.98311), "98.31 to 98.32"; got != want {
		t.Errorf("got %q, want %q: bounds widen outward", got, want)
	}
}

func TestLong_CutsToTwoUnits(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 s", 900 * time.Microsecond: "900 µs", 31 * time.Millisecond: "31 ms", 4250 * time.Millisecond: "4.2 s",
		30 * time.Second: "30 s", 29998 * time.Millisecond: "29.9 s", 250 * time.Second: "4 min 10 s", time.Hour: "1 h",
		4*time.Hour + 59*time.Second: "4 h", 50 * time.Hour: "2 d 2 h", -time.Second: "-1 s",
	} {
		if got := strings.ReplaceAll(long(d), gap, " "); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestDrawStrip_KeepsShortTroubleVisible(t *testing.T) {
	t.Parallel()
	end := portolan.Instant(3600e6)
	s := Strip{Span: portolan.Span{From: 0, To: end}, Segments: []Segment{
		{portolan.Span{From: -1e6, To: end - 2e6}, portolan.Up}, {portolan.Span{From: end - 2e6, To: end}, portolan.Down},
	}}
	v := drawStrip(s)
	if last := v.Bars[1]; last.Width < stripLeast || last.X+last.Width > stripWidth || last.Height != stripHeight {
		t.Errorf("two seconds of down are drawn as %+v", last)
	}
	if first := v.Bars[0]; first.X != 0 || first.Width != 3598 {
		t.Errorf("a spell that began before the strip is drawn as %+v", first)
	}
	if got, want := strings.ReplaceAll(v.Text, gap, " "), "down 2 s, up 59 min 58 s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
