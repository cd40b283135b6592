package e2e

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"portolan/internal/datastream"
)

// emulator is Debian's s3270, a 3270 terminal that scripts drive.
type emulator struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Reader
}

func newEmulator(t *testing.T, address string) *emulator {
	t.Helper()
	cmd := exec.Command("s3270", "-model", "3278-2", "-utf8")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start s3270 (make setup installs it): %v", err)
	}
	stuck := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		in.Close()
		_, _ = io.Copy(io.Discard, out)
		_ = cmd.Wait()
		stuck.Stop()
	})
	e := &emulator{t, in, bufio.NewReader(out)}
	e.do("Connect(" + address + ")")
	e.do("Wait(InputField)")
	return e
}

// do performs an action and returns what it prints.
func (e *emulator) do(action string) (lines []string) {
	e.t.Helper()
	if _, err := fmt.Fprintln(e.in, action); err != nil {
		e.t.Fatalf("%s: %v", action, err)
	}
	for {
		line, err := e.out.ReadString('\n')
		if err != nil {
			e.t.Fatalf("%s: %v", action, err)
		}
		line = strings.TrimRight(line, "\n")
		data, shown := strings.CutPrefix(line, "data: ")
		switch {
		case shown:
			lines = append(lines, strings.TrimRight(data, " "))
		case line == "ok":
			return lines
		case line == "error":
			e.t.Fatalf("%s: %q", action, lines)
		}
	}
}

// wants checks that the screen shows all the texts.
func (e *emulator) wants(texts ...string) {
	e.t.Helper()
	screen := strings.Join(e.do("Ascii()"), "\n")
	for _, text := range texts {
		if !strings.Contains(screen, text) {
			e.t.Fatalf("s3270 does not show %q but\n%s", text, screen)
		}
	}
}

// A real terminal works with the simulated mainframe as officers did: what our probe agrees with is no dialect of
// our own.
func TestTerminal_S3270SearchesAtTheSimulatedMainframe(t *testing.T) {
	t.Parallel()
	dir, admin := t.TempDir(), freeAddress(t)
	launch(t, dir, "sim", "portolan-sim", "serve", "--listen", admin, "--systems", "tecs-legacy", "--ports", "MIA")
	var list struct {
		Systems []struct{ Doors map[string]string }
	}
	until(t, 30*time.Second, "the simulator", func() error { return getJSON("http://"+admin+"/admin/v1/systems", &list) })
	e := newEmulator(t, list.Systems[0].Doors["tn3270"])
	e.wants("TECS01", "USER ID")
	for _, action := range []string{`String("SYNTHETIC-OFFICER")`, "Tab()", `String("MIA-1")`, "Enter()"} {
		e.do(action)
	}
	e.wants("TECS10", "USER SYNTHETIC-OFFICER")
	for _, action := range []string{`String("LOOKOUT")`, "Tab()", `String("PROBE ALPHA")`, "Tab()", `String("700101")`, "Enter()"} {
		e.do(action)
	}
	e.wants("TECS20", "TECS0201I 1 RECORD FOUND", "SYNLOOKOUT01  LOOKOUT, PROBE ALPHA")
	e.do("PF(3)")
	e.do("Wait(Disconnect)")
	e.wants("TECS99", "SIGNED OFF")
}

// Records with every order, drawn from a seed, look the same on our screen as on s3270's, and the host hears the
// same from both when the same is typed.
func TestTerminal_ScreenAgreesWithS3270(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	hosts := make(chan *datastream.Stream, 1)
	go func() {
		defer close(hosts)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		t.Cleanup(func() { conn.Close() })
		if host, _, err := datastream.NewHost(conn); err == nil && host.Write(start3270()) == nil {
			hosts <- host
		}
	}()
	e := newEmulator(t, l.Addr().String())
	host := <-hosts
	model, err := datastream.ParseModel("IBM-3278-2")
	if host == nil || err != nil {
		t.Fatalf("s3270 does not agree with our host: %v", err)
	}
	ours := datastream.NewScreen(model)
	must(t, apply(ours, start3270()))
	draw := drawing{rand.New(rand.NewPCG(3270, 1))}
	var last []byte // what made the screen
	for n := range rounds(150) {
		record := draw.record()
		heard := make(chan string, 1)
		go func() {
			in, err := host.Read()
			heard <- fmt.Sprintf("% X %v", in, err)
			if err := host.Write(record); err != nil {
				t.Errorf("write record %d: %v", n, err)
			}
		}()
		e.do("Enter()")
		if got, want := fmt.Sprintf("% X <nil>", ours.Press(datastream.AIDEnter)), <-heard; got != want {
			t.Fatalf("before record %d our terminal sends\n%s\nand s3270\n%s\nafter\n% X", n, got, want, last)
		}
		must(t, apply(ours, record))
		last = append(last, record...)
		if record[0] == 0xF5 {
			last = record
		}
		for row, want := range e.do("Ascii()") {
			if got := ours.Row(row + 1); got != want {
				t.Fatalf("row %d of record %d, % X\nours  %q\ns3270 %q", row+1, n, record, got, want)
			}
		}
	}
}

func apply(s *datastream.Screen, record []byte) error {
	_, err := s.Apply(record)
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func start3270() []byte {
	return datastream.NewPanel().Put(1, 2, datastream.LookText, "START").Input(2, 2, 10, datastream.LookInput).Record()
}

// drawing draws records: orders at random places, and letters.
type drawing struct{ *rand.Rand }

func (d drawing) record() []byte {
	record := []byte{[]byte{0xF1, 0xF5, 0xF5}[d.IntN(3)], 0xC2 | byte(d.IntN(2))} // the keyboard is always unlocked
	for range 5 + d.IntN(40) {
		record = append(record, d.order()...)
	}
	return record
}

func (d drawing) order() []byte {
	attribute := 0x40 | byte(d.IntN(4))<<4&0x30 | byte(d.IntN(4))<<2 | byte(d.IntN(2))
	switch d.IntN(14) {
	case 0, 1:
		return append([]byte{0x11}, d.address()...)
	case 2, 3:
		return []byte{0x1D, attribute}
	case 4:
		return []byte{0x29, 2, 0xC0, attribute, 0x41, 0xF1}
	case 5:
		return append(append([]byte{0x3C}, d.address()...), d.letter())
	case 6:
		// Behind an address: after a tab, s3270 takes the attribute of the field that the tab left.
		return append(append(append([]byte{0x11}, d.address()...), 0x12), d.address()...)
	case 7:
		// Not right behind an attribute, where no further field follows: s3270 stays there, GA23-0059 goes to the top.
		return []byte{d.letter(), 0x05}
	case 9:
		return append(append([]byte{0x11}, d.address()...), 0x05)
	case 8:
		return []byte{0x13}
	default:
		text := make([]byte, 1+d.IntN(12))
		for i := range text {
			text[i] = d.letter()
		}
		return text
	}
}

// address is one of the screen but of its last row, in 12 or in 14 bits. From the last row, text can go on in the first,
// where terminals differ in what a tab then clears.
func (d drawing) address() []byte {
	at := d.IntN(23 * 80)
	if d.IntN(2) == 0 {
		return []byte{byte(at >> 8), byte(at)}
	}
	table := "\x40\xC1\xC2\xC3\xC4\xC5\xC6\xC7\xC8\xC9\x4A\x4B\x4C\x4D\x4E\x4F\x50\xD1\xD2\xD3\xD4\xD5\xD6\xD7\xD8\xD9\x5A\x5B\x5C\x5D\x5E\x5F" +
		"\x60\x61\xE2\xE3\xE4\xE5\xE6\xE7\xE8\xE9\x6A\x6B\x6C\x6D\x6E\x6F\xF0\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8\xF9\x7A\x7B\x7C\x7D\x7E\x7F"
	return []byte{table[at>>6], table[at&0x3F]}
}

func (d drawing) letter() byte { return 0xC1 + byte(d.IntN(9)) }
