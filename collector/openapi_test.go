package collector

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"portolan"
	"portolan/evidence"
)

// openapi is docs/openapi.yaml, as far as the test needs it.
type openapi struct {
	Paths      map[string]map[string]operation `yaml:"paths"`
	Components struct {
		Parameters map[string]parameter `yaml:"parameters"`
		Schemas    map[string]schema    `yaml:"schemas"`
	} `yaml:"components"`
}

type operation struct {
	Parameters []parameter `yaml:"parameters"`
	Responses  map[string]struct {
		Ref     string `yaml:"$ref"`
		Content map[string]struct {
			Schema schema `yaml:"schema"`
		} `yaml:"content"`
	} `yaml:"responses"`
}

type parameter struct {
	Ref  string `yaml:"$ref"`
	Name string `yaml:"name"`
}

type schema struct {
	Ref        string            `yaml:"$ref"`
	Type       any               `yaml:"type"`
	Required   []string          `yaml:"required"`
	Properties map[string]schema `yaml:"properties"`
	Items      *schema           `yaml:"items"`
	Additional *schema           `yaml:"additionalProperties"`
}

func readOpenAPI(t *testing.T) *openapi {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "docs", "openapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var o openapi
	if err := yaml.Unmarshal(data, &o); err != nil {
		t.Fatal(err)
	}
	return &o
}

func TestOpenAPI_PathsMethodsAndParametersAreThoseOfTheCode(t *testing.T) {
	t.Parallel()
	o := readOpenAPI(t)
	var inFile, inCode []string
	for path, operations := range o.Paths {
		for method, op := range operations {
			var names []string
			for _, p := range op.Parameters {
				if p.Ref != "" {
					p = o.Components.Parameters[strings.TrimPrefix(p.Ref, "#/components/parameters/")]
				}
				names = append(names, p.Name)
			}
			slices.Sort(names)
			inFile = append(inFile, fmt.Sprintf("%s %s %v", strings.ToUpper(method), path, names))
		}
	}
	for _, e := range new(collector).endpoints() {
		names := slices.Sorted(slices.Values(e.params))
		inCode = append(inCode, fmt.Sprintf("%s %s %v", e.method, e.path, names))
	}
	slices.Sort(inFile)
	slices.Sort(inCode)
	if diff := cmp.Diff(inFile, inCode); diff != "" {
		t.Errorf("docs/openapi.yaml and the code differ (-file +code):\n%s", diff)
	}
}

// fit tells where a JSON value is not of the schema's form: unknown fields, missing ones, wrong types.
func (o *openapi) fit(s schema, at string, v any) []string {
	if s.Ref != "" {
		s = o.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	if !slices.Contains(s.types(), typeOf(v)) && !(typeOf(v) == "integer" && slices.Contains(s.types(), "number")) {
		return []string{fmt.Sprintf("%s: is %s, described as %v", at, typeOf(v), s.types())}
	}
	var faults []string
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			faults = append(faults, o.fit(*s.Items, fmt.Sprintf("%s[%d]", at, i), item)...)
		}
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				faults = append(faults, at+"."+name+": missing")
			}
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			property, known := s.Properties[name]
			switch {
			case known:
				faults = append(faults, o.fit(property, at+"."+name, v[name])...)
			case s.Additional != nil:
				faults = append(faults, o.fit(*s.Additional, at+"."+name, v[name])...)
			default:
				faults = append(faults, at+"."+name+": not described")
			}
		}
	}
	return faults
}

func (s *schema) types() []string {
	switch t := s.Type.(type) {
	case string:
		return []string{t}
	case []any:
		var all []string
		for _, one := range t {
			all = append(all, fmt.Sprint(one))
		}
		return all
	default:
		return nil
	}
}

func typeOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	default:
		return fmt.Sprintf("%T", v)
	}
}

func (o *openapi) check(t *testing.T, method, path, status string, body []byte) {
	t.Helper()
	bare, _, _ := strings.Cut(path, "?")
	answer, known := o.Paths[bare][strings.ToLower(method)].Responses[status]
	if !known {
		t.Errorf("%s %s: status %s is not described: %s", method, path, status, body)
		return
	}
	s := schema{Ref: "#/components/schemas/Error"}
	for _, content := range answer.Content {
		s = content.Schema
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Errorf("%s %s: %v", method, path, err)
		return
	}
	for _, fault := range o.fit(s, method+" "+bare, v) {
		t.Error(fault)
	}
}

func TestOpenAPI_DescribesRealAnswers(t *testing.T) {
	t.Parallel()
	o := readOpenAPI(t)
	r := startCollector(t, t.TempDir(), nil)
	a := r.enroll("MIA-1")
	r.enroll("SEA-1") // never heard
	now := portolan.InstantOf(time.Now())
	var records []evidence.Record
	for i := range 30 {
		records = append(records, a.run(now.Add(time.Duration(i-30)*time.Minute), portolan.Outcome(1+i%3)))
	}
	a.send(portolan.Live, records...)
	r.foldedAll()

	for path, note := range map[string]string{
		"/api/v1/annotations": `{"system":"tpac","port":"MIA","text":"lines are long","by":"shift supervisor"}`,
		"/api/v1/probing":     fmt.Sprintf(`{"system":"tpac","order":"stop","reason":"migration","by":"owner","until":%q}`, now.Add(time.Hour)),
		"/api/v1/signals":     `{"system":"tpac","port":"MIA","state":"slow","note":"lanes 4 to 9"}`,
		"/api/v1/mitigation":  `{"port":"MIA","mode":"ats-qq","by":"Director of Field Operations"}`,
		"/api/v1/maintenance": fmt.Sprintf(`{"system":"tpac","from":%q,"to":%q,"title":"new certificates","by":"owner"}`, now.Add(time.Hour), now.Add(2*time.Hour)),
	} {
		status, body := r.post(path, []byte(note), nil)
		o.check(t, "POST", path, fmt.Sprint(status), body)
	}
	r.await(func() bool {
		var m maintenanceAnswer
		r.get("/api/v1/maintenance", &m)
		return len(m.Rows) == 1
	})
	for _, path := range []string{
		"/api/v1/availability?group=nation", "/api/v1/availability?group=system,port,office,kind,agent,transaction,day", "/api/v1/availability?group=month&weight=traveler",
		"/api/v1/availability?from=2001-01-01T00:00:00Z&to=2001-01-02T00:00:00Z",
		"/api/v1/windowed?system=tpac", "/api/v1/windowed?system=nothing", "/api/v1/windowed?weight=gold",
		"/api/v1/latency", "/api/v1/latency?steps=true&group=transaction", "/api/v1/state", "/api/v1/results?limit=5", "/api/v1/agents", "/api/v1/systems", "/api/v1/ports",
		"/api/v1/annotations", "/api/v1/maintenance?system=tpac", "/api/v1/probing", "/api/v1/probing?system=apis", "/api/v1/probing?x=1",
		"/api/v1/signals", "/api/v1/signals?port=x", "/api/v1/mitigation", "/api/v1/mitigation?port=x",
		"/api/v1/incidents", "/api/v1/incidents?open=true&port=MIA", "/api/v1/incidents?limit=0&open=x",
		"/api/v1/asides", "/api/v1/asides?limit=0&id=x", "/api/v1/asides?agent=MIA-1&id=9",
		"/api/v1/availability?form=x&to=yesterday&zone=Local&weight=gold&group=color&as_of=never", "/api/v1/results?limit=0&cursor=x", "/api/v1/availability?as_of=999999999.1",
		"/api/v1/events?port=x", "/api/v1/evidence?after=-1", "/api/v1/export?as_of=999999999.1", "/api/v1/export?port=x", "/api/v1/latency?group=agent", "/api/v1/systems?x=1", "/api/v1/ports?x=1", "/api/v1/state?port=x", "/api/v1/agents?port=x",
	} {
		status, body := r.get(path, nil)
		o.check(t, "GET", path, fmt.Sprint(status), body)
	}
	checkLines(t, o, r, "/api/v1/evidence", "EvidenceLine", map[string]int{"head": 1, "entry": 5, "batch": 1, "end": 1})
	checkLines(t, o, r, "/api/v1/export", "ExportLine", map[string]int{"head": 1, "result": 30, "end": 1})
	checkEvents(t, o, r, a)
}

// checkLines checks an answer of lines, which must be at least as many of each kind.
func checkLines(t *testing.T, o *openapi, r *running, path, form string, least map[string]int) {
	t.Helper()
	_, body := r.get(path, nil)
	kinds := map[string]int{}
	for line := range bytes.Lines(body) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		for kind := range v {
			kinds[kind]++
		}
		for _, fault := range o.fit(schema{Ref: "#/components/schemas/" + form}, path, v) {
			t.Error(fault)
		}
	}
	for kind, count := range least {
		if kinds[kind] < count {
			t.Errorf("lines of %s: got %v, want at least %v", path, kinds, least)
		}
	}
}

func checkEvents(t *testing.T, o *openapi, r *running, a *remote) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/api/v1/events?port=MIA", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	a.send(portolan.Live, a.run(portolan.InstantOf(time.Now()), portolan.Failed))
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			o.check(t, "GET", "/api/v1/events", "200", []byte(data))
			return
		}
	}
	t.Error("no event came")
}
