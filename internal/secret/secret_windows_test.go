package secret

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// write puts a generic credential into the Credential Manager and has it removed after the test.
func write(t *testing.T, name string, blob []byte) {
	t.Helper()
	target := windows.StringToUTF16Ptr("portolan/" + name)
	c := credential{
		Type: credentialGeneric, TargetName: target, BlobSize: uint32(len(blob)), Blob: &blob[0],
		Persist: 1, UserName: windows.StringToUTF16Ptr("portolan"),
	}
	advapi := windows.NewLazySystemDLL("advapi32.dll")
	if ok, _, err := advapi.NewProc("CredWriteW").Call(uintptr(unsafe.Pointer(&c)), 0); ok == 0 {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if ok, _, err := advapi.NewProc("CredDeleteW").Call(uintptr(unsafe.Pointer(target)), credentialGeneric, 0); ok == 0 {
			t.Error(err)
		}
	})
}

func none(string) (string, bool) { return "", false }

func TestStore_ReadsTheCredentialManager(t *testing.T) {
	var wide []byte
	for _, unit := range utf16.Encode([]rune("märked-wide")) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	write(t, "test-wide", wide)
	write(t, "test-bytes", []byte("marked-bytes"))
	for name, want := range map[string]string{"test-wide": "märked-wide", "test-bytes": "marked-bytes"} {
		if got, err := (Store{Lookup: none}).Find(name); got != want || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if _, err := (Store{Lookup: none}).Find("test-nobody"); err == nil || !strings.Contains(err.Error(), "portolan/test-nobody") {
		t.Errorf("got %v, want where the credential could be", err)
	}
}

func TestStore_HoldsAFileToItsAccessList(t *testing.T) {
	dir := t.TempDir()
	for file, c := range map[string]struct {
		list string
		want string
	}{
		"own":   {"D:P(A;;FA;;;BA)(A;;FA;;;SY)(A;;FA;;;OW)", ""},
		"world": {"D:P(A;;FA;;;BA)(A;;FA;;;OW)(A;;FR;;;WD)", "open to others"},
	} {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, []byte("marked"), 0o600); err != nil {
			t.Fatal(err)
		}
		descriptor, err := windows.SecurityDescriptorFromString(c.list)
		if err != nil {
			t.Fatal(err)
		}
		list, _, err := descriptor.DACL()
		if err != nil {
			t.Fatal(err)
		}
		err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
			windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Store{Dir: dir, Lookup: none}.Find(file)
		if c.want == "" && (got != "marked" || err != nil) || c.want != "" && (got != "" || err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %q, %v; want %q", file, got, err, c.want)
		}
	}
}

func TestIsAnybody(t *testing.T) {
	for text, want := range map[string]bool{
		"S-1-1-0": true, "S-1-5-11": true, "S-1-5-32-545": true, "S-1-5-32-546": true, // everyone, signed on, users, guests
		"S-1-5-18": false, "S-1-5-32-544": false, "S-1-5-21-1-2-3-1001": false, // the system, administrators, one account
	} {
		who, err := windows.StringToSid(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := isAnybody(who); got != want {
			t.Errorf("isAnybody(%s) = %t, want %t", text, got, want)
		}
	}
}
