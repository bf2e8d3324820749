package host

import (
	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/cgroup"
	"github.com/steward-init/steward/host/watch"
	"github.com/steward-init/steward/model"
)

// shortage watches the memory.events files of units' control groups, and tells when the kernel ended processes for want
// of memory.
type shortage struct {
	watcher *watch.Watcher
	killed  func(unit string)
	units   map[string]*memoryEvents // those whose group has the memory controller
}

// memoryEvents is what is known of one file.
type memoryEvents struct {
	file  string
	kills uint64 // already told of
}

// watch begins to watch a unit's file, if there is one and it is not watched yet.
func (s *shortage) watch(unit, file string) {
	if s.units[unit] != nil {
		return
	}
	kills, ok := cgroup.OOMKills(file)
	if !ok || s.watcher.Add(file, unix.IN_MODIFY, func() { s.check(unit) }) != nil {
		return
	}
	s.units[unit] = &memoryEvents{file, kills}
	s.check(unit) // one may have come in between
}

// check looks now. It is asked before the end of a process is told, so that the reason for it comes first.
func (s *shortage) check(unit string) {
	m := s.units[unit]
	if m == nil {
		return
	}
	if kills, ok := cgroup.OOMKills(m.file); ok && kills > m.kills {
		m.kills = kills
		s.killed(unit)
	}
}

// unwatch ends it, before the group is removed.
func (s *shortage) unwatch(unit string) {
	if m := s.units[unit]; m != nil {
		delete(s.units, unit)
		s.watcher.Remove(m.file)
	}
}

// watchMemory prepares a unit's group, which is there by now, for the want of memory.
func (w *World) watchMemory(u *model.Unit, group string) {
	if !w.hasMemory || w.shortage.units[u.Name] != nil {
		return
	}
	together := u.Service != nil && u.Service.OOMPolicy == model.OOMKill ||
		u.Scope != nil && u.Scope.OOMPolicy == model.OOMKill
	if err := w.groups.SetOOMGroup(group, together); err != nil {
		w.output.Log(&port.Log{Unit: u.Name, Level: 4, Message: err.Error()})
	}
	w.shortage.watch(u.Name, w.groups.OOMFile(group))
}
