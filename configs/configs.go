// Package configs holds files that people copy; those that a binary needs as its default are built in from here.
package configs

import _ "embed" // for the files below

// Ports is ports.yaml: the ports of the demonstration.
//
//go:embed ports.yaml
var Ports []byte
