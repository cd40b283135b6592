// Package secret finds what definitions refer to as ${secret:NAME} on the machine where transactions run, so that
// no definition, and nothing that is derived from one, ever holds a password.
//
// A Store looks at these places, in this order, and takes the first that has the secret: a variable of the
// environment (see Variable), a file in a folder of the operator's, a credential of systemd, and on Windows the
// Credential Manager. A file that others than its owner can read is refused, not passed over: it is to be mended.
// Nothing is kept: each look-up looks anew, so that a changed secret is used from then on.
package secret

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Store says where secrets are looked for. The zero Store looks at the process' environment and what the system
// keeps.
type Store struct {
	// Dir is a folder that holds a file for each secret, named like it; empty for none.
	Dir string
	// Lookup returns a variable of the environment; nil for os.LookupEnv.
	Lookup func(variable string) (string, bool)
}

// credentialsVariable names the folder in which systemd gives a service its credentials.
const credentialsVariable = "CREDENTIALS_DIRECTORY"

// longest bounds a secret.
const longest = 64 << 10

// errNone says that a place does not have the secret.
var errNone = errors.New("not there")

// Variable returns the variable of the environment that can hold a secret: PORTOLAN_SECRET_TPAC_LOGIN for
// "tpac-login".
func Variable(name string) string {
	return "PORTOLAN_SECRET_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Find returns the secret of that name. Errors say where it was looked for, never what was found there.
func (s Store) Find(name string) (string, error) {
	for _, place := range []func(string) (string, error){s.fromEnvironment, s.fromFolder, s.fromSystemd, fromSystem} {
		value, err := place(name)
		if errors.Is(err, errNone) {
			continue
		}
		if err == nil && value == "" {
			err = errors.New("it is empty")
		}
		return value, err
	}
	return "", s.missing(name)
}

func (s Store) lookup(variable string) (string, bool) {
	if s.Lookup == nil {
		return os.LookupEnv(variable)
	}
	return s.Lookup(variable)
}

func (s Store) fromEnvironment(name string) (string, error) {
	value, ok := s.lookup(Variable(name))
	if !ok {
		return "", errNone
	}
	return value, nil
}

func (s Store) fromFolder(name string) (string, error) {
	if s.Dir == "" {
		return "", errNone
	}
	return read(filepath.Join(s.Dir, name), checkPrivate)
}

// fromSystemd reads a credential. Whom it is open to is systemd's to see to; where it grants its service access by
// a list, the file's mode looks as if a group could read it.
func (s Store) fromSystemd(name string) (string, error) {
	dir, ok := s.lookup(credentialsVariable)
	if !ok {
		return "", errNone
	}
	return read(filepath.Join(dir, name), func(*os.File) error { return nil })
}

// read returns the file's content without the end of its line. check looks at the file that is open, not at
// whatever has its name a moment later.
func read(path string, check func(*os.File) error) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", errNone
	}
	if err != nil {
		return "", fmt.Errorf("read it: %w", err)
	}
	defer f.Close()
	if err := check(f); err != nil {
		return "", fmt.Errorf("read it: %s: %w", path, err)
	}
	text, err := io.ReadAll(io.LimitReader(f, longest+1))
	if err != nil {
		return "", fmt.Errorf("read it: %w", err)
	}
	if len(text) > longest {
		return "", fmt.Errorf("read it: %s is longer than %d bytes", path, longest)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}

// missing says where the secret could be.
func (s Store) missing(name string) error {
	places := []string{"the variable " + Variable(name)}
	if s.Dir != "" {
		places = append(places, "the file "+filepath.Join(s.Dir, name))
	}
	if _, ok := s.lookup(credentialsVariable); ok {
		places = append(places, "the systemd credential "+name)
	}
	if systemPlace != "" {
		places = append(places, systemPlace+name)
	}
	return fmt.Errorf("it is not there: want %s", strings.Join(places, ", or "))
}
