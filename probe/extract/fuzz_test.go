package extract_test

import (
	"testing"
	"time"

	"portolan"
)

// Whatever is in the file, the step ends in a symptom that is not the monitor's fault, and its phases add up.
func FuzzFile_AnyContentIsASymptom(f *testing.F) {
	for _, seed := range []string{"", "\n", extractText(time.Unix(0, 0)), "PALS made= rows=0\n", "rows=99999999999999999999\nSYN1|", "\r\n\x00"} {
		f.Add([]byte(seed))
	}
	folder := f.TempDir()
	f.Fuzz(func(t *testing.T, text []byte) {
		write(t, folder, "extract.txt", string(text))
		write(t, folder, "extract.sum", sumOf(string(text)))
		got, failures := run(t, folder, readExtract, time.Minute)
		if got.Symptom.Kind == portolan.KindMonitor || got.Symptom.Kind == portolan.KindTimeout {
			t.Errorf("got %+v: %v", got.Symptom, failures)
		}
		if s := got.Steps[0]; s.Phases.Sum()+s.Remainder() != s.Duration {
			t.Errorf("%v and %v do not make %v", s.Phases, s.Remainder(), s.Duration)
		}
	})
}
