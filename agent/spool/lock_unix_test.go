//go:build unix

package spool

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestUnlockFolder_FreesItThoughAChildHasTheFileOpen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := lockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	childs, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(childs)
	if err := unlockFolder(f); err != nil {
		t.Fatal(err)
	}
	again, err := lockFolder(dir)
	if err != nil {
		t.Fatalf("lock again: %v", err)
	}
	if err := unlockFolder(again); err != nil {
		t.Error(err)
	}
}
