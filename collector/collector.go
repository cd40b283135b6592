// Package collector is the center.
package collector
