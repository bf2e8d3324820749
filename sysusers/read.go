package sysusers

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/steward-init/steward/syntax/words"
)

// maxLine bounds a line of configuration.
const maxLine = 1 << 20

// Reader collects configuration and says what is wrong with it.
type Reader struct {
	Config Config

	// Say tells the user something, as a line without its end.
	Say func(text string)
	// Expand replaces specifiers. Its error is shown behind a colon.
	Expand func(text string) (string, error)

	file  string
	line  int
	users map[string]Item // what was said of each name, to tell conflicts
	group map[string]Item

	members map[Membership]bool // of Config, to find them
}

// File reads a configuration file. It returns false if a line was passed over because it is wrong.
func (r *Reader) File(name string, data []byte) bool {
	r.file, r.line = name, 0
	good := true
	for len(data) > 0 {
		var line []byte
		line, data = cutLine(data)
		r.line++
		if len(line) >= maxLine {
			r.Say(fmt.Sprintf("Failed to read '%s': No buffer space available", name))
			return false
		}
		text := strings.Trim(string(line), blanks)
		if text == "" || text[0] == '#' {
			continue
		}
		good = r.parse(text) && good
	}
	return good
}

// lineEnds are the characters that end a line.
const lineEnds = "\n\r\x00"

// cutLine takes off a line. Different characters in a row that end one end it together, up to a
// zero byte.
func cutLine(data []byte) (line, rest []byte) {
	end := bytes.IndexAny(data, lineEnds)
	if end < 0 {
		return data, nil
	}
	next := end + 1
	for next < len(data) && data[next-1] != 0 && bytes.IndexByte([]byte(lineEnds), data[next]) >= 0 &&
		bytes.IndexByte(data[end:next], data[next]) < 0 {
		next++
	}
	return data[:end], data[next:]
}

const blanks = " \t\n\r"

// Line reads one line that stands for itself, the numberth of a source that messages call by a name.
func (r *Reader) Line(name string, number int, text string) bool {
	r.file, r.line = name, number
	return r.parse(text)
}

// wrong tells what is wrong with the line.
func (r *Reader) wrong(format string, args ...any) bool {
	r.Say(fmt.Sprintf("%s:%d: ", r.file, r.line) + fmt.Sprintf(format, args...))
	return false
}

// fields are the columns of a line, expanded; "" where there is none or a dash.
type fields struct{ action, name, id, gecos, home, shell string }

func (r *Reader) parse(text string) bool {
	const most = 6
	columns, garbage, err := words.Columns(text, most)
	if err != nil {
		return r.wrong("Syntax error.")
	}
	if len(columns) < 2 {
		return r.wrong("Missing action and name columns.")
	}
	columns = append(columns, make([]string, most)...)
	f := fields{action: columns[0]}
	switch {
	case garbage != "":
		return r.wrong("Trailing garbage.")
	case len(f.action) != 1:
		return r.wrong("Unknown modifier '%s'.", f.action)
	case !strings.Contains("ugmr", f.action):
		return r.wrong("Unknown command type '%s'.", f.action)
	}
	for i, field := range []*string{&f.name, &f.id, &f.gecos, &f.home, &f.shell} {
		if !r.column(i, columns[i+1], field, f.action == "u" || f.action == "g") {
			return false
		}
	}
	switch f.action {
	case "r":
		return r.ids(f)
	case "m":
		return r.membership(f)
	case "g":
		return r.item(f, r.groupID)
	}
	return r.item(f, r.userID)
}

// column expands and checks a column, name first. numbered says that the second one is a number.
func (r *Reader) column(number int, text string, into *string, numbered bool) bool {
	if text == "" || text == "-" {
		return true
	}
	expanded, err := r.Expand(text)
	if err != nil {
		return r.wrong("Failed to replace specifiers in '%s': %v", text, err)
	}
	*into = expanded
	switch number {
	case 1:
		if numbered && !strings.HasPrefix(expanded, "/") {
			*into = text // only paths have specifiers there
		}
	case 0:
		if !validName(expanded) {
			return r.wrong("'%s' is not a valid user or group name.", expanded)
		}
	case 2:
		if !validGecos(expanded) {
			return r.wrong("'%s' is not a valid GECOS field.", expanded)
		}
	case 3:
		if *into = simplify(expanded); !validPath(expanded) {
			return r.wrong("'%s' is not a valid home directory field.", expanded)
		}
	case 4:
		if *into = simplify(expanded); !validPath(expanded) {
			return r.wrong("'%s' is not a valid login shell field.", expanded)
		}
	}
	return true
}

// unused refuses columns that mean nothing to a type of line.
func (r *Reader) unused(f fields) bool {
	switch {
	case f.gecos != "":
		return r.wrong("Lines of type '%s' don't take a GECOS field.", f.action)
	case f.home != "":
		return r.wrong("Lines of type '%s' don't take a home directory field.", f.action)
	case f.shell != "":
		return r.wrong("Lines of type '%s' don't take a login shell field.", f.action)
	}
	return true
}

// ids is a line of type r.
func (r *Reader) ids(f fields) bool {
	switch {
	case f.name != "":
		return r.wrong("Lines of type 'r' don't take a name field.")
	case f.id == "":
		return r.wrong("Lines of type 'r' require an ID range in the third field.")
	case !r.unused(f):
		return false
	}
	ids, ok := parseRange(f.id)
	if !ok {
		return r.wrong("Invalid UID range %s.", f.id)
	}
	if len(r.Config.Ranges) < maxItems {
		r.Config.Ranges = append(r.Config.Ranges, ids)
	}
	return true
}

// membership is a line of type m.
func (r *Reader) membership(f fields) bool {
	switch {
	case f.name == "":
		return r.wrong("Lines of type 'm' require a user name in the second field.")
	case f.id == "":
		return r.wrong("Lines of type 'm' require a group name in the third field.")
	case !validName(f.id):
		return r.wrong("'%s' is not a valid user or group name.", f.id)
	case !r.unused(f):
		return false
	}
	m := Membership{User: f.name, Group: f.id}
	if len(r.Config.Members) < maxItems && !r.members[m] {
		if r.members == nil {
			r.members = map[Membership]bool{}
		}
		r.members[m] = true
		r.Config.Members = append(r.Config.Members, m)
	}
	return true
}

// item is a line of type u or g, whose number is read by a function.
func (r *Reader) item(f fields, number func(f fields, i *Item) bool) bool {
	i := Item{Name: f.name, Gecos: f.gecos, Home: f.home, Shell: f.shell}
	switch {
	case f.name == "":
		return r.wrong("Lines of type '%s' require a user name in the second field.", f.action)
	case f.action == "g" && !r.unused(f):
		return false
	case f.id != "" && !number(f, &i):
		return false
	}
	if r.users == nil {
		r.users, r.group = map[string]Item{}, map[string]Item{}
	}
	seen, items, kind := r.users, &r.Config.Users, "user"
	if f.action == "g" {
		seen, items, kind = r.group, &r.Config.Groups, "group"
	}
	if before, ok := seen[i.Name]; ok {
		before.GroupName, before.GIDExists = i.GroupName, i.GIDExists // the original does not look at the group's name
		if before != i {
			r.wrong("Conflict with earlier configuration for %s '%s', ignoring line.", kind, i.Name)
		}
		return true
	}
	if len(*items) < maxItems {
		seen[i.Name] = i
		*items = append(*items, i)
	}
	return true
}

func (r *Reader) groupID(f fields, i *Item) bool {
	if strings.HasPrefix(f.id, "/") {
		i.IDPath = simplify(f.id)
		return true
	}
	id, err := parseID(f.id)
	if err != "" {
		return r.wrong("Failed to parse GID: '%s': %s", f.id, err)
	}
	i.GID, i.GIDSet = id, true
	return true
}

// userID is a number, a path, or "uid:gid" and "uid:groupname", where a dash stands for any uid.
func (r *Reader) userID(f fields, i *Item) bool {
	if strings.HasPrefix(f.id, "/") {
		i.IDPath = simplify(f.id)
		return true
	}
	user, group, both := strings.Cut(f.id, ":")
	if both {
		if id, err := parseID(group); err == "" {
			i.GID, i.GIDSet, i.GIDExists = id, true, true
		} else if validName(group) {
			i.GroupName = group
		} else {
			return r.wrong("Failed to parse GID: '%s': %s", f.id, err)
		}
		if user == "-" {
			return true
		}
	}
	id, err := parseID(user)
	if err != "" {
		return r.wrong("Failed to parse UID: '%s': %s", f.id, err)
	}
	i.UID, i.UIDSet = id, true
	return true
}
