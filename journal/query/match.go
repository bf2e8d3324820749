package query

import (
	"strconv"
	"strings"
)

// Match is a set of alternatives, each a list of FIELD=value that an entry must have all of. An empty Match is all.
type Match [][]string

// coredumpMessage is the MESSAGE_ID= of systemd-coredump.
const coredumpMessage = "MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1"

// Unit is what concerns a system unit, as journalctl --unit= has it: what its processes said, what the manager said of
// it, its core dumps, and what privileged programs said of its processes; of a slice also what is in it.
func Unit(name string) Match {
	m := Match{
		{"_SYSTEMD_UNIT=" + name},
		{"UNIT=" + name, "_PID=1"},
		{"COREDUMP_UNIT=" + name, "_UID=0", coredumpMessage},
		{"OBJECT_SYSTEMD_UNIT=" + name, "_UID=0"},
	}
	if strings.HasSuffix(name, ".slice") {
		m = append(m, []string{"_SYSTEMD_SLICE=" + name})
	}
	return m
}

// UserUnit is what concerns a unit of a user's manager, as journalctl --user-unit= has it.
func UserUnit(name string, uid uint32) Match {
	owner := "_UID=" + strconv.FormatUint(uint64(uid), 10)
	m := Match{
		{"_SYSTEMD_USER_UNIT=" + name, owner},
		{"USER_UNIT=" + name, owner},
		{"COREDUMP_USER_UNIT=" + name, owner},
		{"OBJECT_SYSTEMD_USER_UNIT=" + name, owner},
	}
	if strings.HasSuffix(name, ".slice") {
		m = append(m, []string{"_SYSTEMD_USER_SLICE=" + name, owner})
	}
	return m
}

// Invocation is what one run of a unit said and what the manager said of it: id is 32 hexadecimal digits.
func Invocation(id string) Match {
	return Match{{"_SYSTEMD_INVOCATION_ID=" + id}, {"INVOCATION_ID=" + id}, {"USER_INVOCATION_ID=" + id}}
}
