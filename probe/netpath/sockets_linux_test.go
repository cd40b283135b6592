package netpath

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/icmp"
	"golang.org/x/net/ipv4"
)

// Whatever the error queue holds, parsing it ends and gives an address or nothing.
func FuzzTraceroute_AnyErrorIsRead(f *testing.F) {
	f.Add([]byte{})
	f.Add(extendedError(11, [4]byte{10, 0, 0, 1}))
	f.Add(extendedError(3, [4]byte{10, 0, 0, 9})[:40])
	f.Fuzz(func(t *testing.T, control []byte) {
		for _, to := range []string{"10.0.0.9", "2001:db8::9"} {
			hop, _ := socketsFor(netip.MustParseAddr(to)).parse(control)
			if _, err := netip.ParseAddr(hop); hop != "" && err != nil {
				t.Errorf("got hop %q: %v", hop, err)
			}
		}
	})
}

// extendedError is a control message as Linux writes it on a 64-bit machine.
func extendedError(kind byte, from [4]byte) []byte {
	b := make([]byte, 48)
	b[0] = 48               // length, of which the header takes 16
	b[8], b[12] = 0, 11     // IPPROTO_IP, IP_RECVERR
	b[16], b[20] = 113, 2   // EHOSTUNREACH, from ICMP
	b[21] = kind            // type
	b[32] = 2               // AF_INET
	copy(b[36:40], from[:]) // sin_addr
	return b
}

func TestTraceroute_ReadsLinuxsErrors(t *testing.T) {
	t.Parallel()
	s := socketsFor(netip.MustParseAddr("10.0.0.9"))
	if hop, reached := s.parse(extendedError(11, [4]byte{10, 0, 0, 1})); hop != "10.0.0.1" || reached {
		t.Errorf("time exceeded: got %q, %v", hop, reached)
	}
	if hop, reached := s.parse(extendedError(3, [4]byte{10, 0, 0, 9})); hop != "10.0.0.9" || !reached {
		t.Errorf("port unreachable: got %q, %v", hop, reached)
	}
	if hop, _ := s.parse(extendedError(5, [4]byte{10, 0, 0, 1})); hop != "" {
		t.Errorf("redirect: got %q", hop)
	}
}

func TestTraceroute_ReachesThisMachine(t *testing.T) {
	t.Parallel()
	for _, ip := range []string{"127.0.0.1", "::1"} {
		hops, err := traceroute(t.Context(), &net.TCPAddr{IP: net.ParseIP(ip), Port: 1})
		if err != nil || !slices.Equal(hops, []string{ip}) {
			t.Errorf("%s: got %v %v, want itself", ip, hops, err)
		}
	}
}

// Whether everybody may ping is the machine's to say: either it works, or the step says that it does not.
func TestPing_AnswersOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	trips := trips{by: byICMP, count: 3, every: minEvery, wait: 2 * time.Second}
	took, err := trips.ping(t.Context(), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	probed, dialErr := icmp.ListenPacket("udp4", "")
	if dialErr == nil {
		probed.Close()
	}
	switch {
	case dialErr == nil && (err != nil || len(took) != 3):
		t.Errorf("got %v %v, want three answers", took, err)
	case dialErr != nil && (err == nil || !strings.Contains(err.Error(), "ping_group_range") || !os.IsPermission(dialErr)):
		t.Errorf("got %v %v, want to be told of the permission, %v", took, err, dialErr)
	}
}

// Whatever arrives at the socket, it answers a ping that was sent or none.
func FuzzPing_AnyPacketIsRead(f *testing.F) {
	begun := time.Unix(1, 0)
	right, err := (&icmp.Message{Type: ipv4.ICMPTypeEchoReply, Body: &icmp.Echo{Seq: 7, Data: echoFrame(begun, 7)}}).Marshal(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(right)
	f.Add([]byte{})
	f.Add(right[:9])
	to4, to6 := familyOf(netip.IPv4Unspecified()), familyOf(netip.IPv6Unspecified())
	if i, ok := answerTo(right, to4, begun); !ok || i != 7 {
		f.Fatalf("got %d %v, want 7", i, ok)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		for _, family := range []family{to4, to6} {
			if i, ok := answerTo(packet, family, begun); ok && (i < 0 || i > 0xffff) {
				t.Errorf("got ping %d", i)
			}
		}
	})
}
