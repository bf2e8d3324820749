// Package sysv makes services of SysV init scripts: it reads their headers, those of the Linux Standard Base and those
// of chkconfig, and the links of runlevels, and writes a unit for each script that has none of its own.
// systemd-sysv-generator(8).
//
// It exists so that the init scripts people still have start, stop and are ordered as they say. It must not know a
// manager.
package sysv

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/steward-init/steward/syntax/unitname"
)

// Script is an init script, as its header describes it. Names in Before, After and Wants are units, in the order in
// which the header has them.
type Script struct {
	Path        string // of the script
	Unit        string // the service's name
	Description string // with the prefix that says which header it is of, "" without one
	PIDFile     string
	Reload      bool // the script's usage line says that it knows "reload"
	LSB         bool // there is a header of the Linux Standard Base

	Before, After, Wants []string
	Aliases              []string // other services that it provides
	WantedBy             []string // targets of the runlevels that start it
	Priority             int      // NN of its links named SNN, the greatest; -1 without
}

// UnitName is the service that a script's file name stands for. One that is no text, or more than a line, stands for
// none: a unit file can't say its path.
func UnitName(script string) (string, error) {
	if !utf8.ValidString(script) || strings.ContainsFunc(script, unicode.IsControl) {
		return "", fmt.Errorf("%q can't be written in a unit file", script)
	}
	return unitname.Mangle(strings.TrimSuffix(script, ".sh"), ".service")
}

// facilities are the system facilities of LSB headers as units; "" is always there when services start.
var facilities = map[string]string{"local_fs": "", "syslog": "", "network": "network-online.target",
	"named": "nss-lookup.target", "portmap": "rpcbind.target", "remote_fs": "remote-fs.target", "time": "time-sync.target"}

// facility is the unit that a word of a header stands for, "" for none or the script itself.
func (s *Script) facility(word string) string {
	if name, isFacility := strings.CutPrefix(word, "$"); isFacility {
		if unit, known := facilities[name]; known {
			return unit
		}
		unit, err := unitname.Mangle(name, ".target")
		if err != nil {
			return ""
		}
		return unit
	}
	unit, err := UnitName(word)
	if err != nil || unit == s.Unit {
		return ""
	}
	return unit
}

// state is where in a script the reader is.
type state uint8

const (
	plain state = iota
	description
	header
	headerDescription
	usage
)

// reader reads a script.
type reader struct {
	*Script
	state                  state
	long, short, chkconfig string
}

// maxLine bounds a line of a script that is looked at.
const maxLine = 4096

// Parse reads a script. Any text gives a Script.
func Parse(path, unit, text string) *Script {
	r := reader{Script: &Script{Path: path, Unit: unit, Priority: -1}}
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) <= maxLine {
			r.line(strings.TrimSpace(line), line)
		}
	}
	switch {
	case r.short != "":
		r.Description = "LSB: " + r.short
	case r.chkconfig != "" && r.LSB:
		r.Description = "LSB: " + r.chkconfig
	case r.long != "":
		r.Description = "LSB: " + r.long
	case r.chkconfig != "":
		r.Description = "SYSV: " + r.chkconfig
	}
	return r.Script
}

// line takes one line; text is without white space around it.
func (r *reader) line(text, raw string) {
	comment, isComment := strings.CutPrefix(text, "#")
	if !isComment {
		r.code(text)
		return
	}
	switch {
	case text == "### BEGIN INIT INFO" && r.state != header:
		r.state, r.LSB = header, true
		return
	case text == "### END INIT INFO" && (r.state == header || r.state == headerDescription):
		r.state = plain
		return
	}
	switch r.state {
	case header, headerDescription:
		r.headerLine(comment)
	default:
		r.commentLine(comment)
	}
}

// code takes a line that is no comment: only what a script says of its usage is of interest, which goes on behind a
// backslash at the end of the line.
func (r *reader) code(text string) {
	text = strings.ToLower(text)
	if r.state != usage && (r.state != plain || !strings.Contains(text, "usage")) {
		return
	}
	r.state = plain
	switch {
	case usesReload(text):
		r.Reload = true
	case strings.HasSuffix(text, `\`):
		r.state = usage
	}
}

// usesReload says whether a usage line has the verb "reload" in a list such as {start|reload}.
func usesReload(text string) bool {
	for _, in := range []string{"{reload|", "{reload}", `{reload"`, "|reload|", "|reload}", `|reload"`} {
		if strings.Contains(text, in) {
			return true
		}
	}
	return false
}

// commentLine takes a comment outside of an LSB header, in which chkconfig and others look for words.
func (r *reader) commentLine(text string) {
	if r.state == description {
		words := strings.TrimSpace(text)
		words, more := strings.CutSuffix(words, `\`)
		if words = strings.TrimSpace(words); words != "" {
			r.chkconfig = strings.TrimSpace(r.chkconfig + " " + words)
		}
		if !more {
			r.state = plain
		}
		return
	}
	words := strings.TrimSpace(text)
	if value, ok := cutKey(words, "description:"); ok {
		value, more := strings.CutSuffix(value, `\`)
		r.chkconfig = strings.TrimSpace(value)
		if more {
			r.state = description
		}
		return
	}
	if value, ok := cutKey(words, "pidfile:"); ok && strings.HasPrefix(value, "/") {
		r.PIDFile = value
	}
}

// cutKey takes a key off a line, in any case.
func cutKey(line, key string) (string, bool) {
	if len(line) < len(key) || !strings.EqualFold(line[:len(key)], key) {
		return "", false
	}
	return strings.TrimSpace(line[len(key):]), true
}

// headerLine takes a line of an LSB header.
func (r *reader) headerLine(text string) {
	words := strings.TrimSpace(text)
	if value, ok := cutKey(words, "Provides:"); ok {
		r.state = header
		r.provides(strings.Fields(value))
		return
	}
	for _, key := range []string{"Required-Start:", "Should-Start:", "X-Start-After:", "X-Start-Before:"} {
		if value, ok := cutKey(words, key); ok {
			r.state = header
			list := &r.After
			if key == "X-Start-Before:" {
				list = &r.Before
			}
			r.order(strings.Fields(value), list)
			return
		}
	}
	if value, ok := cutKey(words, "Description:"); ok {
		r.state, r.long = headerDescription, value
	} else if value, ok := cutKey(words, "Short-Description:"); ok {
		r.state, r.short = header, value
	} else if r.state == headerDescription && (strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "  ")) {
		r.long = strings.TrimSpace(r.long + " " + words)
	} else {
		r.state = header
	}
}

// provides takes what a script provides: a service is another name of it, a facility is reached before its target.
func (r *reader) provides(words []string) {
	for _, word := range words {
		unit := r.facility(word)
		switch {
		case unit == "":
		case strings.HasSuffix(unit, ".service"):
			r.Aliases = append(r.Aliases, unit)
		default:
			r.Before, r.Wants = append(r.Before, unit), append(r.Wants, unit)
			if word == "$network" {
				r.Before, r.Wants = append(r.Before, "network.target"), append(r.Wants, "network.target")
			}
		}
	}
}

// order takes the facilities that a script is ordered by. The network is also asked for.
func (r *reader) order(words []string, list *[]string) {
	for _, word := range words {
		unit := r.facility(word)
		if unit == "" {
			continue
		}
		*list = append(*list, unit)
		if word == "$network" && list == &r.After {
			r.Wants = append(r.Wants, unit)
		}
	}
}
