package netpath

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// How the routers are found: a packet after the other, each allowed one hop more, to ports where nobody listens.
const (
	firstPort  = 33434 // traceroute's
	mostHops   = 30
	hopWait    = 300 * time.Millisecond
	mostSilent = 3 // routers in a row that do not answer: behind them is a filter
)

// sockets is what differs between IPv4 and IPv6.
type sockets struct {
	network            string
	level, ttl, errors int // of setsockopt
	died, refused      byte
	offender           func([]byte) (netip.Addr, bool) // from the address behind the error
}

func socketsFor(to netip.Addr) sockets {
	if to.Is4() {
		return sockets{"udp4", unix.IPPROTO_IP, unix.IP_TTL, unix.IP_RECVERR, 11, 3, func(b []byte) (netip.Addr, bool) {
			if len(b) < 8 {
				return netip.Addr{}, false
			}
			return netip.AddrFromSlice(b[4:8]) // of struct sockaddr_in
		}}
	}
	return sockets{"udp6", unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, unix.IPV6_RECVERR, 3, 1, func(b []byte) (netip.Addr, bool) {
		if len(b) < 24 {
			return netip.Addr{}, false
		}
		return netip.AddrFromSlice(b[8:24]) // of struct sockaddr_in6
	}}
}

// traceroute returns the routers on the way to a target, the target last if it answers; empty for one that does not.
// Linux tells everybody of packets that died on the way, through the socket's error queue (ip(7), IP_RECVERR).
func traceroute(ctx context.Context, target net.Addr) ([]string, error) {
	to, err := netip.ParseAddr(hostOf(target))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoTrace, err)
	}
	to = to.Unmap()
	s := socketsFor(to)
	packets, err := net.ListenPacket(s.network, "")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoTrace, err)
	}
	defer packets.Close()
	conn := packets.(*net.UDPConn)
	raw, err := conn.SyscallConn()
	if err == nil {
		err = s.set(raw, s.errors, 1)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoTrace, err)
	}
	return s.hops(ctx, conn, raw, to)
}

type rawConn interface {
	Control(func(fd uintptr)) error
	Read(func(fd uintptr) bool) error
}

func (s sockets) set(raw rawConn, option, value int) error {
	var failed error
	err := raw.Control(func(fd uintptr) { failed = unix.SetsockoptInt(int(fd), s.level, option, value) })
	return errors.Join(err, failed)
}

// hops sends packets of longer and longer life, and collects who answers.
func (s sockets) hops(ctx context.Context, conn *net.UDPConn, raw rawConn, to netip.Addr) ([]string, error) {
	var found []string
	for ttl, silent := 1, 0; ttl <= mostHops && silent < mostSilent && ctx.Err() == nil; ttl++ {
		if err := s.set(raw, s.ttl, ttl); err != nil {
			return nil, fmt.Errorf("limit a packet's life: %w", err)
		}
		port := uint16(firstPort + ttl)
		packet := binary.BigEndian.AppendUint32(nil, uint32(ttl))
		if _, err := conn.WriteToUDPAddrPort(packet, netip.AddrPortFrom(to, port)); err != nil {
			// The error of the packet before may come with this one, which is not sent then.
			if _, err = conn.WriteToUDPAddrPort(packet, netip.AddrPortFrom(to, port)); err != nil {
				return nil, fmt.Errorf("send a packet of %d hops: %w", ttl, err)
			}
		}
		hop, reached := s.answer(conn, raw, port)
		found = append(found, hop)
		if silent++; hop != "" {
			silent = 0
		}
		if reached {
			break
		}
	}
	return found, ctx.Err()
}

// answer waits for who answers the packet to a port, and tells whether that is the target: nobody listens there.
func (s sockets) answer(conn *net.UDPConn, raw rawConn, port uint16) (hop string, reached bool) {
	_ = conn.SetReadDeadline(time.Now().Add(hopWait)) // of a closed one, Read tells
	packet, control := make([]byte, 512), make([]byte, 512)
	err := raw.Read(func(fd uintptr) bool {
		for {
			_, n, _, from, err := unix.Recvmsg(int(fd), packet, control, unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
			if err != nil {
				return !errors.Is(err, unix.EAGAIN)
			}
			if portOf(from) == port { // an answer that came late is another packet's
				hop, reached = s.parse(control[:n])
				return true
			}
		}
	})
	if err != nil {
		return "", false
	}
	return hop, reached
}

func portOf(a unix.Sockaddr) uint16 {
	switch a := a.(type) {
	case *unix.SockaddrInet4:
		return uint16(a.Port)
	case *unix.SockaddrInet6:
		return uint16(a.Port)
	default:
		return 0
	}
}

// parse reads who answered, and whether the packet had arrived, from a message of the error queue: struct
// sock_extended_err, then the answering address.
func (s sockets) parse(control []byte) (hop string, reached bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return "", false
	}
	for _, m := range messages {
		const size = 16
		if int(m.Header.Level) != s.level || int(m.Header.Type) != s.errors || len(m.Data) < size {
			continue
		}
		kind := m.Data[5]
		if addr, ok := s.offender(m.Data[size:]); ok && (kind == s.died || kind == s.refused) {
			return addr.String(), kind == s.refused
		}
	}
	return "", false
}
