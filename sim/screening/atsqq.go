package screening

import (
	"context"
	"net/http"
	"sync"
	"time"

	"portolan"
)

// quickQuery is ATS-QQ, the first backup: a limited query on a copy of TECS's data, which it goes on serving
// when TECS is gone.
type quickQuery struct {
	desk

	mu     sync.Mutex
	copied time.Time // up to when the copy is; mu guards it
}

func atsQQ(settings Settings) System {
	q := &quickQuery{desk: newDesk(settings)}
	const base = "/ats-qq/v1"
	return System{
		ID:    "ats-qq",
		Title: "Automated Targeting System - Quick Query",
		Uses:  []portolan.SystemID{"tecs-platform", "ncic"},
		Ages:  true,
		Routes: q.routes(officers(base),
			q.tasks(base,
				task{"quick-query", "POST queries", 350 * time.Millisecond, []string{"number", "surname", "birth"}, q.look,
					record{"result": "referral", "lookouts": []string{"SYN-FALSE"}}},
				task{"data-age", "GET data-age", 60 * time.Millisecond, nil, q.age, record{"as_of": "2016-12-28T00:00:00Z"}}),
			q.tasks(base, newHop(q.desk, settings).tasks()...)),
	}
}

func (q *quickQuery) look(_ *Call, asked record) (record, error) {
	if asked.text("surname") == wantedSurname {
		return record{"number": asked["number"], "lookouts": []string{"SYN-" + asked.text("number")}, "result": "referral"}, nil
	}
	return record{"number": asked["number"], "lookouts": []string{}, "result": "clear"}, nil
}

// copyTime is how long the copy waits for TECS before it stays as it is.
const copyTime = time.Second

// age says up to when the copy is: until now, unless it is kept from being renewed.
func (q *quickQuery) age(c *Call, _ record) (record, error) {
	renewed := !c.stale && q.reaches(c)
	q.mu.Lock()
	defer q.mu.Unlock()
	if renewed || q.copied.IsZero() {
		q.copied = c.Now
	}
	return record{"as_of": q.copied.UTC().Format(time.RFC3339Nano)}, nil
}

// reaches reports whether the copy can be renewed from TECS now.
func (q *quickQuery) reaches(c *Call) bool {
	quick := *c
	var cancel context.CancelFunc
	quick.ctx, cancel = context.WithTimeout(c.ctx, copyTime)
	defer cancel()
	_, err := quick.ask(http.MethodGet, "tecs-platform", tecsBase+"/time", nil)
	return err == nil
}
