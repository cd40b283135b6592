package interchange_test

import (
	"fmt"
	"time"

	"portolan/internal/interchange"
)

// An answer is written and read.
func Example() {
	answer := interchange.Interchange{
		Sender: "USCBPTEST", Recipient: "SYNMON", Control: "1", Prepared: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		Groups: []interchange.Group{{Messages: []interchange.Message{{
			Reference: "1",
			Kind:      interchange.Kind{Type: "CUSRES", Version: "D", Release: "05B", Agency: "UN", Association: "IATA"},
			Segments: []interchange.Segment{
				interchange.Of("BGM", interchange.E("962")),
				interchange.Of("FTX", interchange.E("AAP"), interchange.E(), interchange.E(), interchange.E("who's there?")),
			},
		}}}},
	}
	written, err := answer.Bytes()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(written))
	read, err := interchange.Parse(written)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(read.Messages()[0].Segments[1].Part(3, 0))
	// Output:
	// UNA:+.? 'UNB+UNOA:4+USCBPTEST+SYNMON+261122:1200+1'UNH+1+CUSRES:D:05B:UN:IATA'BGM+962'FTX+AAP+++who?'s there??'UNT+4+1'UNZ+1+1'
	// who's there?
}
