package screening

import (
	"net/http"
	"net/url"
	"time"

	"portolan"
)

// ncic is the FBI's National Crime Information Center. Its users reach it through the TECS platform or ATS-QQ
// and nowhere else.
func ncic(settings Settings) System {
	return System{
		ID:    "ncic",
		Title: "National Crime Information Center",
		Via:   map[string]portolan.SystemID{"": "tecs-platform", "ats-qq": "ats-qq"},
		Routes: newDesk(settings).tasks("/ncic/v1",
			task{"ncic-response", "POST queries", 400 * time.Millisecond, []string{"surname", "given", "birth"}, searchCrimes,
				record{"hits": 1, "message": "WANTED PERSON"}}),
	}
}

// searchCrimes finds nothing: no synthetic traveler is wanted.
func searchCrimes(_ *Call, asked record) (record, error) {
	return asked.pick("surname", "birth").with(record{"hits": 0, "message": "NO RECORD"}), nil
}

// hop is the way to NCIC through another system. A query is handed in there and answered at once with its
// number; fetching the answer takes what NCIC takes. So the two can be timed apart.
type hop struct {
	desk
	pending *shelf
}

func newHop(d desk, settings Settings) hop { return hop{d, newShelf(settings)} }

func (h hop) tasks() []task {
	return []task{
		{"ncic-submit", "POST ncic-queries", 120 * time.Millisecond, []string{"surname", "given", "birth"}, h.submit,
			record{"query": "NONE", "surname": "OTHER"}},
		{"ncic-response", "GET ncic-queries/{query}", 60 * time.Millisecond, nil, h.fetch, record{"hits": 1}},
	}
}

func (h hop) submit(c *Call, asked record) (record, error) {
	id := c.NewID("ncic")
	if !h.pending.put(id, asked, c.Now) {
		return nil, refuse(http.StatusServiceUnavailable, "too_many_queries", "no more queries can be handed in now")
	}
	return record{"query": id, "surname": asked["surname"]}, nil
}

func (h hop) fetch(c *Call, asked record) (record, error) {
	id := asked.text("query")
	question := h.pending.get(id, c.Now)
	if question == nil {
		return nil, refuse(http.StatusNotFound, "unknown_query", "query %.40q was not handed in, or is answered", id)
	}
	h.pending.take(id)
	return c.ask(http.MethodPost, "ncic", "/ncic/v1/queries", question)
}

// below returns a path with a part that a user names.
func below(base, part string) string { return base + "/" + url.PathEscape(part) }
