package datastream

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// connect returns both ends of a conversation that was agreed on.
func connect(t *testing.T, model Model) (terminal, host *Stream, said string) {
	t.Helper()
	a, b := net.Pipe()
	t.Cleanup(func() { a.Close(); b.Close() })
	type end struct {
		stream *Stream
		said   string
		err    error
	}
	agreed := make(chan end, 1)
	go func() {
		stream, said, err := NewHost(b)
		if err == nil {
			err = stream.Write(NewPanel().Put(1, 2, LookText, "READY").Record())
		}
		agreed <- end{stream, said, err}
	}()
	terminal = NewTerminal(a, model)
	record, err := terminal.Read()
	if err != nil {
		t.Fatal(err)
	}
	s := NewScreen(model)
	if _, err := s.Apply(record); err != nil || s.Row(1) != " READY" {
		t.Fatalf("the first screen: %q %v", s.Row(1), err)
	}
	got := <-agreed
	if got.err != nil {
		t.Fatal(got.err)
	}
	return terminal, got.stream, got.said
}

func TestStream_TerminalAndHostAgree(t *testing.T) {
	t.Parallel()
	terminal, host, said := connect(t, model2(t))
	if said != "IBM-3278-2" {
		t.Errorf("the host heard %q", said)
	}
	record := "\x7D\x40\x40\x11\xFF\xFF\x00" // bytes that Telnet must double
	go func() { _ = terminal.Write([]byte(record)) }()
	if got, err := host.Read(); err != nil || string(got) != record {
		t.Errorf("got % X %v, want % X", got, err, record)
	}
}

func TestStream_PanelAndInboundAgree(t *testing.T) {
	t.Parallel()
	s := NewScreen(model2(t))
	panel := NewPanel().Put(1, 2, LookBright, "SIGN ON").Put(3, 2, LookText, "USER").Input(3, 10, 8, LookInput).Input(4, 10, 8, LookSecret)
	if _, err := s.Apply(panel.Record()); err != nil {
		t.Fatal(err)
	}
	row, column, _ := s.Find(3, "USER")
	row, column, ok := s.FieldAfter(row, column)
	if !ok || row != 3 || column != 10 {
		t.Fatalf("the field behind USER is at %d,%d", row, column)
	}
	if err := errors.Join(s.Type(row, column, "MIA-1"), s.Type(4, 10, "SECRET")); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.String(), "SECRET") {
		t.Error("the screen shows a hidden field")
	}
	in, err := ParseInbound(s.Press(AIDEnter))
	if err != nil || in.Key != AIDEnter || in.Field(3, 10) != "MIA-1" || in.Field(4, 10) != "SECRET" {
		t.Errorf("the host reads %+v %v", in, err)
	}
}

func TestParseInbound_RefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for name, record := range map[string]string{
		"nothing": "", "no-key": "\x99\x40\x40", "short": "\x7D\x40", "short-address": "\x7D\x40\x40\x11\x40",
		"address-beyond": "\x7D\x40\x40\x11\x7F\x7F", "order-in-field": "\x7D\x40\x40\x11\x40\x40\x1D",
	} {
		if in, err := ParseInbound([]byte(record)); err == nil {
			t.Errorf("%s: got %+v", name, in)
		}
	}
}

// said is what the other end sends before it closes, and what this end answered.
type said struct {
	io.Reader
	strings.Builder
}

func (s *said) Read(p []byte) (int, error) { return s.Reader.Read(p) }

func TestStream_TerminalAgreesToWhat3270Needs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, says, answers string }{
		{"terminal-type", "\xFF\xFD\x18\xFF\xFA\x18\x01\xFF\xF0", "\xFF\xFB\x18\xFF\xFA\x18\x00IBM-3278-2\xFF\xF0"},
		{"records", "\xFF\xFD\x19\xFF\xFB\x19", "\xFF\xFB\x19\xFF\xFD\x19"},
		{"binary", "\xFF\xFB\x00\xFF\xFD\x00", "\xFF\xFD\x00\xFF\xFB\x00"},
		{"twice-is-no-loop", "\xFF\xFD\x19\xFF\xFD\x19", "\xFF\xFB\x19"},
		{"extended-tn3270-is-refused", "\xFF\xFD\x28", "\xFF\xFC\x28"},
		{"echo-is-refused", "\xFF\xFB\x01", "\xFF\xFE\x01"},
		{"its-own-type-is-refused", "\xFF\xFB\x18", "\xFF\xFE\x18"},
		{"taken-back", "\xFF\xFD\x00\xFF\xFE\x00", "\xFF\xFB\x00\xFF\xFC\x00"},
		{"no-operation", "\xFF\xF1\xFF\xF9", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			peer := &said{Reader: strings.NewReader(c.says)}
			if _, err := NewTerminal(peer, model2(t)).Read(); !errors.Is(err, io.EOF) {
				t.Errorf("got %v, want the end", err)
			}
			if got := peer.String(); got != c.answers {
				t.Errorf("answered % X, want % X", got, c.answers)
			}
		})
	}
}

func TestStream_BannerIsDropped(t *testing.T) {
	t.Parallel()
	peer := &said{Reader: strings.NewReader("Welcome to UTOPIA\r\n\xFF\xFD\x19\xFF\xFB\x19\xF5\xC3\xFF\xEF")}
	if got, err := NewTerminal(peer, model2(t)).Read(); err != nil || string(got) != "\xF5\xC3" {
		t.Errorf("got % X %v", got, err)
	}
}

func TestStream_IsBounded(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"record":      strings.Repeat("x", mostRecord+1),
		"doubled":     strings.Repeat("\xFF\xFF", mostRecord+1),
		"negotiation": "\xFF\xFA\x18" + strings.Repeat("x", mostSubnegotiation),
		"commands":    strings.Repeat("\xFF\xFD\x01", mostCommands),
	} {
		if _, err := NewTerminal(&said{Reader: strings.NewReader(says)}, model2(t)).Read(); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s: got %v, want ErrTooLarge", name, err)
		}
	}
}

// A peer that sends a byte at a time, with a failure of the deadline between any two, is read all the same.
func TestStream_GoesOnAfterADeadline(t *testing.T) {
	t.Parallel()
	text := "\xFF\xFD\x19\xFF\xFA\x18\x01\xFF\xF0\xF5\xC3\xFF\xFF\xFF\xEF"
	peer := &said{Reader: &halting{text: text}}
	s := NewTerminal(peer, model2(t))
	for range 2 * len(text) {
		got, err := s.Read()
		if err == nil {
			if string(got) != "\xF5\xC3\xFF" {
				t.Errorf("got % X", got)
			}
			return
		}
		if !errors.Is(err, errHalt) {
			t.Fatal(err)
		}
	}
	t.Error("no record came")
}

var errHalt = errors.New("halt")

// halting fails after each byte.
type halting struct {
	text string
	gave bool
}

func (h *halting) Read(p []byte) (int, error) {
	if h.gave = !h.gave; !h.gave {
		return 0, errHalt
	}
	if h.text == "" {
		return 0, io.EOF
	}
	p[0], h.text = h.text[0], h.text[1:]
	return 1, nil
}

func TestNewHost_RefusesATerminalThatDoesNotAgree(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"no-type": "\xFF\xFC\x18", "no-records": "\xFF\xFB\x18\xFF\xFA\x18\x00IBM-3278-2\xFF\xF0\xFF\xFC\x19",
		"silence": "", "a-browser": "GET / HTTP/1.1\r\n\r\n",
	} {
		if _, _, err := NewHost(&said{Reader: strings.NewReader(says)}); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
