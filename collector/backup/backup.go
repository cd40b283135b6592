// Package backup packs a collector's data folder, ledger and keys, into one file, and makes a data folder from one.
//
// Start at Write and Read. The file is a tar archive packed by zstd. Write copies the ledger as of one moment, while its
// collector runs; Read writes nothing but the files that it knows, and checks the ledger before it returns.
package backup

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/klauspost/compress/zstd"

	"portolan/collector/ledger"
	"portolan/collector/ledger/sqlite"
)

// Contents is what belongs into a backup: the name of the ledger's file, which must be there, and those of the keys.
type Contents struct {
	Ledger string
	Keys   []string
}

var (
	// ErrNoLedger says that the folder holds no ledger: it may be in a database.
	ErrNoLedger = errors.New("no ledger in the data folder")
	// ErrNotEmpty says that a backup would be read into a folder that holds something.
	ErrNotEmpty = errors.New("the folder is not empty")
)

// Write packs the data folder into a new file, told tells what is being done, and returns the file's size.
func Write(ctx context.Context, data, to string, contents Contents, told func(string)) (size int64, err error) {
	if _, err := os.Stat(filepath.Join(data, contents.Ledger)); errors.Is(err, fs.ErrNotExist) {
		return 0, ErrNoLedger
	}
	work, err := os.MkdirTemp(filepath.Dir(to), ".portolan-backup-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(work)
	told("copying the ledger")
	files := []string{filepath.Join(work, contents.Ledger)}
	if err := sqlite.Backup(ctx, filepath.Join(data, contents.Ledger), files[0]); err != nil {
		return 0, err
	}
	for _, name := range contents.Keys {
		if path := filepath.Join(data, name); exists(path) {
			files = append(files, path)
		}
	}
	return pack(to, files, told)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// pack writes files into a new archive, whole or not at all.
func pack(to string, files []string, told func(string)) (size int64, err error) {
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
	archive := tar.NewWriter(packer)
	for _, path := range files {
		told("packing " + filepath.Base(path))
		if err := add(archive, path); err != nil {
			return 0, errors.Join(err, packer.Close())
		}
	}
	if err := errors.Join(archive.Close(), packer.Close(), out.Sync()); err != nil {
		return 0, err
	}
	info, err := out.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func add(archive *tar.Writer, path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: filepath.Base(path), Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(archive, f)
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
	if files, err = unpack(from, data, append(slices.Clone(contents.Keys), contents.Ledger), told); err != nil {
		return files, 0, fmt.Errorf("unpack %s: %w", from, err)
	}
	if !slices.Contains(files, contents.Ledger) {
		return files, 0, fmt.Errorf("unpack %s: no %s in it", from, contents.Ledger)
	}
	told("checking the ledger")
	l, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(data, contents.Ledger)})
	if err != nil {
		return files, 0, err
	}
	end, err = l.End(ctx)
	return files, end, errors.Join(err, l.Close())
}

func unpack(from, data string, known []string, told func(string)) (files []string, err error) {
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
	for archive := tar.NewReader(unpacker); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return files, err
		}
		if !slices.Contains(known, header.Name) { // nothing is written where the archive says, but where we know
			return files, fmt.Errorf("%q does not belong into a backup", header.Name)
		}
		told("unpacking " + header.Name)
		if err := write(filepath.Join(data, header.Name), archive); err != nil {
			return files, err
		}
		files = append(files, header.Name)
	}
}

func write(path string, content io.Reader) (err error) {
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
