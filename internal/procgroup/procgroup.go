// Package procgroup runs a program together with all that it starts, so that all of it can be ended at once: a process group
// on Unix, a job object on Windows.
//
// Start at Start. On Windows the system keeps the bound on memory; on Linux Memory tells how much the group uses, and whoever
// started it keeps the bound. The package decides nothing about what the program is for.
package procgroup
