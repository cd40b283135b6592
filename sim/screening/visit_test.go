package screening

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"portolan/sim/fault"
)

// echoing is a system whose door says each line back, or another one if that must be false.
func echoing() System {
	return System{ID: "echo", Doors: []Door{{Name: "tcp", Serve: func(v *Visit) {
		lines := bufio.NewScanner(v.Conn)
		for lines.Scan() {
			found, err := v.Perform("say-back", time.Second, nil)
			switch {
			case errors.As(err, new(*Refusal)):
				fmt.Fprintln(v.Conn, "ERROR")
			case err != nil:
				return
			case found.wrong:
				fmt.Fprintln(v.Conn, "other")
			default:
				fmt.Fprintln(v.Conn, lines.Text())
			}
		}
	}}}}
}

// visit sends a line to a door and returns what it says.
func visit(t *testing.T, faults ...fault.Fault) (answer string, err error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := quick(echoing(), faults...)
	ended := make(chan error, 1)
	go func() { ended <- server.ServeDoor(l, echoing().Doors[0]) }()
	defer func() {
		if err := errors.Join(server.Close(), <-ended); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want net.ErrClosed", err)
		}
	}()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintln(conn, "hello")
	conn.SetReadDeadline(time.Now().Add(glimpse))
	answer, err = bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(answer), err
}

// glimpse is long enough to see that nothing comes.
const glimpse = 300 * time.Millisecond

func TestServer_DoorSuffersFaults(t *testing.T) {
	t.Parallel()
	here := fault.Where{System: "echo"}
	for _, c := range []struct {
		name, want string
		faults     []fault.Fault
	}{
		{"no-fault", "hello", nil},
		{"wrong", "other", []fault.Fault{{Where: here, Effect: fault.Wrong}}},
		{"error", "ERROR", []fault.Fault{{Where: fault.Where{System: "echo", Step: "say-back"}, Effect: fault.Error, Ratio: 1}}},
		{"elsewhere", "hello", []fault.Fault{{Where: fault.Where{System: "echo", Step: "other"}, Effect: fault.Error, Ratio: 1}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got, err := visit(t, c.faults...); err != nil || got != c.want {
				t.Errorf("got %q %v, want %q", got, err, c.want)
			}
		})
	}
}

func TestServer_DoorThatHangsIsClosedWithTheServer(t *testing.T) {
	t.Parallel()
	var timeout net.Error
	if got, err := visit(t, fault.Fault{Where: fault.Where{System: "echo"}, Effect: fault.Hang}); !errors.As(err, &timeout) || errors.Is(err, io.EOF) {
		t.Errorf("got %q %v, want nothing", got, err)
	}
}
