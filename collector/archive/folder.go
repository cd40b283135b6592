package archive

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"portolan/collector/ledger"
)

// Folder is where the files lie, in a folder for each month in which batches were received. Files are named after the
// positions that they hold. It is safe for concurrent use; collectors that share a ledger share it.
type Folder struct {
	root string

	mu     sync.Mutex
	files  []file // by position
	cached []*content
	faults map[string]string // what is wrong with a file, by its name
}

// file is one file.
type file struct {
	first, last ledger.Position
	name        string // relative to the folder
}

// content is what a file holds, in memory.
type content struct {
	name  string
	bytes map[ledger.Position][]byte
}

// mostCached bounds the files whose content is at hand.
const mostCached = 32

// Open opens a folder; it need not be there yet.
func Open(root string) (*Folder, error) {
	f := &Folder{root: root, faults: map[string]string{}}
	return f, f.list()
}

// nameForm is that of a file's name: first and last position.
const nameForm = "%019d-%019d.batches"

// nameInFolder is what a name is in its folder: the month, a slash, and nameForm.
var nameInFolder = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}/[0-9]{19}-[0-9]{19}\.batches$`)

// list finds the files.
func (f *Folder) list() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.listLocked()
}

func (f *Folder) listLocked() error {
	var found []file
	err := filepath.WalkDir(f.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".batches") {
			return err
		}
		var one file
		if _, err := fmt.Sscanf(entry.Name(), nameForm, &one.first, &one.last); err != nil {
			return nil // not ours
		}
		one.name, err = filepath.Rel(f.root, path)
		found = append(found, one)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list archive: %w", err)
	}
	slices.SortFunc(found, func(a, b file) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last)) })
	f.files = found
	return nil
}

// Names returns the files, by position, each as a path in the folder.
func (f *Folder) Names() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	names := make([]string, len(f.files))
	for i, one := range f.files {
		names[i] = one.name
	}
	return names
}

// IsName reports whether a file of an archive may be called so: its month, a slash, and its positions.
func IsName(name string) bool { return nameInFolder.MatchString(name) }

// newest returns the positions of the file with the newest batches, zero if there is none.
func (f *Folder) newest() (first, last ledger.Position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.files {
		if one.last > last {
			first, last = one.first, one.last
		}
	}
	return first, last
}

// upTo returns the files that hold nothing after a position.
func (f *Folder) upTo(last ledger.Position) []file {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(f.files), func(one file) bool { return one.last > last })
}

// remove deletes a file, and its month's folder with the last one.
func (f *Folder) remove(one file) error {
	name := filepath.Join(f.root, one.name)
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_ = os.Remove(filepath.Dir(name)) // it stays while there is another file in it
	return f.list()
}

// Faults returns what is wrong with files that were asked for.
func (f *Folder) Faults() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for name, what := range f.faults {
		all = append(all, fmt.Sprintf("archive file %s: %s", filepath.Join(f.root, name), what))
	}
	slices.Sort(all)
	return all
}

// bytes returns the batch at a position, nil if no file gives it.
func (f *Folder) bytes(at ledger.Position) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	one, ok := f.findLocked(at)
	if !ok && (len(f.files) == 0 || at > f.files[len(f.files)-1].last) { // another collector may have written since
		if f.listLocked() == nil {
			one, ok = f.findLocked(at)
		}
	}
	if !ok {
		return nil
	}
	c, err := f.contentLocked(one)
	if err != nil {
		f.faults[one.name] = err.Error()
		return nil
	}
	return c.bytes[at]
}

func (f *Folder) findLocked(at ledger.Position) (file, bool) {
	after, _ := slices.BinarySearchFunc(f.files, at, func(one file, at ledger.Position) int {
		if one.first <= at {
			return -1
		}
		return 1
	})
	if after == 0 || f.files[after-1].last < at {
		return file{}, false
	}
	return f.files[after-1], true
}

func (f *Folder) contentLocked(one file) (*content, error) {
	if i := slices.IndexFunc(f.cached, func(c *content) bool { return c.name == one.name }); i >= 0 {
		c := f.cached[i]
		f.cached = append(slices.Delete(f.cached, i, i+1), c) // the last one used goes last
		return c, nil
	}
	data, err := os.ReadFile(filepath.Join(f.root, one.name))
	if err != nil {
		return nil, err
	}
	c := &content{name: one.name}
	if c.bytes, err = unpack(data); err != nil {
		return nil, err
	}
	if len(f.cached) == mostCached {
		f.cached = slices.Delete(f.cached, 0, 1)
	}
	f.cached = append(f.cached, c)
	return c, nil
}

// write makes a file of links, durable before it returns.
func (f *Folder) write(links []ledger.Link) error {
	one := file{first: links[0].Position, last: links[len(links)-1].Position}
	month := links[0].ReceivedAt.Time().Format("2006-01")
	one.name = filepath.Join(month, fmt.Sprintf(nameForm, one.first, one.last))
	dir := filepath.Join(f.root, month)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(f.root, one.name), pack(links)); err != nil {
		return err
	}
	for _, d := range []string{dir, f.root} {
		if err := syncDir(d); err != nil {
			return err
		}
	}
	return f.list()
}

// writeFile gives the file its name when it is durable.
func writeFile(name string, data []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), "*.part")
	if err != nil {
		return err
	}
	_, err = temporary.Write(data)
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temporary.Name()))
	}
	return nil
}

func syncDir(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
