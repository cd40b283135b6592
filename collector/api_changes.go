package collector

import (
	"fmt"
	"net/http"
	"strconv"

	"portolan/collector/changes"
	"portolan/collector/monthly"
	"portolan/collector/projection"
	"portolan/report"
)

// effectAnswer is what followed an annotation.
type effectAnswer struct {
	Annotation projection.Annotation `json:"annotation"`
	AsOf       string                `json:"as_of"`
	report.Followed
}

func (c *collector) serveEffect(r *call) (any, error) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, &apiError{Status: http.StatusBadRequest, Code: "bad_request", Message: fmt.Sprintf("id: want the number of an annotation, not %.20q", r.PathValue("id")), Field: "id"}
	}
	zone, asOf := r.params.zone(), r.params.cut()
	if err := r.params.err(); err != nil {
		return nil, err
	}
	for _, a := range c.projection.Facts().Annotations {
		if a.ID != id {
			continue
		}
		var followed changes.Followed
		err := c.projection.Look(r.Context(), asOf, r.now, func(s *projection.Snapshot) (err error) {
			followed, err = changes.Find(s, a, c.around.Load().catalogue, zone)
			return err
		})
		return effectAnswer{Annotation: a, AsOf: followed.Cut.String(), Followed: monthly.FollowedOf(&followed)}, err
	}
	return nil, &apiError{Status: http.StatusNotFound, Code: "not_found", Message: fmt.Sprintf("there is no annotation %d", id), Field: "id"}
}
