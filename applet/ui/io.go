// Package ui is what all commands share towards the terminal: where they read and write, options in the manner of
// getopt_long(3), colours, width, tables, JSON and the pager.
//
// It exists so that every command obeys the same environment variables, those of systemctl(1) "ENVIRONMENT". It must
// not know what any command does.
package ui

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// IO is the world as a command sees it. Tests fill it with buffers.
type IO struct {
	In          io.Reader
	Out, Err    io.Writer
	Lookup      func(name string) (string, bool) // as os.LookupEnv; nil is an empty environment
	Terminal    bool                             // Out is a terminal, and Err too where that is one of the process
	ErrTerminal bool                             // Err is a terminal
	Columns     int                              // width of the terminal; 0 where it is not known
}

// Std is the IO of this process.
func Std() IO {
	u := IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Lookup: os.LookupEnv}
	size, err := unix.IoctlGetWinsize(int(os.Stdout.Fd()), unix.TIOCGWINSZ)
	_, errErr := unix.IoctlGetTermios(int(os.Stderr.Fd()), unix.TCGETS)
	u.ErrTerminal = errErr == nil
	if u.Terminal = err == nil && u.ErrTerminal; err == nil {
		u.Columns = int(size.Col)
	}
	return u
}

// Fail prints an error in the manner of systemd's tools, without a prefix, and returns the exit status 1.
func (u IO) Fail(format string, args ...any) int {
	fmt.Fprintf(u.Err, format+"\n", args...)
	return 1
}

// FailLog is Fail for a message that systemd's tools log: see Logged.
func (u IO) FailLog(format string, args ...any) int {
	_, _ = io.WriteString(u.Err, Logged(fmt.Sprintf(format, args...))) // best effort: nobody may be listening
	return 1
}

// Logged is a message as systemd's tools print what they log: each line of it ends, and empty ones are left out. What
// the user gave may have such lines.
func Logged(text string) string {
	var b strings.Builder
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// lookup is Lookup for an IO that may have none.
func (u IO) lookup(name string) (string, bool) {
	if u.Lookup == nil {
		return "", false
	}
	return u.Lookup(name)
}

// Getenv is the value of an environment variable, "" where it is not set.
func (u IO) Getenv(name string) string {
	value, _ := u.lookup(name)
	return value
}

// Width is how many columns there are to fill: $COLUMNS, else the terminal's, else 80; as systemd's tools decide it.
func (u IO) Width() int {
	if n, err := strconv.Atoi(u.Getenv("COLUMNS")); err == nil && n > 0 && n < 65536 {
		return n
	}
	if u.Columns > 0 {
		return u.Columns
	}
	return 80
}

// Color says whether to use colours: $SYSTEMD_COLORS, which is a boolean, 16, 256 or auto-16, auto-256; else not if
// $NO_COLOR is set at all; else on a terminal that is not dumb.
func (u IO) Color() bool {
	switch c := strings.ToLower(u.Getenv("SYSTEMD_COLORS")); c {
	case "1", "yes", "y", "true", "t", "on", "16", "256", "24bit":
		return true
	case "0", "no", "n", "false", "f", "off":
		return false
	}
	if _, set := u.lookup("NO_COLOR"); set {
		return false
	}
	return u.Terminal && u.Getenv("TERM") != "dumb"
}

// Style is the text that switches a terminal to a colour or emphasis.
type Style string

// The styles that systemd's tools use for states: active is Green, failed is Red, not found is Yellow, the rest Grey.
const (
	Plain   Style = ""
	Bold    Style = "\x1b[0;1;39m"
	Red     Style = "\x1b[0;1;31m"
	Green   Style = "\x1b[0;1;32m"
	Yellow  Style = "\x1b[0;1;38;5;185m"
	Magenta Style = "\x1b[0;1;35m"
	Blue    Style = "\x1b[0;1;34m"
	Grey    Style = "\x1b[0;38;5;245m"
)

// reset ends every style.
const reset = "\x1b[0m"

// underline and lineOnly are what a Table underlines with: a cell of no style, and one that has a style already.
const (
	underline Style = reset + lineOnly
	lineOnly  Style = "\x1b[0;4m"
)

// Paint gives text a style, if colours are to be used.
func (u IO) Paint(style Style, text string) string {
	if style == Plain || text == "" || !u.Color() {
		return text
	}
	return u.Switch(style) + text + reset
}

// Switch is the text that switches to a style, if colours are to be used.
func (u IO) Switch(style Style) string {
	if style == Plain || !u.Color() {
		return ""
	}
	if u.Getenv("SYSTEMD_COLORS") == "16" {
		return strings.NewReplacer("0;1;38;5;185m", "0;1;33m", "0;38;5;245m", "0;90m").Replace(string(style))
	}
	return string(style)
}

// Message writes lines in a style, each in colours of its own. On a terminal in carriage mode each ends in a carriage
// return too, as the messages of systemd's tools do.
func (u IO) Message(to io.Writer, style Style, text string, carriage bool) {
	end := "\n"
	if carriage {
		end = "\r\n"
	}
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(u.Paint(style, line) + end)
	}
	_, _ = io.WriteString(to, b.String()) // best effort: there is nobody to tell
}
