package screening

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"slices"
	"time"

	"portolan"
)

// circuit is the far end of a circuit: responders that stand where networks end, to measure what lies between.
// Its doors are echo (RFC 862), chargen (RFC 864) and a TLS handshake.
type circuit struct{ prefix string }

// The times of a circuit, one way and back, and what it carries.
const (
	tripTime      = 8 * time.Millisecond
	shakeTime     = 30 * time.Millisecond
	chargenRate   = 4 << 20 // bytes a second
	chargenChunk  = 16 << 10
	mostGenerated = 16 << 20
	echoSize      = 16 // bytes that come back together
	mostEchoes    = 1024
)

// doors returns the circuit's doors. Each has a step of its name.
func (c circuit) doors() []Door {
	door := func(name string, serve func(*Visit)) Door {
		return Door{Name: c.prefix + name, Steps: []portolan.StepID{portolan.StepID(c.prefix + name)}, Serve: serve}
	}
	return []Door{door("echo", c.echo), door("throughput", c.generate), door("handshake", c.shake)}
}

// late is bytes that are due back at a time.
type late struct {
	due   time.Time
	bytes [echoSize]byte
}

// echo sends back what comes, each piece after the time of a trip.
func (c circuit) echo(v *Visit) {
	ctx, cancel := context.WithCancel(v.ctx)
	defer cancel()
	under := make(chan late, mostEchoes)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for l := range under {
			if pause(ctx, time.Until(l.due)) != nil {
				return
			}
			if _, err := v.Conn.Write(l.bytes[:]); err != nil {
				return
			}
		}
	}()
	defer func() { close(under); <-gone }()
	for {
		var l late
		if _, err := io.ReadFull(v.Conn, l.bytes[:]); err != nil {
			return
		}
		found, err := v.Perform(portolan.StepID(c.prefix+"echo"), 0, nil)
		if err != nil {
			return // the circuit drops
		}
		if found.wrong {
			l.bytes[0] ^= 1
		}
		took := float64(latency(v.Draw("trip"), tripTime)) * v.server.options.Scale * found.factor
		l.due = time.Now().Add(time.Duration(took))
		select {
		case under <- l:
		case <-gone:
			return
		}
	}
}

// generate sends bytes as fast as the circuit carries them.
func (c circuit) generate(v *Visit) {
	found, err := v.Perform(portolan.StepID(c.prefix+"throughput"), tripTime, nil)
	if err != nil {
		return
	}
	chunk := slices.Repeat([]byte("PORTOLAN SYNTHETIC SAMPLE 012345\n"), chargenChunk/32)[:chargenChunk]
	took := time.Duration(float64(time.Second) * chargenChunk / chargenRate * v.server.options.Scale * found.factor)
	for sent := 0; sent < mostGenerated; sent += len(chunk) {
		if _, err := v.Conn.Write(chunk); err != nil || pause(v.ctx, took) != nil {
			return
		}
	}
}

// shake shakes hands and waits for the visitor to leave.
func (c circuit) shake(v *Visit) {
	var config *tls.Config
	_, err := v.Perform(portolan.StepID(c.prefix+"handshake"), shakeTime, func() (err error) {
		config, err = ownCertificate(v.Now)
		return err
	})
	if err != nil {
		return
	}
	conn := tls.Server(v.Conn, config)
	if conn.HandshakeContext(v.ctx) == nil {
		_, _ = io.Copy(io.Discard, conn)
	}
}

// ownCertificate makes a certificate that nobody has reason to trust.
func ownCertificate(now time.Time) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	made, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{made}, PrivateKey: key}}}, nil
}
