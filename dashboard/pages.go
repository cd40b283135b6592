// Package dashboard draws Portolan's pages: the central ones, ports x systems, and the agent's own port
// page, in one look. It declares what it needs as Source and PortSource, which the collector and the
// agent supply, and prints what these say; it computes no figure, reads no clock and keeps no state.
//
// Start reading at Central and PortPage. Pages are html/template over view values made by the files named
// for them; one stylesheet, one script and one font, embedded, are all that a browser asks for.
package dashboard
