//go:build !windows

package waterfall

import "os"

// enableColor reports whether the terminal obeys escape sequences; outside Windows all that count do.
func enableColor(*os.File) bool { return true }
