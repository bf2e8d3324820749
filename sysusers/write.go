package sysusers

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Secrets are what is given for an account by credentials. systemd-sysusers(8), "CREDENTIALS".
type Secrets struct {
	Password string // hashed
	Set      bool   // a password was given, which may be empty
	Shell    string // "" is not given
}

// Texts makes new contents of the account files.
type Texts struct {
	Plan    Plan
	Days    int64                     // the day of today since 1970-01-01, for shadow(5)
	Secrets func(user string) Secrets // nil stands for none
	Path    func(file string) string  // what messages call a file
	members map[string][]string       // by group
	users   map[string]User           // by name
	groups  map[string]uint32         // by name
}

// errField is the error for a credential that would break the files.
var errField = errors.New("has a colon, a line end or a control character")

// lockedPassword is the password that nobody has: "!" locks it, and "*" is no hash.
const lockedPassword = "!*"

// New returns the contents of the account files after the plan. Those that it changes nothing in are returned as they
// are. Lines that are not touched are kept byte by byte, also those that are no entries.
func (t *Texts) New(old Files) (Files, error) {
	t.members, t.users, t.groups = map[string][]string{}, map[string]User{}, map[string]uint32{}

	for _, m := range t.Plan.Members {
		t.members[m.Group] = append(t.members[m.Group], m.User)
	}
	for _, u := range t.Plan.Users {
		t.users[u.Name] = u
	}
	for _, g := range t.Plan.Groups {
		t.groups[g.Name] = g.GID
	}
	var f Files
	var err error
	if f.Group, err = t.group(old.Group); err != nil {
		return old, err
	}
	if f.Gshadow, err = t.gshadow(old.Gshadow); err != nil {
		return old, err
	}
	if f.Passwd, err = t.passwd(old.Passwd); err != nil {
		return old, err
	}
	f.Shadow, err = t.shadows(old.Shadow)
	return f, err
}

// rewrite goes through the lines of a file up to the first one for another database, before which what is new belongs.
// change returns the new line, or the one it got.
func rewrite(old string, fields int, change func(e entry, line string) (string, error), added string) (string, error) {
	var b strings.Builder
	rest := old
	for rest != "" {
		line, after, ended := strings.Cut(rest, "\n")
		e, ok := parseEntry(line, fields)
		if ok && e.nis() {
			break
		}
		if ok {
			var err error
			if line, err = change(e, line); err != nil {
				return "", err
			}
		}
		b.WriteString(line)
		if rest = after; ended || added != "" {
			b.WriteByte('\n')
		}
	}
	b.WriteString(added)
	b.WriteString(rest)
	return b.String(), nil
}

func (t *Texts) exists(file, kind, name string) error {
	return fmt.Errorf("%s: %s \"%s\" already exists.", t.Path(file), kind, name)
}

func (t *Texts) group(old string) (string, error) {
	var added strings.Builder
	for _, g := range t.Plan.Groups {
		fmt.Fprintf(&added, "%s:x:%d:%s\n", g.Name, g.GID, strings.Join(sorted(t.members[g.Name]), ","))
	}
	numbers := map[string]bool{}
	for _, g := range t.Plan.Groups {
		numbers[strconv.FormatUint(uint64(g.GID), 10)] = true
	}
	return rewrite(old, groupFields, func(e entry, line string) (string, error) {
		if _, ok := t.groups[e[0]]; ok {
			return "", t.exists("/etc/group", "Group", e[0])
		}
		if numbers[e.field(2)] {
			return "", fmt.Errorf("%s: Detected collision for GID %s.", t.Path("/etc/group"), e.field(2))
		}
		return t.join(e, line), nil
	}, added.String())
}

// join adds members to the fourth field of a line of group or gshadow.
func (t *Texts) join(e entry, line string) string {
	wanted := t.members[e[0]]
	if len(wanted) == 0 {
		return line
	}
	var have []string
	if list := e.field(3); list != "" {
		have = strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
	}
	there := make(map[string]bool, len(have))
	for _, name := range have {
		there[name] = true
	}
	missing := slices.DeleteFunc(slices.Clone(wanted), func(name string) bool { return there[name] })
	if len(missing) == 0 {
		return line
	}
	return strings.Join([]string{e[0], e.field(1), e.field(2), strings.Join(sorted(append(have, missing...)), ",")}, ":")
}

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

func (t *Texts) gshadow(old string) (string, error) {
	var added strings.Builder
	for _, g := range t.Plan.Groups {
		fmt.Fprintf(&added, "%s:%s::%s\n", g.Name, lockedPassword, strings.Join(sorted(t.members[g.Name]), ","))
	}
	return rewrite(old, 1, func(e entry, line string) (string, error) {
		if _, ok := t.groups[e[0]]; ok {
			return "", t.exists("/etc/gshadow", "Group", e[0])
		}
		return t.join(e, line), nil
	}, added.String())
}

func (t *Texts) secrets(user string) (Secrets, error) {
	if t.Secrets == nil {
		return Secrets{}, nil
	}
	s := t.Secrets(user)
	for what, text := range map[string]string{"password": s.Password, "shell": s.Shell} {
		if !validField(text) {
			return s, fmt.Errorf("%s given for user %s: %w", what, user, errField)
		}
	}
	return s, nil
}

func (t *Texts) passwd(old string) (string, error) {
	var added strings.Builder
	for _, u := range t.Plan.Users {
		s, err := t.secrets(u.Name)
		if err != nil {
			return "", err
		}
		if s.Shell != "" {
			u.Shell = s.Shell
		}
		fmt.Fprintf(&added, "%s:x:%d:%d:%s:%s:%s\n", u.Name, u.UID, u.GID, u.Gecos, u.Home, u.Shell)
	}
	return rewrite(old, passwdFields, func(e entry, line string) (string, error) {
		if _, ok := t.users[e[0]]; ok {
			return "", t.exists("/etc/passwd", "User", e[0])
		}
		return line, nil
	}, added.String())
}

// shadowFields is the number of fields in a whole line of shadow(5).
const shadowFields = 9

// shadows sets the day of change of those new users that shadow has already, and adds the others.
func (t *Texts) shadows(old string) (string, error) {
	have := map[string]bool{}
	for line := range strings.Lines(old) {
		e, ok := parseEntry(line, 1)
		if ok && e.nis() {
			break
		}
		if ok {
			have[e[0]] = true
		}
	}
	var added strings.Builder
	for _, u := range t.Plan.Users {
		if have[u.Name] {
			continue
		}
		s, err := t.secrets(u.Name)
		if err != nil {
			return "", err
		}
		password := lockedPassword
		if s.Set {
			password = s.Password
		}
		fmt.Fprintf(&added, "%s:%s:%d::::::\n", u.Name, password, t.Days)
	}
	return rewrite(old, 1, func(e entry, line string) (string, error) {
		if _, ok := t.users[e[0]]; !ok {
			return line, nil
		}
		e = append(e, make(entry, max(0, shadowFields-len(e)))...)
		e[2] = strconv.FormatInt(t.Days, 10)
		return strings.Join(e, ":"), nil
	}, added.String())
}
