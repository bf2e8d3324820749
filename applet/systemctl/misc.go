package systemctl

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"
)

// page puts what follows into a pager, on a terminal.
func (s *session) page() {
	if s.paged != nil || s.opt.has("no-pager") || !s.Terminal {
		return
	}
	s.flush()
	paged, done := s.base.Pager(s.ctx)
	if paged.Out != s.base.Out {
		s.out.Reset(paged.Out)
		s.paged = done
	}
}

// ownVerb is the verb that a name of the command stands for, "" for systemctl itself.
func ownVerb(name string) string {
	switch base := filepath.Base(name); {
	case strings.Contains(base, "halt"):
		return "halt"
	case strings.Contains(base, "poweroff"):
		return "poweroff"
	case strings.Contains(base, "reboot"):
		return "reboot"
	}
	return ""
}

// wide says whether lines are printed in full: where there is no terminal to fit, in a pager, and on request.
func (s *session) wide() bool { return !s.Terminal || s.paged != nil || s.opt.has("full") }

func parseExitCode(text string) (byte, error) {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return 0, errors.New("Invalid exit code.")
	}
	return byte(n), nil
}

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }
