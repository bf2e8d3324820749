package manager

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/bus"
	"github.com/steward-init/steward/host"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sys"
)

// Usage reads what a unit's control group says of it. What the kernel doesn't offer is unknown, not zero.
func (m *Manager) Usage(unit string) bus.Usage {
	u := bus.Usage{Memory: math.MaxUint64, CPUNanoseconds: math.MaxUint64, Tasks: math.MaxUint64}
	if m.groups == nil {
		return u
	}
	path, ok := m.world.Path(unit)
	if unit == initScope {
		path, ok = initScope, true // our own, which the world has not made
	} else if status := m.loop.Engine.Unit(unit); !ok && status != nil && status.Unit.Type == model.TypeSlice {
		path, ok = host.GroupOf(status.Unit), status.Active.IsUp()
	}
	if !ok {
		if n, ok := m.world.Spent(unit); ok {
			u.CPUNanoseconds = n
		}
		return u
	}
	dir := m.groups.Dir(path)
	var st unix.Stat_t
	if unix.Stat(dir, &st) == nil {
		u.GroupID = st.Ino
	}
	if n, ok := number(filepath.Join(dir, "memory.current")); ok {
		u.Memory = n
	}
	if n, ok := number(filepath.Join(dir, "pids.current")); ok {
		u.Tasks = n
	}
	if n, ok := m.groups.CPUTime(path); ok {
		u.CPUNanoseconds = n
	}
	return u
}

// initScope is the unit, and the control group, of the manager itself.
const initScope = "init.scope"

// maxFile bounds what is read of a control group's file.
const maxFile = 64 << 10

func number(path string) (uint64, bool) {
	data, err := sys.ReadFile(path, maxFile)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}

// Identity is who a service's processes run as.
func (m *Manager) Identity(u *model.Unit) bus.Identity {
	uid, gid, err := m.launcher.Identity(u)
	if err != nil {
		return bus.Identity{UID: math.MaxUint32, GID: math.MaxUint32}
	}
	return bus.Identity{UID: uid, GID: gid}
}
