package screening

import (
	"net/http"
	"time"

	"portolan"
)

const justiceBase = "/justice/v1"

// justice is the Department of Justice's site to which filings are uploaded.
type justice struct{ desk }

func justiceUpload(settings Settings) System {
	j := justice{newDesk(settings)}
	return System{
		ID:    "justice-upload",
		Title: "Department of Justice upload site",
		Via:   map[string]portolan.SystemID{"e3": "e3-prosecution"},
		Held:  j.shelf.count,
		Routes: j.routes(officers(justiceBase), j.tasks(justiceBase,
			task{"upload", "POST uploads", 400 * time.Millisecond, []string{"filing", "district", "reference", "test"}, j.take, record{"filing": "FILING-OTHER"}},
			task{"receipt", "GET uploads/{receipt}", 150 * time.Millisecond, nil, j.show, record{"filing": "FILING-OTHER"}},
			task{"withdraw-upload", "DELETE uploads/{receipt}", 120 * time.Millisecond, nil, j.withdraw("receipt"), nil},
		)),
	}
}

func (j justice) take(c *Call, asked record) (record, error) {
	id, err := j.place(c, "RECEIPT-", asked, asked)
	return asked.with(record{"receipt": id}), err
}

func (j justice) show(c *Call, asked record) (record, error) {
	upload := j.shelf.get(asked.text("receipt"), c.Now)
	if upload == nil {
		return nil, refuse(http.StatusNotFound, "unknown_receipt", "no such upload was received")
	}
	return upload.with(asked.pick("receipt")), nil
}
