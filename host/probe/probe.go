// Package probe finds out, once at start, what the machine is and allows: its names, its virtualization, and which
// kernel facilities this process may use.
//
// It exists so that every later decision (a condition, a specifier, a verdict) rests on one set of facts. It must not
// change anything.
package probe

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/virtualization"
	"github.com/steward-init/steward/syntax/architecture"
	"github.com/steward-init/steward/sys"
)

// Facts are what was found. IDs have 32 hexadecimal digits, "" where the machine has none.
type Facts struct {
	MachineID, BootID        string
	Hostname, PrettyHostname string
	KernelRelease            string
	Architecture             string // systemd's word
	Virtualization           string // systemd-detect-virt's word, "none" for none
	Container                bool
	OSRelease                string // path of os-release
}

// Look gathers the facts.
func Look() Facts {
	f := Facts{Architecture: architecture.Native(), MachineID: id("/etc/machine-id")}
	f.BootID, _ = sys.BootID() // best effort: without it entries of the journal have no boot
	f.BootID = strings.ReplaceAll(f.BootID, "-", "")
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		f.Hostname, f.KernelRelease = unix.ByteSliceToString(u.Nodename[:]), unix.ByteSliceToString(u.Release[:])
	}
	kind, container := virtualization.Here().Detect()
	f.Virtualization, f.Container = string(kind), container
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if _, err := os.Stat(path); err == nil {
			f.OSRelease = path
			break
		}
	}
	return f
}

// Hostname reads the present host name.
func Hostname() string {
	name, _ := os.Hostname() // best effort: uname can't fail
	return name
}

func id(path string) string {
	data, err := os.ReadFile(path)
	text := strings.TrimSpace(string(data))
	if err != nil || len(text) != 32 || strings.Trim(text, "0123456789abcdef") != "" {
		return ""
	}
	return text
}
