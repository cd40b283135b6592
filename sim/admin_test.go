package sim

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"portolan/sim/fault"
)

func TestAdmin_FaultsArePutListedAndTakenAway(t *testing.T) {
	t.Parallel()
	w := start(t, Options{})
	if status, body := w.admin(http.MethodGet, "/admin/v1/faults", ""); status != http.StatusOK || body != "[]\n" {
		t.Errorf("at first: %d %q", status, body)
	}
	const (
		put  = ` [ {"at": 0, "where":{"system":"tpac"},"effect":"hang"}, {"where":{"kind":"air","dependency":"ident"},"effect":"error","ratio":0.5,"at":"10h","for":"1d"} ]`
		want = `[{"where":{"system":"tpac"},"effect":"hang"},{"at":"10h0m0s","for":"24h0m0s","where":{"dependency":"ident","kind":"air"},"effect":"error","ratio":0.5}]` + "\n"
	)
	status, body := w.admin(http.MethodPut, "/admin/v1/faults", put)
	if status != http.StatusOK || body != want {
		t.Errorf("put: %d %s, want %s", status, body, want)
	}
	_, listed := w.admin(http.MethodGet, "/admin/v1/faults", "")
	if status, body := w.admin(http.MethodPut, "/admin/v1/faults", listed); status != http.StatusOK || body != listed {
		t.Errorf("putting the list back: %d %s, want %s", status, body, listed)
	}
	if status, body := w.admin(http.MethodDelete, "/admin/v1/faults", ""); status != http.StatusNoContent || body != "" {
		t.Errorf("delete: %d %q", status, body)
	}
	if _, body := w.admin(http.MethodGet, "/admin/v1/faults", ""); body != "[]\n" {
		t.Errorf("at last: %q", body)
	}
}

// refused is what the admin interface says.
type refused struct {
	Error struct {
		Code    string
		Message string
		Field   string
		Faults  []struct{ Field, Message string }
	}
}

func TestAdmin_RefusesWithReasons(t *testing.T) {
	t.Parallel()
	w := start(t, Options{})
	const kept = `[{"where":{"system":"tpac"},"effect":"hang"}]`
	w.put(kept)
	for name, c := range map[string]struct {
		body   string
		status int
		faults []string // field: words of the message
	}{
		"not-json":          {`[{`, 400, []string{": want a JSON list"}},
		"not-json-yaml":     {`- {effect: hang}`, 400, []string{": want a JSON list"}},
		"not-a-list":        {`{}`, 400, []string{": want a list"}},
		"unknown-key":       {`[{"effect":"hang","where":{"prt":"MIA","system":"tpac"}}]`, 400, []string{`[0].where.prt: unknown key; did you mean "port"?`}},
		"repeated-key":      {`[{"effect":"hang","effect":"slow","where":{"port":"MIA"}}]`, 400, []string{"[0].effect: duplicate key"}},
		"wrong-type":        {`[{"effect":"error","ratio":"0.5","where":{"port":"MIA"}}]`, 400, []string{"[0].ratio: want a number"}},
		"every-fault":       {`[{"effect":"slow","where":{}},{"effect":"boom","where":{"port":"mia"}}]`, 400, []string{"[0].factor: missing", "[0].where: no place", "[1].effect: want one of", "[1].where.port: want 3 to 8"}},
		"unknown-system":    {`[{"effect":"hang","where":{"system":"tpca"}}]`, 422, []string{"[0].where.system: want one of tpac"}},
		"unused-dependency": {`[{"effect":"hang","where":{"system":"ident","dependency":"tpac"}}]`, 422, []string{"[0].where.dependency: nothing here calls"}},
		"unknown-step":      {`[{"effect":"hang","where":{"system":"tpac","step":"coffee"}}]`, 422, []string{"[0].where.step: no step"}},
		"unknown-port":      {`[{"effect":"hang","where":{"port":"LAX"}}]`, 422, []string{"[0].where.port: the agents are MIA-1"}},
		"unknown-office":    {`[{"effect":"hang","where":{"office":"Boston"}}]`, 422, []string{"[0].where.office: no agent"}},
		"unknown-kind":      {`[{"effect":"hang","where":{"kind":"sea"}}]`, 422, []string{"[0].where.kind: no agent"}},
		"unknown-agent":     {`[{"effect":"hang","where":{"agent":"MIA-2"}}]`, 422, []string{"[0].where.agent: no agent"}},
		"nowhere":           {`[{"effect":"hang","where":{"port":"MIA","office":"Seattle"}}]`, 422, []string{"[0].where: no agent"}},
		"asleep":            {`[{"effect":"asleep","where":{"agent":"MIA-1"}}]`, 422, []string{"[0].effect: the workstation's own"}},
		"clock":             {`[{"effect":"clock","offset":"-5m","where":{"agent":"MIA-1"}}]`, 422, []string{"[0].effect: the workstation's own"}},
		"loss":              {`[{"effect":"loss","ratio":0.1,"where":{"port":"MIA"}}]`, 422, []string{"[0].effect: cannot lose a ratio"}},
		"stale":             {`[{"effect":"stale","where":{"system":"ident"}}]`, 422, []string{"[0].effect: no system there has data that age"}},
		"outage-of-a-step":  {`[{"effect":"outage","where":{"step":"apis-match"}}]`, 422, []string{"[0].effect: a whole system"}},
		"no-collector":      {`[{"effect":"outage","where":{"system":"collector"}}]`, 422, []string{"[0].where.system: no collector"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := w.admin(http.MethodPut, "/admin/v1/faults", c.body)
			var got refused
			if err := json.Unmarshal([]byte(body), &got); err != nil || status != c.status || len(got.Error.Faults) != len(c.faults) {
				t.Fatalf("got %d %s, want %d and %d faults", status, body, c.status, len(c.faults))
			}
			if first := got.Error.Faults[0]; got.Error.Code == "" || got.Error.Field != first.Field || got.Error.Message != first.Message {
				t.Errorf("the error %+v is not the first fault", got.Error)
			}
			for i, want := range c.faults {
				field, words, _ := strings.Cut(want, ": ")
				if f := got.Error.Faults[i]; f.Field != field || !strings.Contains(f.Message, words) {
					t.Errorf("fault %d: got %+v, want %q", i, f, want)
				}
			}
		})
	}
	if _, body := w.admin(http.MethodGet, "/admin/v1/faults", ""); body != kept+"\n" {
		t.Errorf("refused lists changed the faults to %s", body)
	}
}

func TestAdmin_TooLargeBodyIsRefused(t *testing.T) {
	t.Parallel()
	status, body := start(t, Options{}).admin(http.MethodPut, "/admin/v1/faults", "["+strings.Repeat(" ", mostAdmin)+"]")
	if status != http.StatusRequestEntityTooLarge || !strings.Contains(body, "too_large") {
		t.Errorf("got %d %s", status, body)
	}
}

func TestAdmin_SystemsListsNamesAndAddresses(t *testing.T) {
	t.Parallel()
	w := start(t, Options{Ports: []string{"SEA"}})
	_, body := w.admin(http.MethodGet, "/admin/v1/systems", "")
	var got addresses
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Systems) != 5 || len(got.Relays) != 1 {
		t.Fatalf("got %s", body)
	}
	address, _ := w.Relay("SEA-1", "tpac")
	if diff := cmp.Diff(relayAddress{"SEA-1", "SEA", "tpac", address, "http://" + address}, got.Relays[0]); diff != "" {
		t.Errorf("relay (-want +got):\n%s", diff)
	}
	if steps := got.Systems[0].Steps; got.Systems[0].System != "tpac" || len(steps) != 12 || steps[3] != "apis-match" {
		t.Errorf("first system: %+v", got.Systems[0])
	}
}

func TestAdmin_PagesForPeople(t *testing.T) {
	t.Parallel()
	w := start(t, Options{})
	if status, body := w.admin(http.MethodGet, "/", ""); status != http.StatusOK || !strings.Contains(body, "relay   MIA-1") {
		t.Errorf("/: %d %s", status, body)
	}
	if status, _ := w.admin(http.MethodGet, "/-/healthy", ""); status != http.StatusOK {
		t.Errorf("/-/healthy: %d", status)
	}
	if status, _ := w.admin(http.MethodGet, "/elsewhere", ""); status != http.StatusNotFound {
		t.Errorf("/elsewhere: %d", status)
	}
}

func FuzzParseFaults(f *testing.F) {
	for _, seed := range []string{
		`[]`, `[{}]`, `null`, `[null]`, `[[]]`, `[{"where":null,"effect":""}]`,
		`[{"at":"1h","for":"2h","where":{"system":"tpac","port":"MIA"},"effect":"error","ratio":0.5}]`,
		`[{"where":{"dependency":"ident"},"effect":"slow","factor":40,"at":0}]`,
		`[{"where":{"agent":"SEA-2","office":"\u00e9\/"},"effect":"clock","offset":"-5m"}]`,
		`[{"effect":"hang","effect":"hang","where":{"a.b[0]":1}}]`, `[{"for":"1e9h","where":{"kind":"unknown"},"effect":"hang"}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		faults, err := parseFaults(body)
		if err != nil {
			return
		}
		// What was accepted is in range, and is accepted again as it is listed.
		for _, got := range faults {
			if got.At < 0 || got.For < 0 || got.Where == (fault.Where{}) || got.Effect == fault.EffectUnknown {
				t.Errorf("accepted %+v", got)
			}
		}
		listed, err := json.Marshal(faults)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseFaults(listed)
		if diff := cmp.Diff(faults, again); err != nil || diff != "" && len(faults)+len(again) > 0 {
			t.Errorf("%s listed as %s: %v\n%s", body, listed, err, diff)
		}
	})
}
