package targets

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"portolan"
	"portolan/internal/strictyaml"
	"portolan/probe"
)

//go:embed catalogue/*.yaml
var embedded embed.FS

// Options says which catalogue is loaded, and with which ways of talking.
type Options struct {
	// Ways are the ways of talking that definitions may use.
	Ways []probe.Way
	// CheckCron says what is wrong with a cron expression and the zone it is read in. Nil refuses all.
	CheckCron func(expr, zone string) error
	// Dir is a folder whose *.yaml files replace the embedded ones of the same systems, and add others.
	// Empty for the embedded catalogue alone.
	Dir string
	// Endpoints replaces the endpoints that it names.
	Endpoints map[EndpointID]string
	// Only keeps the systems that it names. Nil keeps all.
	Only []portolan.SystemID
}

// Load reads the catalogue and validates all of it. The error is of type [strictyaml.Faults], and tells
// every mistake in every file, if files could be read but are at fault.
func Load(o Options) (*Catalogue, error) {
	catalogue, err := load(folder{embedded, "catalogue", "catalogue"}, o)
	if err == nil && o.Dir != "" {
		catalogue, err = catalogue.overriddenBy(o)
	}
	if err != nil {
		return nil, err
	}
	if err := catalogue.redirect(o.Endpoints); err != nil {
		return nil, err
	}
	return catalogue.only(o.Only)
}

func (c *Catalogue) overriddenBy(o Options) (*Catalogue, error) {
	merged, err := load(folder{os.DirFS(o.Dir), ".", o.Dir}, o)
	if err != nil {
		return nil, err
	}
	for _, s := range c.Systems {
		if merged.System(s.ID) == nil {
			merged.add(s)
		}
	}
	return merged, nil
}

// BuiltIn returns the ids of the systems in the embedded catalogue, whose files are named for them.
func BuiltIn() []portolan.SystemID {
	entries, _ := embedded.ReadDir("catalogue") // what is embedded can be read
	var ids []portolan.SystemID
	for _, entry := range entries {
		ids = append(ids, portolan.SystemID(strings.TrimSuffix(entry.Name(), ".yaml")))
	}
	return ids
}

// folder is where definitions are, and what people call it.
type folder struct {
	files fs.FS
	path  string
	name  string
}

// load reads every definition in a folder.
func load(from folder, o Options) (*Catalogue, error) {
	entries, err := fs.ReadDir(from.files, from.path)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	catalogue, faults := &Catalogue{}, strictyaml.Faults(nil)
	for _, entry := range entries {
		if entry.IsDir() || !IsDefinition(entry.Name()) {
			continue
		}
		data, err := readBounded(from.files, path.Join(from.path, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("read catalogue: %w", err)
		}
		s, found := Parse(filepath.Join(from.name, entry.Name()), data, o)
		switch {
		case found != nil:
			faults = append(faults, found...)
		case catalogue.System(s.ID) != nil:
			faults = append(faults, twice(s, catalogue.System(s.ID)))
		default:
			catalogue.add(s)
		}
	}
	return catalogue, faults.Sort().Err()
}

// IsDefinition reports whether a folder's file of that name is a definition.
func IsDefinition(name string) bool {
	ext := filepath.Ext(name)
	return (ext == ".yaml" || ext == ".yml") && !strings.HasPrefix(filepath.Base(name), ".")
}

// readBounded reads at most one byte more than a definition may have, so that Parse tells what is wrong.
func readBounded(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, strictyaml.MaxBytes+1))
	return data, errors.Join(err, f.Close())
}

func twice(s, first *System) strictyaml.Fault {
	doc, _ := strictyaml.Decode(s.File, s.Source, new(any))
	return doc.Fault("system", fmt.Sprintf("system %q is defined in %s already", s.ID, first.File), "want one file a system")
}

func (c *Catalogue) add(s *System) {
	c.Systems = append(c.Systems, s)
	slices.SortFunc(c.Systems, func(a, b *System) int { return strings.Compare(string(a.ID), string(b.ID)) })
}

func (c *Catalogue) only(ids []portolan.SystemID) (*Catalogue, error) {
	if ids == nil {
		return c, nil
	}
	kept := &Catalogue{}
	for _, id := range ids {
		s := c.System(id)
		if s == nil {
			return nil, c.unknown(id)
		}
		if kept.System(id) == nil {
			kept.add(s)
		}
	}
	return kept, nil
}

func (c *Catalogue) unknown(id portolan.SystemID) error {
	known := make([]string, len(c.Systems))
	for i, s := range c.Systems {
		known[i] = string(s.ID)
	}
	return fmt.Errorf("system %q is not in the catalogue: %s", id, strictyaml.Suggest(string(id), known))
}
