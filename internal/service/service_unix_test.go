//go:build unix

package service

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestRun_StopsOnSIGTERM(t *testing.T) {
	err := Run("portolan-test", func(ctx context.Context, ready func()) error {
		ready()
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGTERM); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(10 * time.Second):
			return errors.New("SIGTERM did not end the context")
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRun_ReturnsTheDaemonsError(t *testing.T) {
	want := errors.New("no disk")
	if got := Run("portolan-test", func(context.Context, func()) error { return want }); !errors.Is(got, want) {
		t.Errorf("Run = %v, want %v", got, want)
	}
}

func TestNotifyReady_TellsSystemd(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	t.Setenv("NOTIFY_SOCKET", path)
	notifyReady()
	if err := conn.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 32)
	n, err := conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(buf[:n]); got != "READY=1" {
		t.Errorf("notice = %q, want READY=1", got)
	}
}
