package condition

import (
	"os"
	"os/user"
	"strconv"
)

// isUser compares the manager's user with a name, an ID, or @system: system users have IDs below 1000.
func isUser(_ *Checker, value string) (bool, error) {
	uid := os.Geteuid()
	if value == "@system" {
		return uid < 1000, nil // not nobody either, as systemd has it
	}
	if id, err := strconv.Atoi(value); err == nil {
		return uid == id || os.Getuid() == id, nil
	}
	found, err := user.Lookup(value)
	if err != nil {
		return false, nil
	}
	return found.Uid == strconv.Itoa(uid), nil
}

// isGroup holds when the manager is in the group, by its primary or a supplementary one.
func isGroup(_ *Checker, value string) (bool, error) {
	gid, err := strconv.Atoi(value)
	if err != nil {
		found, lookupErr := user.LookupGroup(value)
		if lookupErr != nil {
			return false, nil
		}
		if gid, err = strconv.Atoi(found.Gid); err != nil {
			return false, err
		}
	}
	if os.Getgid() == gid || os.Getegid() == gid {
		return true, nil
	}
	groups, err := os.Getgroups()
	for _, g := range groups {
		if g == gid {
			return true, nil
		}
	}
	return false, err
}
