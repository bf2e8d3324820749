package sysusers

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/machineid"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/syntax/architecture"
	"github.com/steward-init/steward/sys"
)

// expand replaces the specifiers of sysusers.d(5).
func (s *session) expand(text string) (string, error) {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "%")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		if after == "" {
			b.WriteByte('%')
			return b.String(), nil
		}
		value, err := s.specifier(after[0])
		if err != nil {
			return "", errors.New(ui.Because(err))
		}
		b.WriteString(value)
		text = after[1:]
	}
}

// specifier is what a letter stands for.
func (s *session) specifier(c byte) (string, error) {
	switch c {
	case '%':
		return "%", nil
	case 'a':
		return architecture.Native(), nil
	case 'A', 'B', 'M', 'o', 'w', 'W':
		return s.release(c)
	case 'b':
		id, err := sys.BootID()
		return strings.ReplaceAll(id, "-", ""), err
	case 'm':
		id, err := machineid.ReadIn(s.root)
		if errors.Is(err, fs.ErrNotExist) {
			err = unix.EUNATCH // there is nothing to put in its place
		}
		return id.String(), err
	case 'H', 'l':
		name, err := os.Hostname()
		if c == 'l' {
			name, _, _ = strings.Cut(name, ".")
		}
		return name, err
	case 'T':
		return s.temporary("/tmp"), nil
	case 'V':
		return s.temporary("/var/tmp"), nil
	case 'v':
		var u unix.Utsname
		err := unix.Uname(&u)
		return unix.ByteSliceToString(u.Release[:]), err
	}
	if 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' {
		return "", unix.EBADSLT
	}
	return "%" + string(rune(c)), nil
}

// fields are those of os-release(5) that have a specifier.
var fields = [...]string{'A': "IMAGE_VERSION", 'B': "BUILD_ID", 'M': "IMAGE_ID", 'o': "ID", 'w': "VERSION_ID",
	'W': "VARIANT_ID"}

// maxRelease bounds os-release.
const maxRelease = 1 << 20

// release is a field of the root's os-release, "" where it has none.
func (s *session) release(c byte) (string, error) {
	var data []byte
	err := fs.ErrNotExist
	for _, name := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if data, err = s.root.ReadFile(name, maxRelease); err == nil || !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", unix.EUNATCH
	}
	if err != nil {
		return "", err
	}
	release, _ := load.ParseOSRelease("os-release", data) // what is wrong in it has no field
	return release[fields[c]], nil
}

// temporary is the first of the usual variables that names a directory.
func (s *session) temporary(otherwise string) string {
	for _, name := range []string{"TMPDIR", "TEMP", "TMP"} {
		dir := s.Getenv(name)
		if !path.IsAbs(dir) || path.Clean(dir) != strings.TrimSuffix(dir, "/") {
			continue
		}
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			return dir
		}
	}
	return otherwise
}

// newSalt makes a random salt for a password.
func newSalt() string { return rand.Text()[:16] }
