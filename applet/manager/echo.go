package manager

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/output"
	"github.com/steward-init/steward/syntax/ellipsis"
)

// echo shows lines on the terminal where the manager runs in the foreground, or what becomes of units on the console
// of the machine whose PID 1 it is.
func (m *Manager) echo() func(output.Line) {
	switch {
	case m.options.status:
		return func(l output.Line) {
			if text := liveLine(m.terminal, time.Now(), &l); text != "" {
				fmt.Fprintln(m.err, text)
			}
		}
	case m.options.logTarget == "console":
		return func(l output.Line) {
			who := l.Identifier
			if l.PID != 0 {
				who = fmt.Sprintf("%s[%d]", l.Identifier, l.PID)
			}
			fmt.Fprintf(m.err, "%s: %s\n", who, l.Text)
		}
	case m.pid1:
		return func(l output.Line) {
			if line := statusLine(l); line != "" && m.shows(l.Result) {
				toConsole(line)
			}
		}
	}
	return nil
}

// results are the words before a status line, by how a job ended.
var results = map[string]string{"done": "[\x1b[0;32m  OK  \x1b[0m] ", "failed": "[\x1b[0;1;31mFAILED\x1b[0m] ",
	"timeout": "[\x1b[0;1;31m TIME \x1b[0m] ", "dependency": "[\x1b[0;1;38;5;185mDEPEND\x1b[0m] ",
	"assert": "[\x1b[0;1;38;5;185mASSERT\x1b[0m] ", "unsupported": "[\x1b[0;1;38;5;185mUNSUPP\x1b[0m] "}

// statusLine is what a message says of a job, as the console shows it: "[  OK  ] Started …". "" for other messages,
// those of reloads, and of units that a condition kept down.
func statusLine(l output.Line) string {
	prefix, ok := results[l.Result]
	switch {
	case l.Job == "", l.Job == "reload", !ok && l.Result != "", bytes.Contains(l.Text, []byte(" was skipped because ")):
		return ""
	case !ok:
		prefix = "         "
	}
	text := strings.Replace(string(l.Text), l.Unit, "\x1b[0;1;39m"+l.Unit+"\x1b[0m", 1)
	return prefix + ellipsis.Shorten(text, consoleColumns-len("[  OK  ] ")-1, 50) + "\r\n"
}

// consoleColumns is how wide a console is taken to be.
const consoleColumns = 80

// welcome is what the console shows first.
func welcome(system string) string {
	return "\r\nWelcome to \x1b[1m" + system + "\x1b[0m!\r\n\r\n"
}

// toConsole writes to the machine's console, opened each time: a getty takes it away from all who have it open.
func toConsole(line string) {
	fd, err := unix.Open("/dev/console", unix.O_WRONLY|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return // none, as in most containers
	}
	_, _ = unix.Write(fd, []byte(line)) // best effort: a console that nobody reads must not hold the log up
	_ = unix.Close(fd)                  // best effort: as above
}

// unitColumn is how wide the names of units are shown; longer ones push the text to the right.
const unitColumn = 20

// liveLine is a line of the live status: the time, the unit, and what it says behind a bar, or what the manager says of
// it. It is "" for remarks on the files of units, which are for the journal.
func liveLine(u ui.IO, at time.Time, l *output.Line) string {
	text := string(l.Text)
	if l.Manager && l.Remark {
		return ""
	}
	bar, style := "| ", ui.Plain
	if l.Manager {
		text = strings.TrimPrefix(text, l.Unit+": ")
		bar, style = "", ui.Bold
	}
	switch {
	case l.Result == "done":
		style = ui.Green
	case l.Level <= 3:
		style = ui.Red
	case l.Level == 4:
		style = ui.Yellow
	}
	unit := fmt.Sprintf("%-*s", unitColumn, strings.TrimSuffix(l.Unit, ".service"))
	return u.Paint(ui.Grey, at.Format(time.TimeOnly)) + " " + u.Paint(ui.Blue, unit) + " " + bar +
		u.Paint(style, strings.Map(printable, text))
}

// printable keeps what a service writes from steering the terminal that the manager's user looks at.
func printable(r rune) rune {
	if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
		return '?'
	}
	return r
}
