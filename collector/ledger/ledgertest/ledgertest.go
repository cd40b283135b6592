// Package ledgertest is the contract that every backend of the ledger must meet, as one suite of tests.
//
// A backend's test calls Run with a function that opens a fresh ledger. The batches are real ones, sealed and
// signed by package evidence, because a backend may check what it keeps.
package ledgertest

import (
	"testing"

	"portolan/collector/ledger"
)

// Open opens a fresh ledger that sets aside at most AsideBytes for each agent, and closes it when the test ends.
type Open func(t *testing.T) ledger.Ledger

// AsideBytes is the bound that Open must give its ledgers.
const AsideBytes = 4096

// Run holds a backend against the contract, each behaviour on a fresh ledger.
func Run(t *testing.T, open Open) {
	behaviours := []struct {
		name string
		test func(t *testing.T, l ledger.Ledger)
	}{
		{"append-keeps-the-bytes-as-sent", appendKeepsBytes},
		{"append-again-is-a-duplicate", appendDuplicate},
		{"append-another-hash-is-a-fork", appendFork},
		{"append-of-a-wrong-predecessor-is-broken-and-the-next-goes-on", appendBroken},
		{"append-beyond-the-next-number-keeps-the-missing-ones", appendGap},
		{"append-refused-keeps-a-stub", appendRefused},
		{"append-of-impossible-offers-fails", appendImpossible},
		{"append-concurrently-loses-nothing", appendConcurrently},
		{"append-of-rivals-stores-exactly-one", appendRivals},
		{"append-with-an-ended-context-keeps-nothing", appendEndedContext},
		{"read-in-order-of-positions", readInOrder},
		{"read-finds-everything-while-others-write", readWhileWriting},
		{"overlapping-finds-what-touches-a-span", overlapping},
		{"heads-tell-what-was-heard-last", heads},
		{"plans-and-their-changes", plans},
		{"waiting-is-taken-in-at-a-new-position", takeIn},
		{"archived-is-accepted-without-bytes", archived},
		{"forgotten-keeps-all-but-its-bytes", forget},
		{"aside-is-bounded-for-each-agent", asideBound},
		{"journal-is-one-chain", journalChain},
		{"journal-refuses-what-does-not-follow", journalRefuses},
		{"journal-concurrently", journalConcurrently},
		{"enroll-and-revoke", enrollAndRevoke},
		{"enroll-spends-a-token-once", enrollToken},
		{"cursor-moves-only-from-where-it-is", cursorMoves},
		{"cursor-has-one-winner", cursorWinner},
		{"update-is-all-or-nothing", updateAllOrNothing},
		{"view-is-a-snapshot", viewSnapshot},
		{"series-states", seriesStates},
		{"hours-by-filter", hoursByFilter},
		{"series-by-filter", seriesByFilter},
		{"rollups-by-filter", rollupsByFilter},
		{"sketches-by-filter", sketchesByFilter},
		{"values-by-agent-and-name", values},
		{"incidents-are-a-log", incidents},
		{"terms-follow-each-other", terms},
		{"reset-forgets-the-projection-only", reset},
		{"closed-refuses-everything", closed},
	}
	for _, b := range behaviours {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			b.test(t, open(t))
		})
	}
}
