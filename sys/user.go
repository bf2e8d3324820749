package sys

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrUnknown says that a user or group isn't in the machine's files. Those that only a service behind nsswitch.conf(5)
// knows aren't found here.
var ErrUnknown = errors.New("no such entry")

const maxAccountFile = 16 << 20

// Account is a line of passwd(5).
type Account struct {
	Name     string
	UID, GID uint32
	Home     string
	Shell    string
}

// Group is a line of group(5).
type Group struct {
	Name    string
	GID     uint32
	Members []string
}

// Accounts reads users and groups from below a directory, usually /etc.
type Accounts struct{ Directory string }

// User finds a user by name or by number.
func (a Accounts) User(name string) (Account, error) {
	uid, numeric := accountNumber(name)
	var found Account
	err := a.scan("passwd", name, func(f []string) bool {
		if len(f) < 7 || f[0] != name && (!numeric || f[2] != name) {
			return false
		}
		id, good := accountNumber(f[2])
		gid, goodGroup := accountNumber(f[3])
		found = Account{Name: f[0], UID: id, GID: gid, Home: f[5], Shell: f[6]}
		return good && goodGroup && (f[0] == name || id == uid)
	})
	return found, err
}

// Group finds a group by name or by number.
func (a Accounts) Group(name string) (Group, error) {
	gid, numeric := accountNumber(name)
	var found Group
	err := a.scan("group", name, func(f []string) bool {
		if len(f) < 4 || f[0] != name && (!numeric || f[2] != name) {
			return false
		}
		id, good := accountNumber(f[2])
		found = Group{Name: f[0], GID: id, Members: splitMembers(f[3])}
		return good && (f[0] == name || id == gid)
	})
	return found, err
}

// GroupsOf are the groups that a user belongs to: the given main one first, then those that list the name.
func (a Accounts) GroupsOf(name string, main uint32) ([]uint32, error) {
	groups := []uint32{main}
	err := a.scan("group", name, func(f []string) bool {
		if len(f) < 4 {
			return false
		}
		id, good := accountNumber(f[2])
		for _, member := range splitMembers(f[3]) {
			if good && member == name && id != main {
				groups = append(groups, id)
			}
		}
		return false
	})
	if errors.Is(err, ErrUnknown) {
		err = nil
	}
	return groups, err
}

// scan calls line for each line's fields until it returns true.
func (a Accounts) scan(file, name string, line func(fields []string) bool) error {
	b, err := ReadFile(a.Directory+"/"+file, maxAccountFile)
	if err != nil {
		return err
	}
	for l := range bytes.Lines(b) {
		l = bytes.TrimSuffix(l, []byte("\n"))
		if len(l) == 0 || l[0] == '#' || !bytes.Contains(l, []byte(name)) {
			continue // most lines: no splitting
		}
		if line(strings.Split(string(l), ":")) {
			return nil
		}
	}
	return fmt.Errorf("%s %s: %w", file, name, ErrUnknown)
}

func splitMembers(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}

// accountNumber reads a user's or group's number. The two that mean "no change" to the kernel are none.
func accountNumber(s string) (uint32, bool) {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n == 1<<32-1 || n == 1<<16-1 {
		return 0, false
	}
	return uint32(n), true
}
