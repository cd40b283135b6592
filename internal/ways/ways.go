// Package ways is the one list of the ways of talking to screening systems.
//
// A new way of talking is a package under probe/ and a line here; commands hand the list to targets.Load. The
// package decides nothing: which of the ways a definition uses, the definition says.
package ways

import (
	"portolan/probe"
	"portolan/probe/browser"
	"portolan/probe/edifact"
	"portolan/probe/feed"
	"portolan/probe/netpath"
	"portolan/probe/tn3270"
	"portolan/probe/web"
)

// All returns every way of talking that definitions may use.
func All() []probe.Way {
	return []probe.Way{
		tn3270.Way(),
		web.Way(),
		edifact.Way(),
		feed.Way(),
		browser.Way(),
		netpath.Way(),
	}
}
