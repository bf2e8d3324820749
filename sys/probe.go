package sys

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Machine is what the kernel and whoever started us allow, asked once at start. It holds facts, no judgement.
type Machine struct {
	PID, UID     int // UID is the effective one
	Capabilities Capabilities
	Clone3       bool

	// CgroupMount is where cgroup2 is mounted, "" if nowhere. CgroupOwn is our own group in it. CgroupWritable: we
	// could make a group in our own; otherwise CgroupError says why not.
	CgroupMount    string
	CgroupOwn      string
	CgroupWritable bool
	CgroupError    error
	CgroupKill     bool // Linux 5.14: cgroup.kill

	UserNamespaces bool // the limits allow to make some; whether a filter does is only known by trying
	PIDFD          bool
	Release        string // of the kernel
}

// Probe asks. It makes and removes one empty cgroup, if it may.
func Probe() Machine {
	m := Machine{PID: os.Getpid(), UID: os.Geteuid(), Clone3: CanClone3()}
	m.Capabilities, _ = OwnCapabilities() // best effort: without an answer there are none
	m.probeCgroup()
	if fd, err := OpenPIDFD(m.PID); err == nil {
		m.PIDFD = true
		Close(fd)
	}
	limit, err := ReadFile("/proc/sys/user/max_user_namespaces", maxProcStat)
	m.UserNamespaces = err == nil && strings.TrimSpace(string(limit)) != "0"
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		m.Release = unix.ByteSliceToString(u.Release[:])
	}
	return m
}

const probeGroup = "/steward.probe"

func (m *Machine) probeCgroup() {
	m.CgroupMount, m.CgroupError = Cgroup2Mount()
	if m.CgroupError != nil {
		return
	}
	if m.CgroupOwn, m.CgroupError = CgroupOf(0); m.CgroupError != nil {
		return
	}
	own := m.CgroupMount + strings.TrimSuffix(m.CgroupOwn, "/")
	if m.CgroupError = MakeCgroup(own + probeGroup); m.CgroupError != nil {
		return
	}
	// A group that a process can be put into is what counts: the directory may be ours and cgroup.procs not.
	m.CgroupError = unix.Access(own+"/cgroup.procs", unix.W_OK)
	m.CgroupWritable = m.CgroupError == nil
	m.CgroupKill = unix.Access(own+probeGroup+"/cgroup.kill", unix.F_OK) == nil
	if err := RemoveCgroup(own + probeGroup); err != nil && m.CgroupError == nil && !errors.Is(err, unix.EBUSY) {
		m.CgroupError = err
	}
}

// Has says whether a capability (Cap…) is effective.
func (m *Machine) Has(capability int) bool {
	return m.Capabilities.Effective&(1<<capability) != 0
}
