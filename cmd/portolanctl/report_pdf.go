package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"portolan/internal/procgroup"
	"portolan/report"
)

// browsers are the programs that can print, in the order in which they are looked for.
func browsers() []string {
	return []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge", "msedge"}
}

// printMemory is how much memory a browser may take, in bytes, where the system keeps the bound; printWithin how long.
const (
	printMemory = 2 << 30
	printWithin = time.Minute
)

var errNoBrowser = errors.New("no Chromium, Chrome or Edge is in the PATH: install one, or write --output html and print that from any browser")

// pdf has an installed browser print the report.
func (r monthlyReport) pdf(ctx context.Context, m *report.Month) ([]byte, error) {
	path := ""
	for _, name := range browsers() {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return nil, errNoBrowser
	}
	page, err := m.HTML()
	if err != nil {
		return nil, err
	}
	// The browser takes the paper's size from the page.
	page = bytes.Replace(page, []byte("@page { margin"), []byte("@page { size: "+r.Paper+"; margin"), 1)
	folder, err := os.MkdirTemp("", "portolan-report-")
	if err != nil {
		return nil, fmt.Errorf("make folder for the browser: %w", err)
	}
	defer os.RemoveAll(folder)
	in, out := filepath.Join(folder, "report.html"), filepath.Join(folder, "report.pdf")
	if err := os.WriteFile(in, page, 0o600); err != nil {
		return nil, fmt.Errorf("write page for the browser: %w", err)
	}
	if err := printPage(ctx, path, folder, in, out); err != nil {
		return nil, err
	}
	printed, err := os.ReadFile(out)
	if err != nil {
		return nil, fmt.Errorf("read what %s printed: %w", path, err)
	}
	return printed, nil
}

// printPage has the browser at path print a page as PDF. It reaches no network, and leaves nothing outside the folder.
func printPage(ctx context.Context, path, folder, in, out string) error {
	ctx, cancel := context.WithTimeout(ctx, printWithin)
	defer cancel()
	args := []string{
		"--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-background-networking", "--disable-sync",
		"--user-data-dir=" + filepath.Join(folder, "profile"), "--no-pdf-header-footer", "--print-to-pdf=" + out,
	}
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox") // a browser asks for it where it runs as root; the page is our own
	}
	cmd := exec.Command(path, append(args, "file:///"+strings.TrimPrefix(filepath.ToSlash(in), "/"))...)
	var said bytes.Buffer
	cmd.Stderr, cmd.WaitDelay = &said, time.Second
	group, err := procgroup.Start(cmd, printMemory)
	if err != nil {
		return fmt.Errorf("start %s: %w", path, err)
	}
	defer group.End()
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		group.End()
		<-ended
		err = ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("print with %s: %w: %.300s", path, err, strings.TrimSpace(said.String()))
	}
	return nil
}
