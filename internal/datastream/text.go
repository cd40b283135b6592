package datastream

import (
	"strings"

	"golang.org/x/text/encoding/charmap"
)

// blank is a space, null what a field holds where nothing was typed. Both look the same.
const (
	blank byte = 0x40
	null  byte = 0x00
)

// Encode returns text in code page 037. What the page does not hold, and what would be an order, becomes a blank.
func Encode(text string) []byte {
	encoded := make([]byte, 0, len(text))
	for _, r := range text {
		b, ok := charmap.CodePage037.EncodeRune(r)
		if !ok || b < blank || b == 0xFF {
			b = blank
		}
		encoded = append(encoded, b)
	}
	return encoded
}

// Encodable reports whether Encode keeps all of text.
func Encodable(text string) bool { return Decode(Encode(text)) == text }

// Decode returns the text that code page 037 spells; controls and nulls become spaces.
func Decode(encoded []byte) string {
	var text strings.Builder
	for _, b := range encoded {
		text.WriteRune(decodeByte(b))
	}
	return text.String()
}

func decodeByte(b byte) rune {
	if b < blank || b == 0xFF {
		return ' '
	}
	return charmap.CodePage037.DecodeByte(b)
}
