package screening

import (
	"net/http"
	"time"

	"portolan"
)

// lane is the Vehicle Face System: a camera at a lane takes the faces of those in a vehicle and matches them
// with what IDENT holds. An image must be gone once it is matched: that they were kept was a later audit's finding.
type lane struct{ desk }

func vehicleFace(settings Settings) System {
	l := lane{newDesk(settings)}
	const base = "/vehicle-face/v1"
	return System{
		ID:    "vehicle-face",
		Title: "Vehicle Face System",
		Uses:  []portolan.SystemID{"ident"},
		Held:  l.shelf.count,
		Routes: l.routes(officers(base), l.tasks(base,
			task{"capture", "POST captures", 260 * time.Millisecond, []string{"lane", "image", "reference", "test"}, l.capture, record{"lane": "OTHER"}},
			task{"face-match", "POST matches", 140 * time.Millisecond, []string{"capture", "number"}, l.match, record{"matched": false, "score": 0.03}},
			task{"discard-image", "DELETE captures/{capture}", 80 * time.Millisecond, nil, l.withdraw("capture"), nil},
		)),
	}
}

func (l lane) capture(c *Call, asked record) (record, error) {
	id, err := l.place(c, "FACE-", asked, asked)
	return asked.pick("lane", "test").with(record{"capture": id}), err
}

func (l lane) match(c *Call, asked record) (record, error) {
	held := l.shelf.get(asked.text("capture"), c.Now)
	if held == nil {
		return nil, refuse(http.StatusUnprocessableEntity, "unknown_capture", "no such image is held")
	}
	verdict, err := c.verify(asked.text("number"), held.text("image"))
	return record{"capture": asked["capture"], "matched": verdict.Verified, "score": verdict.Score}, err
}
