package interchange

import (
	"errors"
	"fmt"
	"strings"
)

// syntax is the characters that part an interchange, as its UNA says.
type syntax struct{ component, element, release, terminator byte }

// standard is the syntax of an interchange that has no UNA.
func standard() syntax { return syntax{':', '+', '?', '\''} }

const (
	adviceTag    = "UNA"
	adviceLength = 9
)

// adviceOf returns the syntax that a UNA of nine bytes says.
func adviceOf(una []byte) (syntax, error) {
	s := syntax{component: una[3], element: una[4], release: una[6], terminator: una[8]}
	seen := map[byte]bool{}
	for _, c := range []byte{s.component, s.element, s.release, s.terminator} {
		if seen[c] || isWord(c) || c == ' ' {
			return s, fmt.Errorf("UNA %q: want four different characters that are no letters, digits or spaces", una[3:])
		}
		seen[c] = true
	}
	return s, nil
}

func isWord(c byte) bool { return '0' <= c && c <= '9' || isUpper(c) || 'a' <= c && c <= 'z' }

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// isBreak reports whether c is one that may stand between segments, for people's sake.
func isBreak(c byte) bool { return c == '\r' || c == '\n' }

// split returns the segments of an interchange without its UNA.
func (s syntax) split(data []byte) ([]Segment, error) {
	var segments []Segment
	for {
		for len(data) > 0 && isBreak(data[0]) && data[0] != s.terminator {
			data = data[1:]
		}
		if len(data) == 0 {
			return segments, nil
		}
		if len(segments) == MaxSegments {
			return nil, fmt.Errorf("more than %d segments", MaxSegments)
		}
		segment, rest, err := s.segment(data)
		if err != nil {
			return nil, fmt.Errorf("segment %d: %w", len(segments)+1, err)
		}
		segments, data = append(segments, segment), rest
	}
}

// segment returns the first segment of data and what follows it.
func (s syntax) segment(data []byte) (Segment, []byte, error) {
	elements := []Element{{}}
	var part strings.Builder
	endPart := func() {
		last := len(elements) - 1
		elements[last] = append(elements[last], part.String())
		part.Reset()
	}
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == s.terminator:
			endPart()
			segment, err := segmentOf(elements)
			return segment, data[i+1:], err
		case c == s.element:
			endPart()
			elements = append(elements, Element{})
		case c == s.component:
			endPart()
		case c == s.release && i+1 < len(data) && data[i+1] >= ' ':
			i++
			part.WriteByte(data[i])
		case c < ' ':
			return Segment{}, nil, fmt.Errorf("control character %#02x", c)
		default:
			part.WriteByte(c)
		}
		if len(elements) > maxElements || len(elements[len(elements)-1]) > maxParts {
			return Segment{}, nil, fmt.Errorf("more than %d elements, or components in one", maxElements)
		}
	}
	return Segment{}, nil, errors.New("it breaks off")
}

// segmentOf returns the segment whose first element is its tag.
func segmentOf(elements []Element) (Segment, error) {
	tag := elements[0]
	if len(tag) != 1 || !isTag(tag[0]) {
		return Segment{}, fmt.Errorf("tag %.20q: want three capital letters or digits", strings.Join(tag, ":"))
	}
	return trimmed(Segment{tag[0], elements[1:]}), nil
}

func isTag(tag string) bool {
	return len(tag) == 3 && isUpper(tag[0]) && isWord(tag[1]) && isWord(tag[2]) && tag == strings.ToUpper(tag)
}

// trimmed returns the segment without what is empty at the end of it and of its elements: it may be left out.
func trimmed(s Segment) Segment {
	var elements []Element
	for i, element := range s.Elements {
		for len(element) > 0 && element[len(element)-1] == "" {
			element = element[:len(element)-1]
		}
		if len(element) > 0 {
			for len(elements) < i {
				elements = append(elements, nil)
			}
			elements = append(elements, element)
		}
	}
	return Segment{s.Tag, elements}
}

// append appends the segment, written.
func (s syntax) append(to []byte, segment Segment) ([]byte, error) {
	if !isTag(segment.Tag) {
		return nil, fmt.Errorf("tag %.20q: want three capital letters or digits", segment.Tag)
	}
	to = append(to, segment.Tag...)
	for _, element := range trimmed(segment).Elements {
		to = append(to, s.element)
		for i, component := range element {
			if i > 0 {
				to = append(to, s.component)
			}
			var err error
			if to, err = s.appendText(to, component); err != nil {
				return nil, fmt.Errorf("%s: %w", segment.Tag, err)
			}
		}
	}
	return append(to, s.terminator), nil
}

// appendText appends a text, its special characters released.
func (s syntax) appendText(to []byte, text string) ([]byte, error) {
	for i := range len(text) {
		switch c := text[i]; c {
		case s.component, s.element, s.release, s.terminator:
			to = append(to, s.release, c)
		default:
			if c < ' ' {
				return nil, fmt.Errorf("control character %#02x in a text", c)
			}
			to = append(to, c)
		}
	}
	return to, nil
}
