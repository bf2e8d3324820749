// Package apply makes a file system as a tmpfiles.Plan wants it: it creates, adjusts, cleans up and removes.
//
// It exists so that everything which touches files is in one place and goes through package rootfs: no symlink and no
// ".." leads out of the root, and where an unprivileged user could have put a symlink, it is not followed to what is
// somebody else's. It must not know how lines are written.
package apply

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/tmpfiles"
)

// Operation is a set of what to do, systemd-tmpfiles(8).
type Operation int

// The operations.
const (
	Create Operation = 1 << iota
	Clean
	Remove
)

// Applier does what a plan wants in a root.
type Applier struct {
	Root *rootfs.Root
	Show string // in front of paths in messages: the root's own path, "" for "/"
	Plan *tmpfiles.Plan
	Log  func(tmpfiles.Message)
	Now  uint64 // microseconds since 1970: what is old is so at this time
	// Subvolumes says that lines which may make subvolumes of btrfs do.
	Subvolumes bool
	// UserName and GroupName name a user and a group in messages.
	UserName, GroupName func(id uint32) string

	done    map[*tmpfiles.Item]Operation
	sockets map[string]bool // in use; nil if not read yet
	links   linksSysctl

	mounts      []mount
	mountsKnown bool
}

// Run does operations. What is to be removed and cleaned up goes first, then things are created. It goes on after
// errors, which have been logged, and returns the first one.
func (a *Applier) Run(ops Operation) error {
	a.done = map[*tmpfiles.Item]Operation{}
	var first error
	for _, phase := range []Operation{ops & (Remove | Clean), ops & Create} {
		if phase == 0 {
			continue
		}
		for _, e := range a.Plan.Entries() {
			keep(&first, a.entry(e, phase))
		}
	}
	return first
}

// keep remembers the first error.
func keep(first *error, err error) {
	if *first == nil {
		*first = err
	}
}

// entry does one path: what is above it is created before it, and what is below it is cleaned up and removed before it.
func (a *Applier) entry(e *tmpfiles.Entry, ops Operation) error {
	var first error
	if ops&Create != 0 {
		var above []*tmpfiles.Entry
		for p := e.Parent; p != nil; p = p.Parent {
			above = append(above, p)
		}
		for i := len(above) - 1; i >= 0; i-- {
			keep(&first, a.items(above[i], Create))
		}
	}
	if ops&(Remove|Clean) != 0 {
		for _, child := range e.Children {
			keep(&first, a.entry(child, ops&(Remove|Clean)))
		}
	}
	keep(&first, a.items(e, ops))
	return first
}

// items does the items of one path, each once.
func (a *Applier) items(e *tmpfiles.Entry, ops Operation) error {
	var first error
	for _, i := range e.Items {
		todo := ops &^ a.done[i]
		if todo == 0 {
			continue
		}
		a.done[i] |= todo
		if a.automounted(i.Path) {
			a.log(tmpfiles.Notice, "Skipping %s", a.show(i.Path))
			continue
		}
		if todo&Create != 0 {
			a.debug("Running create action for entry %c %s", i.Kind, a.show(i.Path))
			if err := a.create(i); !i.MayFail {
				keep(&first, err)
			}
		}
		if todo&Remove != 0 {
			a.debug("Running remove action for entry %c %s", i.Kind, a.show(i.Path))
			keep(&first, a.remove(i))
		}
		if todo&Clean != 0 {
			a.debug("Running clean action for entry %c %s", i.Kind, a.show(i.Path))
			keep(&first, a.clean(i))
		}
	}
	return first
}

// show is a path as messages have it.
func (a *Applier) show(p string) string { return a.Show + p }

func (a *Applier) debug(format string, args ...any) { a.log(tmpfiles.Debug, format, args...) }

func (a *Applier) log(level tmpfiles.Level, format string, args ...any) {
	a.Log(tmpfiles.Message{Level: level, Text: fmt.Sprintf(format, args...)})
}

// fail logs an error and returns err. The format's last verb is for err's text.
func (a *Applier) fail(err error, format string, args ...any) error {
	a.log(tmpfiles.Error, format, append(args, Text(err))...)
	return err
}

// refuse is fail for messages that do not tell err's text.
func (a *Applier) refuse(err error, format string, args ...any) error {
	a.log(tmpfiles.Error, format, args...)
	return err
}

// Text is an error's text as the C library has it, which begins with a capital letter.
func Text(err error) string {
	text := err.Error()
	var errno unix.Errno
	if errors.As(err, &errno) {
		text = errno.Error()
	}
	if errors.Is(err, unix.ENOTSUP) {
		return "Operation not supported"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// split takes the last component off a clean path.
func split(p string) (dir, base string) {
	dir, base = path.Split(p)
	if dir != "/" {
		dir = strings.TrimSuffix(dir, "/")
	}
	return dir, base
}
