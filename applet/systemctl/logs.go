package systemctl

import (
	"bytes"
	"encoding/hex"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/journal/query"
)

// journal prints the last lines that the unit logged since it was started.
func (p *report) journal() {
	s := p.session
	if s.opt.lines == 0 {
		return
	}
	id := p.unit.text("Id")
	match := query.Unit(id)
	if s.opt.scope != systemScope {
		match = query.UserUnit(id, uint32(os.Getuid()))
	}
	j, _ := query.Open(journalFolders()...) // what can not be opened has nothing to show
	defer func() { _ = j.Close() }()        // best effort: they were only read
	since, boot := p.unit.number("InactiveExitTimestampMonotonic"), bootID()
	entries, _ := j.Tail(s.opt.lines, query.Query{Match: match, Boot: boot, Since: since}) // what is damaged shows no more
	first, some := j.Oldest(boot)
	rotated := some && since > 0 && since < first && len(entries) < s.opt.lines && !s.opt.has("quiet")
	if len(entries) > 0 || rotated {
		s.printf("\n")
	}
	var line []byte
	for i := range entries {
		line = query.AppendMode(line[:0], &entries[i], p.zone, s.opt.output)
		s.logLine(line, &entries[i])
	}
	if rotated {
		s.printf("Notice: journal has been rotated since unit was started, output may be incomplete.\n")
	}
}

// journalFolders are where the journal's files of this machine are.
func journalFolders() []string {
	id, err := os.ReadFile("/etc/machine-id")
	if err != nil {
		return nil
	}
	name := strings.TrimSpace(string(id))
	return []string{"/run/log/journal/" + name, "/var/log/journal/" + name}
}

// bootID is the identity of this boot.
func bootID() (id file.ID) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id
	}
	b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(string(text)), "-", ""))
	if err == nil && len(b) == len(id) {
		copy(id[:], b)
	}
	return id
}

// priorityStyles are the colours of a line of a priority: that of the text, and one that the original switches to and
// back for nothing where it prints a line in full.
func priorityStyles(e *file.Entry) (text, between ui.Style) {
	switch p := e.Get("PRIORITY"); {
	case len(p) != 1 || p[0] == '6':
		return ui.Plain, ui.Plain
	case p[0] <= '3':
		return ui.Red, ui.Bold
	case p[0] == '4':
		return ui.Yellow, ui.Bold
	case p[0] == '5':
		return ui.Bold, ui.Red
	}
	return ui.Grey, ui.Red
}

// logLine prints a line of AppendShort in the colour of its priority and the width of the terminal.
func (s *session) logLine(b []byte, e *file.Entry) {
	head := bytes.Index(b, []byte(": ")) + 2
	switch {
	case s.opt.output == "cat":
		s.printf("%s", b)
		return
	case head < 2:
		return
	}
	full := s.wide() || s.opt.has("all")
	style, between := priorityStyles(e)
	prefix, lines := string(b[:head]), strings.Split(strings.TrimSuffix(string(b[head:]), "\n"), "\n")
	columns := utf8.RuneCountInString(prefix)
	for i, line := range lines {
		if i > 0 {
			line = strings.TrimPrefix(line, strings.Repeat(" ", columns))
			prefix = strings.Repeat(" ", columns)
		}
		width := columns + utf8.RuneCountInString(line)
		switch {
		case full || width+1 < s.Width():
			text := s.Paint(style, line)
			if style != ui.Plain {
				text = s.Switch(style) + s.Switch(between) + text
			}
			s.printf("%s%s\n", prefix, text)
		default:
			s.ellipsized = true // the original too says so of a line that just fits
			s.printf("%s%s\n", prefix, s.Paint(style, ellipsize(line, s.Width()-columns)))
		}
	}
}

// ellipsize shortens a line to a width; of what is kept nine tenths are its beginning.
func ellipsize(line string, width int) string { return ui.Ellipsize(line, width, 90) }
