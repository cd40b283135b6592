//go:build !windows

package secret

import (
	"fmt"
	"os"
)

// systemPlace is empty: this system keeps no secrets of its own.
const systemPlace = ""

func fromSystem(string) (string, error) { return "", errNone }

// checkPrivate refuses a file that others than its owner can read or change.
func checkPrivate(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("it is no file")
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("it is open to others (mode %04o): want 0600", mode)
	}
	return nil
}
