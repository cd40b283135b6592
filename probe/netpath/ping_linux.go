package netpath

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// family is what differs between pings over IPv4 and IPv6.
type family struct {
	network        string
	protocol       int
	request, reply icmp.Type
}

func familyOf(to netip.Addr) family {
	if to.Is4() {
		return family{"udp4", 1, ipv4.ICMPTypeEcho, ipv4.ICMPTypeEchoReply}
	}
	return family{"udp6", 58, ipv6.ICMPTypeEchoRequest, ipv6.ICMPTypeEchoReply}
}

// ping uses the sockets that Linux has for it since 3.0: the kernel gives them to the groups in
// net.ipv4.ping_group_range, and sets the identifier itself, so that nobody sees another's answers.
func (t trips) ping(ctx context.Context, target net.Addr) ([]time.Duration, error) {
	to, err := netip.ParseAddr(hostOf(target))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoPing, err)
	}
	to = to.Unmap()
	f := familyOf(to)
	conn, err := icmp.ListenPacket(f.network, "")
	if err != nil {
		return nil, fmt.Errorf("%w: %w (see net.ipv4.ping_group_range)", errNoPing, err)
	}
	defer conn.Close()
	inTime, cancel := t.schedule(ctx)
	defer cancel()
	end, _ := inTime.Deadline()
	if err := conn.SetDeadline(end); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	begun := time.Now()
	var sending sync.WaitGroup
	var sendErr error
	sending.Go(func() { sendErr = t.sendPings(inTime, conn, f, to, begun) })
	took := t.receivePings(conn, f, begun)
	cancel()
	sending.Wait()
	if ctx.Err() != nil {
		return took, ctx.Err()
	}
	return took, sendErr
}

func (t trips) sendPings(ctx context.Context, conn *icmp.PacketConn, f family, to netip.Addr, begun time.Time) error {
	for i := range t.count {
		if t.pace(ctx, begun, i) != nil {
			return nil // all that are waited for came back, or the caller gave up
		}
		m := icmp.Message{Type: f.request, Body: &icmp.Echo{Seq: i, Data: echoFrame(begun, i)}}
		packet, err := m.Marshal(nil)
		if err == nil {
			_, err = conn.WriteTo(packet, &net.UDPAddr{IP: to.AsSlice(), Zone: to.Zone()})
		}
		if err != nil {
			return fmt.Errorf("send ping %d: %w", i, err)
		}
	}
	return nil
}

// receivePings reads answers until each trip has its own or the connection's deadline is over.
func (t trips) receivePings(conn *icmp.PacketConn, f family, begun time.Time) (took []time.Duration) {
	packet := make([]byte, 1500)
	seen := make([]bool, t.count)
	for answered := 0; answered < t.count; {
		n, _, err := conn.ReadFrom(packet)
		if err != nil {
			return took
		}
		i, ok := answerTo(packet[:n], f, begun)
		if !ok || i >= t.count || seen[i] {
			continue
		}
		seen[i] = true
		answered++
		if d := time.Since(begun.Add(time.Duration(i) * t.every)); d <= t.wait {
			took = append(took, d)
		}
	}
	return took
}

// answerTo returns which ping of the series that began at begun a packet answers; ok is false if it answers none.
func answerTo(packet []byte, f family, begun time.Time) (i int, ok bool) {
	m, err := icmp.ParseMessage(f.protocol, packet)
	if err != nil || m.Type != f.reply {
		return 0, false
	}
	echo, ok := m.Body.(*icmp.Echo)
	if !ok || !bytes.Equal(echo.Data, echoFrame(begun, echo.Seq)) {
		return 0, false
	}
	return echo.Seq, true
}
