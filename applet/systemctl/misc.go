package systemctl

import (
	"errors"
	"strconv"
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
