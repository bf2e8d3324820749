// Package syscalls has the named sets of system calls that SystemCallFilter= takes, systemd.exec(5).
//
// It exists so that the filter, the security review and systemd-analyze syscall-filter mean the same by "@swap". It
// must not know the numbers of system calls, nor which of them a kernel has.
package syscalls

import (
	"slices"
	"strings"
)

// Set is a named set: "@swap", what it is for, and its members.
type Set struct {
	Name, Summary string
	members       string // separated by spaces
}

// Known is the name of the set of all system calls.
const Known = "@known"

// Sets are all sets, in the order of systemd-analyze(1) syscall-filter: "@default" first, then by name, "@known" last.
func Sets() []Set { return slices.Clone(table[:]) }

// Find is the set of a name, which includes its "@".
func Find(name string) (Set, bool) {
	for _, s := range table {
		if s.Name == name {
			return s, true
		}
	}
	return Set{}, false
}

// Members are the system calls of the set by name, and the names of other sets that are part of it.
func (s Set) Members() []string { return strings.Fields(s.members) }

// Calls are all system calls of the set and of those that are part of it, sorted.
func (s Set) Calls() []string {
	calls := map[string]bool{}
	s.collect(calls)
	list := make([]string, 0, len(calls))
	for name := range calls {
		list = append(list, name)
	}
	slices.Sort(list)
	return list
}

func (s Set) collect(calls map[string]bool) {
	for name := range strings.FieldsSeq(s.members) {
		if part, ok := Find(name); ok {
			part.collect(calls)
			continue
		}
		calls[name] = true
	}
}

// Ungrouped are the system calls that are in no set but @known, sorted.
func Ungrouped() []string {
	grouped := map[string]bool{}
	for _, s := range table {
		if s.Name != Known {
			s.collect(grouped)
		}
	}
	known, _ := Find(Known) // it is in the table
	return slices.DeleteFunc(known.Calls(), func(name string) bool { return grouped[name] })
}
