package strictyaml_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portolan/internal/strictyaml"
)

// FuzzDecode checks that no file makes Decode panic, and that every fault lies in the file and has its place.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		f.Fatalf("find seeds: got %d, %v", len(files), err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "steps[0].web")
	}
	f.Add([]byte(plan), `["a`)
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		doc, faults := strictyaml.Decode("f", data, new(watch))
		for _, fault := range faults {
			if fault.Line < 1 || fault.Column < 1 || fault.Problem == "" || strings.Contains(fault.Error(), "\n") {
				t.Errorf("fault without a place: %+v", fault)
			}
		}
		doc.At(path)
		for at := range doc.Texts() {
			if !doc.Has(at) {
				t.Errorf("no value at %q, which was yielded", at)
			}
		}
	})
}
