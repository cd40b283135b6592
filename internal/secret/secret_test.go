package secret_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portolan/internal/secret"
)

// variables is an environment.
func variables(all map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { value, ok := all[name]; return value, ok }
}

// keep writes a file of a folder and returns the folder.
func keep(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask is
		t.Fatal(err)
	}
	return dir
}

func TestStore_TakesTheFirstPlace(t *testing.T) {
	t.Parallel()
	folder, credentials := keep(t, "tpac-login", "of the folder\n", 0o600), keep(t, "tpac-login", "of systemd", 0o440)
	for name, c := range map[string]struct {
		store secret.Store
		want  string
	}{
		"environment": {secret.Store{Dir: folder, Lookup: variables(map[string]string{
			"PORTOLAN_SECRET_TPAC_LOGIN": "of the environment", "CREDENTIALS_DIRECTORY": credentials,
		})}, "of the environment"},
		"folder":  {secret.Store{Dir: folder, Lookup: variables(map[string]string{"CREDENTIALS_DIRECTORY": credentials})}, "of the folder"},
		"systemd": {secret.Store{Dir: t.TempDir(), Lookup: variables(map[string]string{"CREDENTIALS_DIRECTORY": credentials})}, "of systemd"},
	} {
		if got, err := c.store.Find("tpac-login"); got != c.want || err != nil {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, c.want)
		}
	}
}

func TestStore_LooksAnew(t *testing.T) {
	t.Parallel()
	dir := keep(t, "tpac-login", "old", 0o600)
	store := secret.Store{Dir: dir, Lookup: variables(nil)}
	if got, err := store.Find("tpac-login"); got != "old" {
		t.Fatal(got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tpac-login"), []byte("new"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Find("tpac-login"); got != "new" {
		t.Errorf("got %q, %v after the secret was changed", got, err)
	}
}

func TestStore_SaysWhereASecretCouldBe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := secret.Store{Dir: dir, Lookup: variables(map[string]string{"CREDENTIALS_DIRECTORY": t.TempDir()})}.Find("tpac-login")
	for _, place := range []string{"PORTOLAN_SECRET_TPAC_LOGIN", filepath.Join(dir, "tpac-login"), "systemd credential tpac-login"} {
		if err == nil || !strings.Contains(err.Error(), place) {
			t.Errorf("got %v, want %s named", err, place)
		}
	}
}

func TestStore_RefusesWhatIsNoSecret(t *testing.T) {
	t.Parallel()
	empty, long := keep(t, "tpac-login", "\n", 0o600), keep(t, "tpac-login", strings.Repeat("x", 64<<10+1), 0o600)
	for name, c := range map[string]struct {
		store secret.Store
		want  string
	}{
		"empty":          {secret.Store{Dir: empty, Lookup: variables(nil)}, "it is empty"},
		"empty-variable": {secret.Store{Lookup: variables(map[string]string{"PORTOLAN_SECRET_TPAC_LOGIN": ""})}, "it is empty"},
		"long":           {secret.Store{Dir: long, Lookup: variables(nil)}, "longer than"},
	} {
		if got, err := c.store.Find("tpac-login"); got != "" || err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, %v; want an error with %q", name, got, err, c.want)
		}
	}
}
