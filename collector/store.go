package collector

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"portolan/collector/archive"
	"portolan/collector/ledger"
	"portolan/collector/ledger/postgres"
	"portolan/collector/ledger/sqlite"
)

// StoreConfig names a PostgreSQL database that holds the ledger, and that several collectors may share.
type StoreConfig struct {
	// URL is the database's, postgres://user@host:5432/portolan; empty for a file in the data folder.
	URL string `yaml:"url"`
	// PasswordFile holds the database user's password, readable by the collector alone; empty for what the URL, the
	// environment (PGPASSWORD) or the server's own authentication gives.
	PasswordFile string `yaml:"password_file"`
	// AtHand is how long batches keep their bytes in the ledger itself; then these move to files in Archive. Zero for as
	// long as they are kept at all.
	AtHand time.Duration `yaml:"at_hand"`
	// Archive is the folder of those files; empty for the folder archive in the data folder, and with a database for none:
	// then nothing moves. Collectors that share a database share the folder.
	Archive string `yaml:"archive"`
	// Keep is how long batches keep their bytes, wherever these are; zero for ever. Then a signed stub stands for them. What was
	// folded from them stays, but cannot be folded anew.
	Keep time.Duration `yaml:"keep"`
}

// The defaults of retention: evidence of 30 months, 12 of them at hand.
const (
	defaultAtHand = 12 * 730 * time.Hour
	defaultKeep   = 30 * 730 * time.Hour
)

// Shared reports whether other collectors may use the ledger too.
func (s StoreConfig) Shared() bool { return s.URL != "" }

func (s StoreConfig) check(report func(path, problem, allowed string)) {
	if s.Keep != 0 && s.Keep < leastKeep {
		report("store.keep", s.Keep.String(), "want 0s for ever, or at least 2400h: agents may deliver what is a month old")
	}
	if s.AtHand != 0 && s.AtHand < leastKeep {
		report("store.at_hand", s.AtHand.String(), "want 0s for as long as evidence is kept, or at least 2400h")
	}
	if s.URL == "" {
		if s.PasswordFile != "" {
			report("store.password_file", "given without store.url", "want both, or none")
		}
		return
	}
	const form = "want postgres://user@host:5432/portolan, or host=... user=... dbname=..."
	u, err := url.Parse(s.URL)
	switch {
	case !strings.Contains(s.URL, "://") && strings.Contains(s.URL, "="):
		if strings.Contains(s.URL, "password=") {
			report("store.url", "holds a password", "want it in store.password_file")
		}
	case err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql":
		report("store.url", "no URL of a PostgreSQL database", form)
	case u.User != nil && hasPassword(u):
		report("store.url", "holds a password", "want it in store.password_file")
	}
}

func hasPassword(u *url.URL) bool {
	_, given := u.User.Password()
	return given
}

// LedgerFile is the name of the ledger in the data folder.
const LedgerFile = "ledger.db"

// ArchiveFolder is the name of the folder of old batches in the data folder.
const ArchiveFolder = "archive"

// KeyFiles returns the names of the keys in the data folder. Collectors that share a ledger have the same.
func KeyFiles() []string {
	return []string{"ca.key", "ca.crt", "journal.key", "journal.crt", "token.secret"}
}

// OpenLedger opens the ledger that the configuration names.
func OpenLedger(ctx context.Context, c Config) (ledger.Ledger, error) { return openLedger(ctx, c, 0) }

// OpenToVerify opens it as it is, damaged or not, for those who look for damage.
func OpenToVerify(ctx context.Context, c Config) (ledger.Ledger, error) {
	return openLedger(ctx, c, -1)
}

func openLedger(ctx context.Context, c Config, recheck int) (ledger.Ledger, error) {
	l, err := openStore(ctx, c, recheck)
	root := c.archive()
	if err != nil || root == "" {
		return l, err
	}
	folder, err := archive.Open(root)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return archive.Join(l, folder), nil
}

func openStore(ctx context.Context, c Config, recheck int) (ledger.Ledger, error) {
	if !c.Store.Shared() {
		return sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(c.Data, LedgerFile), Recheck: recheck})
	}
	password, err := c.Store.password()
	if err != nil {
		return nil, err
	}
	return postgres.Open(ctx, postgres.Options{URL: c.Store.URL, Password: password})
}

// archive returns the folder of old batches, empty for none.
func (c Config) archive() string {
	if c.Store.Archive == "" && !c.Store.Shared() {
		return filepath.Join(c.Data, ArchiveFolder)
	}
	return c.Store.Archive
}

// password reads the password file; it must be its reader's own.
func (s StoreConfig) password() (string, error) {
	if s.PasswordFile == "" {
		return "", nil
	}
	info, err := os.Stat(s.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read the database's password: %w", err)
	}
	if others := info.Mode().Perm() & 0o077; others != 0 {
		return "", fmt.Errorf("read the database's password: %s is open to others (mode %04o): want 0600", s.PasswordFile, info.Mode().Perm())
	}
	text, err := os.ReadFile(s.PasswordFile)
	if err != nil {
		return "", fmt.Errorf("read the database's password: %w", err)
	}
	return strings.TrimRight(string(text), "\r\n"), nil
}
