package systemctl

import (
	"os"
	"syscall"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/quantity"
)

// link is a path that a terminal can open.
func (s *session) link(path string) string { return s.linkTo(path, path) }

// linkTo is a text that a terminal opens a path or an address from.
func (s *session) linkTo(target, text string) string {
	if !s.linking() {
		return text
	}
	if len(target) > 0 && target[0] == '/' {
		host, err := os.Hostname()
		if err != nil {
			return text
		}
		target = "file://" + host + target
	}
	return "\x1b]8;;" + target + "\a" + text + "\x1b]8;;\a"
}

// linking says whether the terminal is to be given links: $SYSTEMD_URLIFY, else where there are colours.
func (s *session) linking() bool {
	if on, err := quantity.ParseBool(s.Getenv("SYSTEMD_URLIFY")); err == nil {
		return on
	}
	return s.Terminal && s.Color()
}

// errnoOf is the text of an error number.
func errnoOf(n uint64) string { return ui.Because(syscall.Errno(n)) }
