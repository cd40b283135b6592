package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"portolan/agent"
	"portolan/collector"
	"portolan/internal/strictyaml"
	"portolan/ports"
	"portolan/sim"
	"portolan/targets"
)

// kind is a kind of file that people write.
type kind struct {
	name  string
	keys  []string // at the top of a file, that tell the kind; the first kind that has one is it
	check func(path string) error
}

// kinds is every kind of file. A new one needs a line here.
func kinds() []kind {
	return []kind{
		{definitionKind, []string{"system", "transactions", "synthetic"}, nil}, // read here, for its load
		{"agent", []string{"agent", "port", "spool", "page"}, func(path string) error {
			_, err := agent.LoadConfig(path)
			return err
		}},
		{"scenario", []string{"fleet", "faults", "length"}, func(path string) error {
			_, err := sim.LoadScenario(path)
			return err
		}},
		{"collector", []string{"listen", "data", "web_config", "settle", "send_interval"}, func(path string) error {
			_, err := collector.LoadConfig(path)
			return err
		}},
		{"ports", []string{"ports"}, func(path string) error {
			_, err := ports.Load(path)
			return err
		}},
	}
}

const definitionKind = "definition"

// kindNames lists the kinds, for --kind.
func kindNames() string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return strings.Join(names, ",")
}

// checkPaths checks the files that the caller named, and those of the kinds above in the folders.
func (c checkConfig) checkPaths() ([]checked, error) {
	var files []checked
	for _, path := range c.Paths {
		info, err := os.Stat(path)
		switch {
		case err != nil:
			return nil, usageError{err}
		case !info.IsDir():
			f, err := c.checkFile(path)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		default:
			found, err := c.checkFolder(path)
			if err != nil {
				return nil, err
			}
			files = append(files, found...)
		}
	}
	return withoutTwins(files), nil
}

// checkFolder checks the YAML files of a folder. Those of no known kind are other programs' and are left.
func (c checkConfig) checkFolder(dir string) ([]checked, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, usageError{err}
	}
	var files []checked
	for _, entry := range entries {
		if entry.IsDir() || !targets.IsDefinition(entry.Name()) {
			continue
		}
		f, err := c.checkFile(filepath.Join(dir, entry.Name()))
		if _, unknown := errors.AsType[unknownKindError](err); unknown {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return nil, usageError{fmt.Errorf("%s: no file of a known kind in it", dir)}
	}
	return files, nil
}

// unknownKindError says that a file is of no known kind.
type unknownKindError struct{ error }

func (c checkConfig) checkFile(path string) (checked, error) {
	data, err := readFile(path)
	if err != nil {
		return checked{}, err
	}
	f := checked{File: path, Kind: c.Kind, Faults: []fault{}}
	if c.Kind == "auto" {
		name, faults := kindOf(path, data)
		switch {
		case faults != nil:
			f.Kind = ""
			return f.with(faults)
		case name == "":
			return f, usageError{unknownKindError{fmt.Errorf("%s: cannot tell what it is; say so with --kind", path)}}
		}
		f.Kind = name
	}
	if f.Kind == definitionKind {
		s, faults := targets.Parse(path, data, catalogueOptions())
		f.System = s
		return f.with(faults.Err())
	}
	i := slices.IndexFunc(kinds(), func(k kind) bool { return k.name == f.Kind })
	return f.with(kinds()[i].check(path))
}

// with returns f with the faults that err holds; any other error stays one.
func (f checked) with(err error) (checked, error) {
	faults, ok := errors.AsType[strictyaml.Faults](err)
	if err != nil && !ok {
		return f, err
	}
	for _, one := range faults {
		f.Faults = append(f.Faults, fault(one))
	}
	return f, nil
}

// kindOf tells a file's kind by its keys; empty if it cannot. The error is that it is no YAML mapping.
func kindOf(path string, data []byte) (string, error) {
	var top map[string]strictyaml.Value
	doc, faults := strictyaml.Decode(path, data, &top)
	if !doc.Has("") {
		return "", faults
	}
	for _, k := range kinds() {
		if slices.ContainsFunc(k.keys, func(key string) bool { _, has := top[key]; return has }) {
			return k.name, nil
		}
	}
	return "", nil
}

// withoutTwins adds a fault to each definition of a system that an earlier file defines.
func withoutTwins(files []checked) []checked {
	first := map[string]string{}
	for i, f := range files {
		if f.System == nil {
			continue
		}
		id := string(f.System.ID)
		if other, twice := first[id]; twice {
			doc, _ := strictyaml.Decode(f.File, f.System.Source, new(any))
			files[i].Faults = append(f.Faults, fault(doc.Fault("system", fmt.Sprintf("%q is defined in %s already", id, other), "want one file a system")))
			files[i].System = nil
			continue
		}
		first[id] = f.File
	}
	return files
}
