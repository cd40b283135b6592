// Package nistitl reads and writes ANSI/NIST-ITL exchange files, the form in which prints travel between agencies:
// ANSI/NIST-ITL 1-2011 in its traditional encoding.
//
// A file is a Type-1 record, which says what follows, and then records of prints and of what is said about them. Of
// the standard's types the package knows Type-2 (text), Type-4 (a grey print of 500 ppi) and Type-14 (a print of
// any resolution); a file with others is refused. It measures and frames; it neither compresses nor decodes images,
// and nothing in it is a print of anybody: Pattern makes what stands for one.
//
// Input is bounded in bytes, records and fields, and nothing in it panics.
package nistitl

// Bounds on what is read and written.
const (
	MaxBytes   = 1 << 20
	maxRecords = 100
	maxFields  = 500 // in a record
)

// File is an exchange file.
type File struct {
	Type        string // 1.004 TOT: what is asked for, by the receiving agency's list
	Date        string // 1.005 DAT: CCYYMMDD
	Destination string // 1.007 DAI
	Origin      string // 1.008 ORI
	Control     string // 1.009 TCN: the sender's reference
	Reference   string // 1.010 TCR: the reference that this answers; may be empty
	Domain      string // 1.013 DOM: whose lists hold; may be empty
	Records     []Record
}

// Record is a record after the first.
type Record struct {
	Type int // 2, 4 or 14
	// ID tells records of one type apart, 0 to 99: IDC.
	ID int
	// Fields are the record's own, in order, without its length and ID, and without those that Image holds. A
	// Type-4 record has none.
	Fields []Field
	// Image is the print of a Type-4 or Type-14 record; nil in a Type-2 record.
	Image *Image
}

// Field is a field of text: subfields of items. Most have one of one.
type Field struct {
	Number    int // 3 to 998
	Subfields [][]string
}

// Text returns a field of one item.
func Text(number int, text string) Field { return Field{number, [][]string{{text}}} }

// Image is a print, or what stands for one.
type Image struct {
	// Finger is the position: 1 to 5 the right hand from the thumb, 6 to 10 the left; 0 is unknown, 11 to 15 plain
	// prints of several.
	Finger int
	// Impression is how it was taken, 0 to 29: 0 is a live scan of a plain print.
	Impression    int
	Width, Height int // pixels
	// Compression is empty for none, else the name of an algorithm: WSQ20. A Type-4 record knows no other.
	Compression string
	// Data is the image as it is sent: without compression a byte for each pixel, row by row, 0 is black.
	Data []byte
	// Source and Captured are the agency and the day (CCYYMMDD) of a Type-14 record; a Type-4 record has neither.
	Source, Captured string
}

// pixelsPerInch is the resolution of every image that is written; per millimeter in a Type-1 record.
const (
	pixelsPerInch = "500"
	pixelsPerMM   = "19.69"
)

// The separators of files, fields, subfields and items.
const (
	fileSeparator  = 0x1c
	groupSeparator = 0x1d
	recordSep      = 0x1e
	unitSeparator  = 0x1f
)
