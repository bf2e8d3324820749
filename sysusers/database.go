package sysusers

import (
	"strconv"
	"strings"
)

// Files are the contents of the four account files, "" where one is missing.
type Files struct{ Passwd, Group, Shadow, Gshadow string }

// database is what the account files know, the first entry of each name and number.
type database struct {
	users  map[string]uint32
	uids   map[uint32]string
	groups map[string]uint32
	gids   map[uint32]string
}

func newDatabase(f Files) *database {
	d := &database{}
	d.users, d.uids = index(f.Passwd, passwdFields)
	d.groups, d.gids = index(f.Group, groupFields)
	return d
}

// The least number of fields that passwd(5) and group(5) need to be entries.
const passwdFields, groupFields = 4, 3

func index(text string, fields int) (names map[string]uint32, numbers map[uint32]string) {
	names, numbers = map[string]uint32{}, map[uint32]string{}
	for line := range strings.Lines(text) {
		e, ok := parseEntry(line, fields)
		if !ok {
			continue
		}
		id, ok := number(e.field(2))
		if !ok && !(e.nis() && e.field(2) == "") { // for the C library an entry for another database has number 0
			continue
		}
		if _, known := names[e.field(0)]; !known {
			names[e.field(0)] = id
		}
		if _, known := numbers[id]; !known {
			numbers[id] = e.field(0)
		}
	}
	return names, numbers
}

// number reads a number as the C library does in these files: leading zeros are nothing.
func number(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil
}

// entry is a line of an account file, taken apart at its colons.
type entry []string

// parseEntry reads a line; what has too few fields or is a comment is no entry.
func parseEntry(line string, fields int) (entry, bool) {
	line = strings.TrimSuffix(strings.TrimLeft(line, blanks), "\n")
	if line == "" || line[0] == '#' {
		return nil, false
	}
	e := entry(strings.Split(line, ":"))
	return e, e.nis() || len(e) >= fields && e[0] != ""
}

// nis says whether the entry stands for those of another database, "+name" or "-name". passwd(5) of NIS.
func (e entry) nis() bool { return e[0] != "" && (e[0][0] == '+' || e[0][0] == '-') }

// field is a field, "" where there is none.
func (e entry) field(i int) string {
	if i < len(e) {
		return e[i]
	}
	return ""
}
