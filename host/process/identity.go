package process

import (
	"bufio"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/exitstatus"
)

// identity is who a command runs as.
type identity struct {
	change   bool // uid, gid and groups are set in the child
	named    bool // HOME, LOGNAME, USER and SHELL are set from it
	name     string
	home     string
	shell    string
	uid, gid uint32
	groups   []uint32
}

// identify resolves User=, Group= and SupplementaryGroups=. keep leaves the process with the manager's own identity
// (the +, ! and !! prefixes), but the names are still those of User=.
func (l *Launcher) identify(id *identity, exec *model.Exec, keep bool) error {
	id.uid, id.gid, id.home, id.shell = uint32(os.Geteuid()), uint32(os.Getegid()), "/", "/bin/sh"
	if l.User {
		if home := os.Getenv("HOME"); home != "" {
			id.home = home
		}
	} else if exec.User == "" {
		id.home = "/root"
	}
	if exec.User == "" && exec.Group == "" && len(exec.SupplementaryGroups) == 0 {
		return nil
	}
	if exec.User != "" {
		if err := l.users.find(id, exec.User); err != nil {
			return at(exitstatus.User, err)
		}
		id.named = true
		if id.name == "root" {
			id.home, id.shell = "/root", RootShell()
		}
		id.clean()
	}
	if exec.Group != "" {
		gid, err := groupID(exec.Group)
		if err != nil {
			return at(exitstatus.Group, err)
		}
		id.gid = gid
	}
	if exec.User != "" && !slices.Contains(id.groups, id.gid) { // initgroups(3) adds it
		id.groups = append(id.groups, id.gid)
	}
	for _, name := range exec.SupplementaryGroups {
		gid, err := groupID(name)
		if err != nil {
			return at(exitstatus.Group, err)
		}
		if !slices.Contains(id.groups, gid) {
			id.groups = append(id.groups, gid)
		}
	}
	id.change = !keep
	return nil
}

// clean drops a shell that lets nobody in, and the home of the user who has none: such are not told to the service.
func (id *identity) clean() {
	switch filepath.Base(id.shell) {
	case "nologin", "false", "true", ".":
		id.shell = ""
	}
	if id.name == "nobody" || id.uid == nobodyID {
		id.home, id.shell = "", ""
	}
}

// RootShell is the shell that root is taken to have, whatever the user database says. systemd.unit(5), %s.
func RootShell() string {
	if unix.Access("/bin/bash", unix.X_OK) == nil {
		return "/bin/bash"
	}
	return "/bin/sh"
}

// nobodyID is the user to whom the kernel maps those it can't name.
const nobodyID = 65534

// Identity returns who a service's commands run as.
func (l *Launcher) Identity(u *model.Unit) (uid, gid uint32, err error) {
	var id identity
	err = l.identify(&id, u.Service.Exec, false)
	return id.uid, id.gid, err
}

// lookupError is that of a name which nobody knows.
type lookupError struct {
	kind, name string
	err        error
}

func (e *lookupError) Error() string { return fmt.Sprintf("unknown %s %s", e.kind, e.name) }
func (e *lookupError) Unwrap() error { return e.err }

// users remembers the passwd and group files between spawns, as long as they have not changed.
type users struct {
	passwdStamp, groupStamp stamp
	entries                 map[string]passwd
	groups                  map[string][]uint32
}

// stamp tells versions of a file apart.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(path string) stamp {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}

type passwd struct {
	name, home, shell string
	uid, gid          uint32
}

const (
	passwdFile = "/etc/passwd"
	groupFile  = "/etc/group"
)

func (u *users) find(id *identity, name string) error {
	if now := stampOf(passwdFile); u.entries == nil || now != u.passwdStamp {
		u.load()
		u.passwdStamp = now
	}
	entry, ok := u.entries[name]
	if !ok {
		return u.findElsewhere(id, name)
	}
	id.name, id.home, id.shell, id.uid, id.gid = entry.name, entry.home, entry.shell, entry.uid, entry.gid
	id.groups = u.groupsOf(entry.name)
	return nil
}

// findElsewhere finds a user by number. One that has no entry is unknown, for systemd too.
func (u *users) findElsewhere(id *identity, name string) error {
	uid, err := strconv.ParseUint(name, 10, 32)
	if err != nil || uid >= 1<<32-1 {
		return &lookupError{"user", name, user.UnknownUserError(name)}
	}
	for _, entry := range u.entries {
		if entry.uid == uint32(uid) {
			id.name, id.home, id.shell, id.uid, id.gid = entry.name, entry.home, entry.shell, entry.uid, entry.gid
			id.groups = u.groupsOf(entry.name)
			return nil
		}
	}
	return &lookupError{"user", name, user.UnknownUserIdError(uid)} // there is no group to run it with
}

func (u *users) load() {
	u.entries = map[string]passwd{}
	scanColons(passwdFile, 7, func(f []string) {
		uid, err1 := strconv.ParseUint(f[2], 10, 32)
		gid, err2 := strconv.ParseUint(f[3], 10, 32)
		if _, have := u.entries[f[0]]; err1 != nil || err2 != nil || have {
			return
		}
		u.entries[f[0]] = passwd{f[0], f[5], f[6], uint32(uid), uint32(gid)}
	})
}

func (u *users) groupsOf(name string) []uint32 {
	if now := stampOf(groupFile); u.groups == nil || now != u.groupStamp {
		u.groups, u.groupStamp = map[string][]uint32{}, now
	}
	if groups, ok := u.groups[name]; ok {
		return slices.Clone(groups)
	}
	var groups []uint32
	scanColons(groupFile, 4, func(f []string) {
		if gid, err := strconv.ParseUint(f[2], 10, 32); err == nil && slices.Contains(strings.Split(f[3], ","), name) {
			groups = append(groups, uint32(gid))
		}
	})
	u.groups[name] = groups
	return slices.Clone(groups)
}

func groupID(name string) (uint32, error) {
	if gid, err := strconv.ParseUint(name, 10, 32); err == nil && gid < 1<<32-1 {
		return uint32(gid), nil
	}
	group, err := user.LookupGroup(name)
	if err != nil {
		return 0, &lookupError{"group", name, err}
	}
	gid, err := strconv.ParseUint(group.Gid, 10, 32)
	if err != nil {
		return 0, &lookupError{"group", name, err}
	}
	return uint32(gid), nil
}

// scanColons calls each for the lines of a colon separated file with at least n fields.
func scanColons(path string, n int, each func(fields []string)) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if fields := strings.Split(lines.Text(), ":"); len(fields) >= n {
			each(fields)
		}
	}
}
