package load

import (
	"errors"
	"strings"

	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/syntax/words"
)

// Machine is what specifiers and defaults tell of the machine and of the manager's user. The host fills it; an empty
// text is a fact that is not known. systemd.unit(5), SPECIFIERS.
type Machine struct {
	MachineID, BootID                     string // 32 hexadecimal digits
	Hostname, PrettyHostname              string
	KernelRelease, Architecture           string // of uname -r; systemd's word, "x86-64"
	OSRelease                             map[string]string
	RuntimeDir, StateDir, CacheDir        string // /run or $XDG_RUNTIME_DIR, and so on
	LogsDir, ConfigDir, TempDir, LongTemp string
	CredentialsDir                        string // below which each unit has its own
	UserName, GroupName, Home, Shell      string
	UID, GID                              string
}

// SystemMachine has what is the same on every machine for a system manager; the host adds the rest.
func SystemMachine() Machine {
	return Machine{RuntimeDir: "/run", StateDir: "/var/lib", CacheDir: "/var/cache", LogsDir: "/var/log",
		ConfigDir: "/etc", TempDir: "/tmp", LongTemp: "/var/tmp", CredentialsDir: "/run/credentials",
		UserName: "root", GroupName: "root", Home: "/root", Shell: "/bin/sh", UID: "0", GID: "0"}
}

// errUnknown is what a specifier gives whose fact the machine lacks.
var errUnknown = errors.New("not known on this machine")

// errNoSpecifier is what a letter gives that means nothing. As in the oracle, the whole value is then ignored.
var errNoSpecifier = errors.New("no such specifier; write %% for a percent sign")

// Expander returns the function that replaces specifiers in the settings of a unit; fragment is for %y and %Y.
func (m *Machine) Expander(name, fragment string) func(string) (string, error) {
	lookup := func(c byte) (string, error) { return m.specifier(c, name, fragment) }
	return func(text string) (string, error) {
		if strings.IndexByte(text, '%') < 0 {
			return text, nil
		}
		return words.Specifiers(text, lookup)
	}
}

// InstallExpander is Expander for an [Install] section, which has fewer specifiers.
func (m *Machine) InstallExpander(name string) func(string) (string, error) {
	return func(text string) (string, error) {
		return words.Specifiers(text, func(c byte) (string, error) {
			if strings.IndexByte("aAbBgGHijlmMnNopuUvwW", c) < 0 {
				return "", noSpecifier(c)
			}
			return m.specifier(c, name, "")
		})
	}
}

// specifier is the meaning of one letter, in the order of the manual page.
func (m *Machine) specifier(c byte, name, fragment string) (string, error) {
	switch c {
	case 'n':
		return name, nil
	case 'N':
		return unitname.Stem(name), nil
	case 'p':
		return unitname.Prefix(name), nil
	case 'P':
		return unitname.Unescape(unitname.Prefix(name))
	case 'i':
		return unitname.Instance(name), nil
	case 'I':
		return unitname.Unescape(unitname.Instance(name))
	case 'j', 'J':
		return lastComponent(unitname.Prefix(name), c == 'J')
	case 'f':
		return fileOf(name)
	case 'y':
		return fragment, nil
	case 'Y':
		return parent(fragment), nil
	case 'd':
		return known(m.CredentialsDir, m.CredentialsDir+"/"+name)
	}
	return m.fact(c)
}

// fact is the meaning of a letter that is the same for all units.
func (m *Machine) fact(c byte) (string, error) {
	switch c {
	case 'a':
		return known(m.Architecture, m.Architecture)
	case 'A', 'B', 'M', 'o', 'w', 'W':
		return m.OSRelease[osFields[c]], nil // empty where os-release has no such field
	case 'b':
		return known(m.BootID, m.BootID)
	case 'm':
		return known(m.MachineID, m.MachineID)
	case 'H':
		return known(m.Hostname, m.Hostname)
	case 'l':
		short, _, _ := strings.Cut(m.Hostname, ".")
		return known(short, short)
	case 'q':
		if m.PrettyHostname == "" {
			return known(m.Hostname, m.Hostname)
		}
		return m.PrettyHostname, nil
	case 'v':
		return known(m.KernelRelease, m.KernelRelease)
	}
	if place, ok := m.place(c); ok {
		return known(place, place)
	}
	return "", noSpecifier(c)
}

// noSpecifier is the error for a letter that means nothing; other characters leave the text as it is.
func noSpecifier(c byte) error {
	if 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' {
		return errNoSpecifier
	}
	return words.ErrUnknownSpecifier
}

// osFields are the fields of os-release(5) that have a specifier.
var osFields = [...]string{'A': "IMAGE_VERSION", 'B': "BUILD_ID", 'M': "IMAGE_ID", 'o': "ID", 'w': "VERSION_ID",
	'W': "VARIANT_ID"}

// place is the meaning of the letters that tell of directories and of the manager's user.
func (m *Machine) place(c byte) (string, bool) {
	switch c {
	case 't':
		return m.RuntimeDir, true
	case 'S':
		return m.StateDir, true
	case 'C':
		return m.CacheDir, true
	case 'L':
		return m.LogsDir, true
	case 'E':
		return m.ConfigDir, true
	case 'T':
		return m.TempDir, true
	case 'V':
		return m.LongTemp, true
	case 'h':
		return m.Home, true
	case 's':
		return m.Shell, true
	case 'u':
		return m.UserName, true
	case 'U':
		return m.UID, true
	case 'g':
		return m.GroupName, true
	case 'G':
		return m.GID, true
	}
	return "", false
}

// known returns text, or an error if the fact it is made of is missing.
func known(fact, text string) (string, error) {
	if fact == "" {
		return "", errUnknown
	}
	return text, nil
}

// lastComponent is %j and %J: what follows the last dash of the prefix.
func lastComponent(prefix string, unescape bool) (string, error) {
	last := prefix[strings.LastIndexByte(prefix, '-')+1:]
	if !unescape {
		return last, nil
	}
	return unitname.Unescape(last)
}

// fileOf is %f: the unescaped instance or else prefix as an absolute path.
func fileOf(name string) (string, error) {
	escaped := unitname.Instance(name)
	if !unitname.IsInstance(name) {
		escaped = unitname.Prefix(name)
	}
	return unitname.UnescapePath(escaped)
}

// ParseOSRelease reads the assignments of os-release(5).
func ParseOSRelease(path string, data []byte) (map[string]string, []unitfile.Diagnostic) {
	assignments, found := words.ParseEnvFile(path, data)
	fields := make(map[string]string, len(assignments))
	for _, a := range assignments {
		name, value, _ := strings.Cut(a, "=")
		fields[name] = value
	}
	return fields, found
}
