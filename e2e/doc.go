// Package e2e runs the real binaries as separate processes, beside real peers from Debian, and looks at what
// users see: the API, the pages, the pager. It holds tests only.
//
// Start at harness_test.go: a world is a simulator with its relays, a collector and agents, all on free
// loopback ports and in a temporary folder. Every process that a test starts is ended by its pid.
package e2e
