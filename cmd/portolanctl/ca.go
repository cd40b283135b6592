package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"portolan"
	"portolan/collector/registry"
)

// ca prints the certificate of the collector's authority. It reads the collector's data folder; the collector need not
// run, but it must have run there once, since a certificate made in a mistyped folder would be trusted in vain.
type ca struct {
	Data   string `help:"The collector's data folder." required:"" type:"existingdir" placeholder:"DIR"`
	Output string `help:"How to print: ${enum}." enum:"text,json" default:"text"`
}

// Help implements kong.HelpProvider.
func (ca) Help() string {
	return `Copy what it prints to each agent, into the file that ca_file of its configuration names. It is no secret,
but it must come to the agent by a way that nobody else can write to.

Example:
  portolanctl ca --data /var/lib/portolan > ca.crt`
}

// Run prints the certificate as PEM.
func (c ca) Run(t terminal) error {
	if _, err := os.Stat(filepath.Join(c.Data, "ca.crt")); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no ca.crt in %q: a collector makes it when it first starts there", c.Data)
	}
	authority, err := openAuthority(c.Data, portolan.InstantOf(time.Now()))
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return json.NewEncoder(t.out).Encode(map[string]string{"ca": string(authority.Certificate())})
	}
	_, err = t.out.Write(authority.Certificate())
	return err
}

// openAuthority reads the collector's keys.
func openAuthority(data string, now portolan.Instant) (*registry.Authority, error) {
	authority, err := registry.OpenAuthority(data, 0, now)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("read the collector's keys (run as its user): %w", err)
	}
	return authority, err
}
