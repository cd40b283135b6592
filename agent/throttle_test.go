package agent

import (
	"context"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestThrottle_WritesNoFasterThanTheLinkCanSpare(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		dial := throttle(func(context.Context, string, string) (net.Conn, error) { return near, nil }, 1000)
		conn, err := dial(t.Context(), "tcp", "collector.example:443")
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan int64)
		go func() {
			n, _ := io.Copy(io.Discard, far)
			got <- n
		}()
		begun := time.Now()
		if n, err := conn.Write(make([]byte, 5250)); n != 5250 || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
		if took := time.Since(begun); took < 4900*time.Millisecond || took > 5100*time.Millisecond {
			t.Errorf("5,250 bytes, 250 of them at once, took %s at 1,000 a second, want 5 s", took)
		}
		conn.Close()
		if n := <-got; n != 5250 {
			t.Errorf("%d bytes arrived, want 5250", n)
		}
	})
}
