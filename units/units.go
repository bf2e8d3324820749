// Package units carries the unit files that a machine needs which has none of systemd's own: the targets that every
// service refers to, and the services that end the machine or the session.
//
// It exists so that a container with nothing but an application's unit files boots. The files are ours and small; what
// a machine has in its search path goes before them. This package must not know how units are loaded.
package units

import (
	"embed"
	"io/fs"
)

//go:embed system user provided running
var files embed.FS

// Dir is where the units appear to be, for positions in messages. No such directory exists.
const Dir = "/usr/lib/steward/units"

// System are the units for a system manager, at the top of the file system.
func System() fs.FS { return below("system") }

// User are the units for users' managers.
func User() fs.FS { return below("user") }

// ProvidedDir is where the units of Provided appear to be. No such directory exists.
const ProvidedDir = "/usr/lib/steward/provided"

// Provided are the units of a system whose work the manager does itself: it writes the journal, and two who write the
// same files would destroy them. They go before what the machine has.
func Provided() fs.FS { return below("provided") }

// RunningDir is where the units of Running appear to be. No such directory exists.
const RunningDir = "/usr/lib/steward/running"

// Running are the units for a system manager that is not the first process: the machine, usually a container, was
// booted by somebody else and is in use. What belongs to a boot is left alone, above all the removal of what is in
// /tmp. They go before what the machine has.
func Running() fs.FS { return below("running") }

func below(dir string) fs.FS {
	sub, _ := fs.Sub(files, dir) // fails for malformed names only
	return sub
}

// SystemLinks are the aliases among the system units, as symlinks: name and target.
func SystemLinks() map[string]string {
	return map[string]string{
		"default.target":      "multi-user.target",
		"ctrl-alt-del.target": "reboot.target",
		"runlevel0.target":    "poweroff.target",
		"runlevel1.target":    "rescue.target",
		"runlevel2.target":    "multi-user.target",
		"runlevel3.target":    "multi-user.target",
		"runlevel4.target":    "multi-user.target",
		"runlevel5.target":    "graphical.target",
		"runlevel6.target":    "reboot.target",
	}
}
