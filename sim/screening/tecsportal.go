package screening

import (
	"net/http"
	"slices"
	"time"

	"portolan"
)

// tecsPortal is the TECS Portal: lookouts and manifests before travelers arrive. What it shows is the TECS
// platform's and APIS's.
func tecsPortal(settings Settings) System {
	d, review := newDesk(settings), review{newShelf(settings)}
	const base = "/tecs-portal/v1"
	api := d.routes(officers(base), d.tasks(base,
		task{"name-search", "POST name-searches", 90 * time.Millisecond, []string{"number", "surname", "given", "birth"},
			passOn("tecs-platform", tecsBase+"/queries"), record{"lookouts": []string{}, "result": "clear"}},
		task{"document-search", "POST document-searches", 80 * time.Millisecond, []string{"number", "state"},
			passOn("tecs-platform", tecsBase+"/document-queries"), record{"listed": true, "result": "referral"}},
		task{"open-record", "GET records/{record}", 80 * time.Millisecond, nil, showRecord, record{"record": "SYN-OTHER"}},
		task{"manifest", "GET manifests/{flight}", 120 * time.Millisecond, nil, review.show, record{"flight": "ZZ0", "passengers": 0}},
		task{"manifest-analysis", "POST manifest-analyses", 200 * time.Millisecond, []string{"manifest"},
			review.analyze, record{"passengers": 0}},
	))
	pages := client{base: "/tecs-portal/client", opens: "open-client", first: "tecs-sign-on.html", forms: []form{
		{Step: "sign-on", Path: "/sign-on", shows: "tecs-search.html"},
		{Step: "name-search", Path: "/name-searches", shows: "tecs-found.html"},
		{Step: "open-record", Path: "/records", shows: "tecs-record.html"},
		{Step: "sign-off", Path: "/sign-off", shows: "signed-off.html"},
	}}
	return System{
		ID:     "tecs-portal",
		Title:  "TECS Portal",
		Uses:   []portolan.SystemID{"tecs-platform", "apis"},
		Routes: slices.Concat(api, pages.routes(api)),
	}
}

// passOn returns a task's work that another system does: it is asked the same, and what it says is the answer.
func passOn(to portolan.SystemID, path string) func(*Call, record) (record, error) {
	return func(c *Call, asked record) (record, error) { return c.ask(http.MethodPost, to, path, asked) }
}

func showRecord(c *Call, asked record) (record, error) {
	return c.ask(http.MethodGet, "tecs-platform", below(tecsBase+"/records", asked.text("record")), nil)
}

// review is how a manifest is looked at: it is fetched from APIS, and then analyzed by the TECS platform.
type review struct{ fetched *shelf }

func (r review) show(c *Call, asked record) (record, error) {
	manifest, err := c.ask(http.MethodGet, "apis", below("/apis/v1/manifests", asked.text("flight")), nil)
	if err != nil {
		return nil, err
	}
	numbers, _ := manifest["passengers"].([]any)
	id := c.NewID("manifest")
	if !r.fetched.put(id, record{"flight": manifest["flight"], "numbers": numbers}, c.Now) {
		return nil, refuse(http.StatusServiceUnavailable, "too_many_manifests", "no more manifests can be opened now")
	}
	return record{"manifest": id, "flight": manifest["flight"], "passengers": len(numbers)}, nil
}

func (r review) analyze(c *Call, asked record) (record, error) {
	id := asked.text("manifest")
	manifest := r.fetched.get(id, c.Now)
	if manifest == nil {
		return nil, refuse(http.StatusUnprocessableEntity, "unknown_manifest", "manifest %.40q was not opened here", id)
	}
	r.fetched.take(id)
	return c.ask(http.MethodPost, "tecs-platform", tecsBase+"/manifest-analyses", manifest)
}
