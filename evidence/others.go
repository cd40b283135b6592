package evidence

import (
	"google.golang.org/protobuf/encoding/protowire"

	"portolan"
)

// readOther returns the record that is not a result, by the number of its field.
func readOther(num protowire.Number, b []byte) (Record, error) {
	switch num {
	case 7:
		return readGap(b)
	case 8:
		return readFarewell(b)
	case 9:
		return readLoss(b)
	default:
		return readExcuse(b)
	}
}

func readGap(b []byte) (Record, error) {
	var g portolan.Gap
	m := message{what: "gap", rest: b}
	for m.next() {
		switch m.num {
		case 1:
			g.Seq = portolan.Seq(m.uint())
		case 2, 3:
			readSpan(&m, &g.Span)
		case 4:
			g.Reason = portolan.GapReason(m.upTo(uint64(lastGapReason)))
		}
	}
	return Record{Gap: &g}, m.err
}

func readFarewell(b []byte) (Record, error) {
	var f portolan.Farewell
	m := message{what: "farewell", rest: b}
	for m.next() {
		switch m.num {
		case 1:
			f.Seq = portolan.Seq(m.uint())
		case 2:
			f.At = portolan.Instant(m.int())
		}
	}
	return Record{Farewell: &f}, m.err
}

func readLoss(b []byte) (Record, error) {
	var l portolan.Loss
	m := message{what: "loss", rest: b}
	for m.next() {
		switch m.num {
		case 1:
			l.Seq = portolan.Seq(m.uint())
		case 2, 3:
			readSpan(&m, &l.Span)
		case 4:
			l.First = portolan.Seq(m.uint())
		case 5:
			l.Last = portolan.Seq(m.uint())
		case 6:
			l.Results = m.uint()
		}
	}
	return Record{Loss: &l}, m.err
}

func readExcuse(b []byte) (Record, error) {
	var e portolan.Excuse
	m := message{what: "excuse", rest: b}
	for m.next() {
		switch m.num {
		case 1:
			e.Seq = portolan.Seq(m.uint())
		case 2, 3:
			readSpan(&m, &e.Span)
		case 4:
			e.System = portolan.SystemID(m.bytes())
		case 5:
			e.Transaction = portolan.TransactionID(m.bytes())
		case 6:
			e.Reason = portolan.Skip(m.upTo(uint64(lastSkip)))
		}
	}
	if m.err == nil {
		m.err = validateExcuse(&e)
	}
	return Record{Excuse: &e}, m.err
}

func readSpan(m *message, s *portolan.Span) {
	if m.num == 2 {
		s.From = portolan.Instant(m.int())
		return
	}
	s.To = portolan.Instant(m.int())
}
