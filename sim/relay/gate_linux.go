package relay

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"time"
)

// heldPort is a socket that is bound and does not listen: attempts to connect are refused, and no other
// process is given the port meanwhile.
type heldPort struct{ fd int }

// holdPort binds a socket to a port that was just released.
func holdPort(addr *net.TCPAddr) (*heldPort, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	to := &syscall.SockaddrInet4{Port: addr.Port, Addr: [4]byte(addr.IP.To4())}
	// The address stays in use by connections that were accepted on it, hence SO_REUSEADDR, which would let
	// others bind the port too if it stayed on.
	if err := errors.Join(setReuse(fd, 1), syscall.Bind(fd, to), setReuse(fd, 0)); err != nil {
		return nil, errors.Join(err, syscall.Close(fd))
	}
	return &heldPort{fd}, nil
}

// listen begins to listen on the held port.
func (h *heldPort) listen() (*net.TCPListener, error) {
	if err := errors.Join(setReuse(h.fd, 1), syscall.Listen(h.fd, syscall.SOMAXCONN)); err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(h.fd), "gate")
	defer file.Close() // FileListener has its own descriptor
	l, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

func setReuse(fd, on int) error {
	return syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, on)
}

func (h *heldPort) release() error { return syscall.Close(h.fd) }

// setBacklog changes how many connections may wait to be accepted.
func setBacklog(l *net.TCPListener, backlog int) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var listenErr error
	if err := raw.Control(func(fd uintptr) { listenErr = syscall.Listen(int(fd), backlog) }); err != nil {
		return err
	}
	return listenErr
}

const (
	// unanswered is how long a connection attempt on loopback stays without an answer before its packet
	// counts as lost; an answer takes microseconds.
	unanswered = 250 * time.Millisecond
	// mostFillers is how many connections are made to fill a queue; one or two are needed.
	mostFillers = 16
)

// drop makes the kernel drop attempts to connect: with a backlog of 0 and a connection in the queue that
// nobody accepts, Linux answers no further SYN. It makes sure by trying.
func (g *Gate) drop() error {
	g.accepting.Lock() // the accept loop's wait has been ended; from here on it stays out
	err := setBacklog(g.listener, 0)
	g.accepting.Unlock()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoDrop, err)
	}
	for range mostFillers {
		filler, err := net.DialTimeout("tcp4", g.addr.String(), unanswered)
		var timeout net.Error
		switch {
		case err == nil:
			g.mu.Lock()
			g.fillers = append(g.fillers, filler)
			g.mu.Unlock()
		case errors.As(err, &timeout) && timeout.Timeout():
			return nil
		default:
			return err
		}
	}
	return fmt.Errorf("%w: the kernel went on accepting", ErrNoDrop)
}
