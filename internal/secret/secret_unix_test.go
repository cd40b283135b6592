//go:build !windows

package secret_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portolan/internal/secret"
)

func TestStore_RefusesAFileThatOthersCanRead(t *testing.T) {
	t.Parallel()
	credentials := keep(t, "tpac-login", "of systemd", 0o400)
	for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o644, 0o660, 0o777} {
		store := secret.Store{Dir: keep(t, "tpac-login", "marked", mode), Lookup: variables(map[string]string{"CREDENTIALS_DIRECTORY": credentials})}
		got, err := store.Find("tpac-login")
		if got != "" || err == nil || !strings.Contains(err.Error(), "open to others") || strings.Contains(err.Error(), "marked") {
			t.Errorf("mode %04o: got %q, %v; want it refused, and no other place looked at", mode, got, err)
		}
	}
	for _, mode := range []os.FileMode{0o600, 0o400} {
		if got, err := (secret.Store{Dir: keep(t, "tpac-login", "marked", mode), Lookup: variables(nil)}).Find("tpac-login"); got != "marked" {
			t.Errorf("mode %04o: got %q, %v", mode, got, err)
		}
	}
}

func TestStore_RefusesAFolderInPlaceOfAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tpac-login"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := (secret.Store{Dir: dir, Lookup: variables(nil)}).Find("tpac-login"); err == nil || !strings.Contains(err.Error(), "it is no file") {
		t.Errorf("got %v", err)
	}
}
