package dashboard_test

import (
	"time"

	"portolan"
	"portolan/dashboard"
	"portolan/effect"
)

// manifestChange is a change of APIS that did harm at TPAC five days later, beside one that did none and one of just now.
func manifestChange() []dashboard.Change {
	harm := portolan.Span{From: ago(30 * time.Hour), To: ago(26 * time.Hour)}
	return []dashboard.Change{
		{ID: 9, At: ago(20 * time.Minute), Port: "SEA", Text: "circuit moved", By: "network operations"},
		{ID: 8, At: ago(40 * time.Hour), System: "tpac", Text: "release 4.1", By: "release desk", Compared: true, Hours: 39, Followed: []dashboard.Followed{
			{System: "tpac", Difference: effect.Difference{Hours: 39, Weeks: 4, Before: 998_400, After: 998_100, Change: -300, Low: -1_200, High: 400}},
		}},
		{ID: 7, At: ago(150 * time.Hour), System: "apis", Text: "manifest validation on the web platform", By: "release desk", Compared: true, Hours: 149, Followed: []dashboard.Followed{
			{System: "apis", Difference: effect.Difference{Why: "nothing was measured since"}},
			{System: "tpac", Difference: effect.Difference{
				Hours: 149, Weeks: 4, Before: 998_400, After: 971_200, Change: -27_200, Low: -61_000, High: -300,
				Standing: []effect.Standing{{Span: harm, Change: -998_000}},
			}},
			{System: "tpac", Transaction: "primary", Step: "apis-match", Latency: true, Difference: effect.Difference{
				Hours: 149, Weeks: 4, Before: 820_000, After: 1_140_000, Change: 320_000, Low: 4_000, High: 710_000,
				Standing: []effect.Standing{{Span: harm, Change: 11_900_000}},
			}},
		}},
	}
}
