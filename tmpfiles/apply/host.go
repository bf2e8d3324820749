package apply

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
	"github.com/steward-init/steward/tmpfiles"
)

// mayMknod says whether this process may make device nodes.
func mayMknod() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	return unix.Capget(&header, &data[0]) == nil && data[0].Effective&(1<<unix.CAP_MKNOD) != 0
}

// mount is a mount point by the name that messages have, below a.Show.
type mount struct {
	path   string
	autofs bool
}

// automounted says whether a path is where a file system would be mounted when it is looked at. Such a path is left
// alone, as the server may be far away, or need the very files that are to be made.
func (a *Applier) automounted(path string) bool {
	if !a.mountsKnown {
		const limit = 16 << 20
		text, err := sys.ReadFile("/proc/self/mountinfo", limit)
		if err != nil {
			a.debug("Failed to determine whether '%s' is below autofs, ignoring: %s", a.show(path), Text(err))
		}
		a.mountsKnown, a.mounts = true, automounts(string(text))
	}
	best := mount{}
	for _, m := range a.mounts {
		if len(m.path) >= len(best.path) && tmpfiles.Below(a.show(path), m.path) {
			best = m
		}
	}
	return best.autofs
}

// automounts reads the mount points out of proc_pid_mountinfo(5), if any is one of autofs. Later ones cover earlier
// ones.
func automounts(mountinfo string) (list []mount) {
	if !strings.Contains(mountinfo, " - autofs ") {
		return nil
	}
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range strings.Lines(mountinfo) {
		const pathField = 4
		before, after, ok := strings.Cut(line, " - ")
		fields := strings.Fields(before)
		if ok && len(fields) > pathField {
			list = append(list, mount{unescape.Replace(fields[pathField]), strings.HasPrefix(after, "autofs ")})
		}
	}
	return list
}
