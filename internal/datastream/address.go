package datastream

// graphic returns six bits as the byte that the 3270 sends for them: a printable character.
func graphic(six byte) byte {
	const table = "\x40\xC1\xC2\xC3\xC4\xC5\xC6\xC7\xC8\xC9\x4A\x4B\x4C\x4D\x4E\x4F" +
		"\x50\xD1\xD2\xD3\xD4\xD5\xD6\xD7\xD8\xD9\x5A\x5B\x5C\x5D\x5E\x5F" +
		"\x60\x61\xE2\xE3\xE4\xE5\xE6\xE7\xE8\xE9\x6A\x6B\x6C\x6D\x6E\x6F" +
		"\xF0\xF1\xF2\xF3\xF4\xF5\xF6\xF7\xF8\xF9\x7A\x7B\x7C\x7D\x7E\x7F"
	return table[six&attrMeaningful]
}

// putAddress appends a buffer address: in 12 bits where it fits, as every terminal understands, else in 14.
func putAddress(to []byte, address int) []byte {
	if address < 1<<12 {
		return append(to, graphic(byte(address>>6)), graphic(byte(address)))
	}
	return append(to, byte(address>>8)&0x3F, byte(address))
}

// addressOf returns the address that two bytes spell: the first one's upper bits tell how many bits count.
func addressOf(high, low byte) int {
	if high&0xC0 == 0 {
		return int(high)<<8 | int(low)
	}
	return int(high&attrMeaningful)<<6 | int(low&attrMeaningful)
}
