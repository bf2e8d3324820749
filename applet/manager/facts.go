package manager

import (
	"os"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/bus"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/clock"
	"github.com/steward-init/steward/host/probe"
	"github.com/steward-init/steward/load"
)

// features are what systemd was built with: of all that, this is none of the libraries' work.
const features = "-PAM -AUDIT -SELINUX -APPARMOR -IMA -SMACK -SECCOMP -GCRYPT -GNUTLS -OPENSSL -ACL -BLKID -CURL " +
	"-ELFUTILS -FIDO2 -IDN2 -IDN -IPTC -KMOD -LIBCRYPTSETUP -LIBFDISK -PCRE2 -PWQUALITY -P11KIT -QRENCODE -TPM2 -BZIP2 " +
	"-LZ4 -XZ -ZLIB +ZSTD -BPF_FRAMEWORK -XKBCOMMON -UTMP -SYSVINIT default-hierarchy=unified"

// gatherFacts collects what the bus shows of the manager.
func (m *Manager) gatherFacts() {
	f := &m.busFacts
	f.Version = strings.TrimPrefix(ui.Version, "systemd ")
	f.Features = features
	f.Virtualization, f.Architecture = m.facts.Virtualization, m.facts.Architecture
	f.MachineID = m.machineID().String()
	f.User = m.options.user
	f.UnitPath = m.unitFiles.path.Dirs
	f.LogLevel, f.LogTarget = levels[level(m.options.logLevel)], m.options.logTarget
	if f.LogTarget == "" {
		f.LogTarget = "journal"
	}
	var taints []string
	if m.groups == nil {
		taints = append(taints, "cgroups-missing")
	} else {
		f.ControlGroup = m.groups.Root()
	}
	if info, err := os.Lstat("/bin"); err == nil && info.IsDir() {
		taints = append(taints, "unmerged-usr")
	}
	f.Tainted = strings.Join(taints, ":")
	if m.pid1 && !m.facts.Container {
		m.machineTimes()
	}
}

// machineTimes are the stages before the manager's own, of a machine that it starts. That there is a time of setting up
// security modules, however short, tells systemd-analyze that this is no container.
func (m *Manager) machineTimes() {
	now, times := clock.Now(), m.busFacts.Times
	kernel := now.Realtime - now.Monotonic
	times["Kernel"] = port.Time{Realtime: kernel}
	times["SecurityStart"], times["SecurityFinish"] = times["Userspace"], times["Userspace"]
	if firmware, loader := probe.LoaderTimes(); firmware > 0 {
		times["Firmware"] = port.Time{Monotonic: firmware, Realtime: kernel - firmware}
		times["Loader"] = port.Time{Monotonic: loader, Realtime: kernel - loader}
	}
}

// stage notes that a stage of the manager's start is reached now. Loop goroutine, or before there is one.
func (m *Manager) stage(name string) port.Time {
	now := clock.Now()
	if m.busFacts.Times == nil {
		m.busFacts.Times = map[string]port.Time{}
	}
	m.busFacts.Times[name] = now
	return now
}

// paths is the search path of unit files. Transient units are in it even where SYSTEMD_UNIT_PATH replaces it: there is
// no other place that a reload could find them at.
func (m *Manager) paths() load.SearchPath {
	p := load.Paths(m.mode(), func(name string) string {
		if name == "XDG_RUNTIME_DIR" {
			return m.dirs.base
		}
		return os.Getenv(name)
	})
	if m.options.runtimeDir != "" {
		p.Transient = m.dirs.runtime + "/transient"
		p.RuntimeControl = m.dirs.runtime + "/system.control"
	}
	for _, dir := range []string{p.Transient, p.RuntimeControl, p.Control} {
		if dir != "" && !contains(p.Dirs, dir) {
			p.Dirs = append([]string{dir}, p.Dirs...)
		}
	}
	return p
}

func contains(list []string, word string) bool {
	for _, w := range list {
		if w == word {
			return true
		}
	}
	return false
}

var _ bus.Manager = (*Manager)(nil)
