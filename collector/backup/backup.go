// Package backup packs a collector's data folder, ledger, old batches and keys, into one file, and makes a data folder from one.
//
// Start at Write and Read. The file is a tar archive packed by zstd. Write copies the ledger as of one moment, while its
// collector runs, and then the files of old batches: whatever left the ledger before that moment is in one of them. Read
// writes nothing but the files that it knows. Both see to it that the oldest evidence is there.
package backup

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"

	"portolan/collector/archive"
	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
)

// Contents is what belongs into a backup: the name of the ledger's file, which must be there, those of the keys, and that of the
// folder of old batches.
type Contents struct {
	Ledger  string
	Keys    []string
	Archive string
}

// Place is where what is packed lies.
type Place struct {
	Data    string
	Archive string // the folder of old batches; it need not be there
}

var (
	// ErrNoLedger says that the folder holds no ledger: it may be in a database.
	ErrNoLedger = errors.New("no ledger in the data folder")
	// ErrNotEmpty says that a backup would be read into a folder that holds something.
	ErrNotEmpty = errors.New("the folder is not empty")
	// ErrNoBytes says that the oldest batches' bytes are neither in the ledger nor in the folder of old batches.
	ErrNoBytes = errors.New("old batches are missing")
)

// item is one file to be packed, under a name.
type item struct{ path, name string }

// Write packs what lies at a place into a new file, told tells what is being done, and returns the file's size.
func Write(ctx context.Context, from Place, to string, contents Contents, told func(string)) (size int64, err error) {
	stored := filepath.Join(from.Data, contents.Ledger)
	if _, err := os.Stat(stored); errors.Is(err, fs.ErrNotExist) {
		return 0, ErrNoLedger
	}
	work, err := os.MkdirTemp(filepath.Dir(to), ".portolan-backup-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	told("copying the ledger")
	items := []item{{filepath.Join(work, contents.Ledger), contents.Ledger}}
	if err := sqlite.Backup(ctx, stored, items[0].path); err != nil {
		return 0, err
	}
	if _, err := check(ctx, items[0].path, from.Archive); err != nil {
		return 0, err
	}
	for _, name := range contents.Keys {
		if path := filepath.Join(from.Data, name); exists(path) {
			items = append(items, item{path, name})
		}
	}
	old, err := archive.Open(from.Archive)
	if err != nil {
		return 0, err
	}
	for _, name := range old.Names() {
		items = append(items, item{filepath.Join(from.Archive, name), path.Join(contents.Archive, filepath.ToSlash(name))})
	}
	return pack(to, items, told)
}

// check returns the end of a ledger's evidence, if the oldest that was not removed is there.
func check(ctx context.Context, path, old string) (end ledger.Position, err error) {
	l, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	folder, err := archive.Open(old)
	if err != nil {
		return 0, err
	}
	links, err := archive.Join(l, folder).Read(ctx, ledger.Query{Status: ledger.Accepted, Limit: 1})
	if err != nil {
		return 0, err
	}
	if len(links) > 0 && links[0].Bytes == nil {
		return 0, fmt.Errorf("%w: no file in %q has that at position %d, received %s", ErrNoBytes, old, links[0].Position, links[0].ReceivedAt)
	}
	return l.End(ctx)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// pack writes files into a new archive, whole or not at all.
func pack(to string, items []item, told func(string)) (size int64, err error) {
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err = errors.Join(err, out.Close()); err != nil {
			err = errors.Join(err, os.Remove(to))
		}
	}()
	packer, err := zstd.NewWriter(out)
	if err != nil {
		return 0, err
	}
	files := tar.NewWriter(packer)
	for _, one := range items {
		told("packing " + one.name)
		if err := one.add(files); err != nil {
			return 0, errors.Join(err, packer.Close())
		}
	}
	if err := errors.Join(files.Close(), packer.Close(), out.Sync()); err != nil {
		return 0, err
	}
	info, err := out.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (i item) add(files *tar.Writer) (err error) {
	f, err := os.Open(i.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: i.name, Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}
	if err := files.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(files, f)
	return err
}

// Read makes a data folder from a backup, told tells what is being done, and returns the files that it wrote and the end
// of the evidence in them. The folder must be empty, or not there.
func Read(ctx context.Context, from, data string, contents Contents, told func(string)) (files []string, end ledger.Position, err error) {
	if entries, err := os.ReadDir(data); err == nil && len(entries) > 0 {
		return nil, 0, ErrNotEmpty
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, 0, err
	}
	if files, err = unpack(from, data, contents, told); err != nil {
		return files, 0, fmt.Errorf("unpack %s: %w", from, err)
	}
	if !slices.Contains(files, contents.Ledger) {
		return files, 0, fmt.Errorf("unpack %s: no %s in it", from, contents.Ledger)
	}
	told("checking the ledger")
	end, err = check(ctx, filepath.Join(data, contents.Ledger), filepath.Join(data, contents.Archive))
	return files, end, err
}

// holds reports whether a file of that name belongs into a backup.
func (c *Contents) holds(name string) bool {
	old, ok := strings.CutPrefix(name, c.Archive+"/")
	return name == c.Ledger || slices.Contains(c.Keys, name) || ok && archive.IsName(old)
}

func unpack(from, data string, contents Contents, told func(string)) (files []string, err error) {
	in, err := os.Open(from)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	unpacker, err := zstd.NewReader(in)
	if err != nil {
		return nil, err
	}
	defer unpacker.Close()
	for packed := tar.NewReader(unpacker); ; {
		header, err := packed.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return files, err
		}
		if !contents.holds(header.Name) { // nothing is written where the archive says, but where we know
			return files, fmt.Errorf("%q does not belong into a backup", header.Name)
		}
		told("unpacking " + header.Name)
		if err := write(filepath.Join(data, filepath.FromSlash(header.Name)), packed); err != nil {
			return files, err
		}
		files = append(files, header.Name)
	}
}

func write(path string, content io.Reader) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := io.Copy(f, content); err != nil {
		return err
	}
	return f.Sync()
}
