package screening

import (
	"net/http"
	"time"
)

// biographicQuestion is who is looked up.
type biographicQuestion struct {
	Number  string `json:"number"`
	Surname string `json:"surname"`
	Given   string `json:"given"`
	Birth   string `json:"birth"`
}

type lookupAnswer struct {
	Query    string   `json:"query"`
	Lookouts []string `json:"lookouts"`
	Result   string   `json:"result"` // clear or referral
}

// wantedSurname is the surname of the only synthetic traveler on a lookout.
const wantedSurname = "LOOKOUT"

// tecsPlatform is the TECS platform, which holds the lookouts.
func tecsPlatform() System {
	return System{
		ID:    "tecs-platform",
		Title: "TECS platform",
		Routes: []Route{
			{"query", "POST /tecs/v1/queries", 220 * time.Millisecond, searchLookouts, falsify(falseLookup)},
		},
	}
}

func searchLookouts(c *Call) (Answer, error) {
	var asked biographicQuestion
	if err := c.JSON(&asked); err != nil {
		return Answer{}, err
	}
	if asked.Number == "" || asked.Surname == "" || asked.Birth == "" {
		return Answer{}, refuse(http.StatusUnprocessableEntity, "incomplete", "want number, surname and birth")
	}
	found := lookupAnswer{Query: c.NewID("query"), Lookouts: []string{}, Result: "clear"}
	if asked.Surname == wantedSurname {
		found.Lookouts, found.Result = append(found.Lookouts, "SYN-"+asked.Number), "referral"
	}
	return Answer{http.StatusOK, found}, nil
}

// falseLookup reports a hit for who has none, and none for who has one.
func falseLookup(l *lookupAnswer) {
	if l.Result == "clear" {
		l.Lookouts, l.Result = []string{"SYN-FALSE"}, "referral"
		return
	}
	l.Lookouts, l.Result = []string{}, "clear"
}
