package browser

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"portolan/probe"
)

// Album keeps pictures of failures in a folder of this workstation, which only its owner can read. They never leave it.
// It may be used by many runs at once.
type Album struct {
	folder string
	most   int
	age    time.Duration
	mu     sync.Mutex // held while the folder is changed
}

// NewAlbum returns an album that keeps at most so many pictures, each no longer than age.
func NewAlbum(folder string, most int, age time.Duration) *Album {
	return &Album{folder: folder, most: most, age: age}
}

var errNoPNG = errors.New("what was taken is no PNG")

// keep keeps a picture of the page that a run failed on, and returns its path.
func (a *Album) keep(run *probe.Run, png []byte, now time.Time) (string, error) {
	if !bytes.HasPrefix(png, []byte("\x89PNG\r\n\x1a\n")) {
		return "", errNoPNG
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := os.MkdirAll(a.folder, 0o700); err != nil {
		return "", fmt.Errorf("keep picture: %w", err)
	}
	system, transaction := run.Transaction()
	path := filepath.Join(a.folder, fmt.Sprintf("%s-%s-%s.png", now.UTC().Format("20060102T150405.000000Z"), system, transaction))
	if err := os.WriteFile(path, png, 0o600); err != nil {
		return "", fmt.Errorf("keep picture: %w", err)
	}
	a.sweepLocked(now)
	return path, nil
}

// sweep removes the pictures that are too old or too many.
func (a *Album) sweep(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sweepLocked(now)
}

// sweepLocked goes on when a picture cannot be removed: the next run tries again.
func (a *Album) sweepLocked(now time.Time) {
	entries, err := os.ReadDir(a.folder)
	if err != nil {
		return // there is none yet
	}
	slices.Reverse(entries) // the newest first, for names begin with the time
	kept := 0
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil || !strings.HasSuffix(entry.Name(), ".png") {
			continue
		}
		if kept++; kept > a.most || now.Sub(info.ModTime()) > a.age {
			_ = os.Remove(filepath.Join(a.folder, entry.Name()))
		}
	}
}
