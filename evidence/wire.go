package evidence

import "google.golang.org/protobuf/encoding/protowire"

type protoNumber = protowire.Number

func appendUint(b []byte, num protowire.Number, v uint64) []byte {
	if v == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), v)
}

func appendInt(b []byte, num protowire.Number, v int64) []byte {
	return appendUint(b, num, protowire.EncodeZigZag(v))
}

func appendString[T ~string | ~[]byte](b []byte, num protowire.Number, v T) []byte {
	if len(v) == 0 {
		return b
	}
	return appendMessage(b, num, v)
}

// appendMessage appends a field even where it is empty: an empty message is not an absent one.
func appendMessage[T ~string | ~[]byte](b []byte, num protowire.Number, v T) []byte {
	b = protowire.AppendVarint(protowire.AppendTag(b, num, protowire.BytesType), uint64(len(v)))
	return append(b, v...)
}

// message walks over the fields of a protobuf message. The first fault ends the walk and stays in err.
type message struct {
	what string // names the message in errors
	rest []byte
	err  error

	num   protowire.Number
	typ   protowire.Type
	value []byte
}

// next moves to the next field and reports whether there is one.
func (m *message) next() bool {
	if m.err != nil || len(m.rest) == 0 {
		return false
	}
	num, typ, n := protowire.ConsumeTag(m.rest)
	if n < 0 {
		return m.fail("bad field tag")
	}
	size := protowire.ConsumeFieldValue(num, typ, m.rest[n:])
	if size < 0 {
		return m.fail("field %d is cut short", num)
	}
	m.num, m.typ, m.value, m.rest = num, typ, m.rest[n:n+size], m.rest[n+size:]
	return true
}

func (m *message) uint() uint64 {
	if m.typ != protowire.VarintType {
		m.fail("field %d is not a number", m.num)
		return 0
	}
	v, _ := protowire.ConsumeVarint(m.value)
	return v
}

func (m *message) int() int64 { return protowire.DecodeZigZag(m.uint()) }

// upTo returns the field's number if it is at most most.
func (m *message) upTo(most uint64) uint64 {
	v := m.uint()
	if v > most {
		m.fail("field %d is %d, above %d", m.num, v, most)
		return 0
	}
	return v
}

func (m *message) bytes() []byte {
	if m.typ != protowire.BytesType {
		m.fail("field %d is not bytes", m.num)
		return nil
	}
	v, _ := protowire.ConsumeBytes(m.value)
	return v
}

// fixed copies the field into out, whose length it must have.
func (m *message) fixed(out []byte) {
	v := m.bytes()
	if m.err == nil && len(v) != len(out) {
		m.fail("field %d has %d bytes, want %d", m.num, len(v), len(out))
	}
	copy(out, v)
}

func (m *message) fail(format string, args ...any) bool {
	m.set(malformed(m.what, format, args...))
	return false
}

func (m *message) set(err error) {
	if m.err == nil {
		m.err = err
	}
}
