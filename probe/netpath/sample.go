package netpath

import (
	"context"
	"errors"
	"io"
	"time"

	"portolan"
	"portolan/probe"
)

// sample reads bytes from a peer that sends them, and measures how fast they come: from the first to the last,
// so that what the peer takes to begin does not count.
func (m *measurement) sample(ctx context.Context) *probe.Failure {
	t := m.action.throughput
	address, err := m.fill(t.from)
	if err != nil {
		return &probe.Failure{Kind: portolan.KindMonitor, Err: err}
	}
	conn, err := m.run.Dial(ctx, "tcp", address)
	if err != nil {
		return probe.NetworkFailure(ctx, portolan.PhaseRead, err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if _, err := io.WriteString(conn, t.send); err != nil {
		return probe.NetworkFailure(ctx, portolan.PhaseRead, err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(t.time)) // of a closed one, Read tells
	var first [1]byte
	if _, err := io.ReadFull(conn, first[:]); err != nil {
		return probe.NetworkFailure(ctx, portolan.PhaseRead, err)
	}
	begun := time.Now()
	n, err := io.CopyN(io.Discard, conn, t.size-1)
	took := time.Since(begun)
	m.seen.Bytes += n + 1
	if err != nil && (ctx.Err() != nil || !isTimeout(err) && !errors.Is(err, io.EOF)) {
		return probe.NetworkFailure(ctx, portolan.PhaseRead, err)
	}
	m.judgeSample(n, took)
	return nil
}

// judgeSample measures a sample of n bytes after the first.
func (m *measurement) judgeSample(n int64, took time.Duration) {
	t := m.action.throughput
	if n == 0 {
		m.lack(portolan.NoThroughput, "a single byte came within %s", t.time)
		return
	}
	rate := int64(float64(n) / max(took, time.Microsecond).Seconds())
	m.measured(portolan.Throughput, rate)
	m.remark("throughput is that of %d bytes in %s", n+1, took.Round(time.Microsecond))
	if rate < t.rate {
		m.seen.Late = true
		m.remark("%d bytes a second are less than %d", rate, t.rate)
	}
}
