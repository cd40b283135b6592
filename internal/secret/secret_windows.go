package secret

import (
	"errors"
	"fmt"
	"os"
	"unicode/utf16"
	"unsafe"

	"golang.org/x/sys/windows"
)

// systemPlace is how people find a secret in the Credential Manager, and how cmdkey /generic: names it.
const systemPlace = "the Windows credential portolan/"

// credential is CREDENTIALW of wincred.h.
type credential struct {
	Flags, Type    uint32
	TargetName     *uint16
	Comment        *uint16
	LastWritten    windows.Filetime
	BlobSize       uint32
	Blob           *byte
	Persist        uint32
	AttributeCount uint32
	Attributes     uintptr
	TargetAlias    *uint16
	UserName       *uint16
}

// credentialGeneric is CRED_TYPE_GENERIC: a credential that the system keeps for a program, and does not use itself.
const credentialGeneric = 1

// fromSystem reads a generic credential of the account that the process runs as.
func fromSystem(name string) (string, error) {
	target, err := windows.UTF16PtrFromString("portolan/" + name)
	if err != nil {
		return "", fmt.Errorf("read the credential: %w", err)
	}
	advapi := windows.NewLazySystemDLL("advapi32.dll")
	var found *credential
	ok, _, err := advapi.NewProc("CredReadW").Call(uintptr(unsafe.Pointer(target)), credentialGeneric, 0, uintptr(unsafe.Pointer(&found)))
	switch {
	case ok != 0:
	case errors.Is(err, windows.ERROR_NOT_FOUND), errors.Is(err, windows.ERROR_NO_SUCH_LOGON_SESSION):
		return "", errNone
	default:
		return "", fmt.Errorf("read the credential: %w", err)
	}
	defer advapi.NewProc("CredFree").Call(uintptr(unsafe.Pointer(found)))
	if found.BlobSize > longest {
		return "", fmt.Errorf("read the credential: it is longer than %d bytes", longest)
	}
	return spell(unsafe.Slice(found.Blob, found.BlobSize)), nil
}

// spell returns the text of a credential. cmdkey and the control panel write UTF-16, other programs bytes.
func spell(blob []byte) string {
	if len(blob) < 2 || len(blob)%2 != 0 || blob[1] != 0 {
		return string(blob)
	}
	units := make([]uint16, len(blob)/2)
	for i := range units {
		units[i] = uint16(blob[2*i]) | uint16(blob[2*i+1])<<8
	}
	return string(utf16.Decode(units))
}

// checkPrivate refuses a file that the access list opens to everybody, to all users or to guests.
func checkPrivate(f *os.File) error {
	info, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		return fmt.Errorf("read its access list: %w", err)
	}
	list, _, err := info.DACL()
	if err != nil || list == nil {
		return errors.New("it has no access list, so everybody can read it")
	}
	for i := range uint32(list.AceCount) {
		var entry *windows.ACCESS_ALLOWED_ACE
		if err := windows.GetAce(list, i, &entry); err != nil {
			return fmt.Errorf("read its access list: %w", err)
		}
		if entry.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE || entry.Mask&opens == 0 {
			continue
		}
		if who := (*windows.SID)(unsafe.Pointer(&entry.SidStart)); isAnybody(who) {
			return fmt.Errorf("it is open to others (%s): want access for the agent's account and administrators alone", who)
		}
	}
	return nil
}

// opens is the rights by which a file can be read or changed.
const opens = windows.FILE_READ_DATA | windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | windows.WRITE_DAC | windows.WRITE_OWNER |
	windows.GENERIC_READ | windows.GENERIC_WRITE | windows.GENERIC_ALL

func isAnybody(who *windows.SID) bool {
	for _, kind := range []windows.WELL_KNOWN_SID_TYPE{
		windows.WinWorldSid, windows.WinAuthenticatedUserSid, windows.WinBuiltinUsersSid, windows.WinInteractiveSid,
		windows.WinBuiltinGuestsSid, windows.WinAnonymousSid, windows.WinNetworkSid,
	} {
		if who.IsWellKnown(kind) {
			return true
		}
	}
	return false
}
