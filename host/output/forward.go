package output

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host/clock"
	"github.com/steward-init/steward/journal/ingest"
	"github.com/steward-init/steward/sys"
)

// Forward says where lines go besides the journal. systemd.exec(5), StandardOutput=.
type Forward struct {
	Console bool // journal+console, kmsg+console
	Kernel  bool // kmsg, kmsg+console: the kernel's log
}

// passOn forwards a line as systemd-journald does.
func (o *Output) passOn(s *Stream, l *ingest.Line) {
	if s.forward == (Forward{}) {
		return
	}
	text := s.source.Identifier
	if l.PID != 0 {
		text = fmt.Sprintf("%s[%d]", text, l.PID)
	}
	text += ": " + string(l.Text) + "\n"
	if s.forward.Kernel {
		write(o.config.Kernel, fmt.Sprintf("<%d>%s", s.source.Facility<<3|l.Level, text))
	}
	if s.forward.Console {
		write(o.config.Console, sinceBoot(clock.Now())+text)
	}
}

// sinceBoot is a moment as the kernel's log has it.
func sinceBoot(at port.Time) string {
	return fmt.Sprintf("[%5d.%06d] ", at.Monotonic/1e6, at.Monotonic%1e6)
}

// write writes to a device that is opened each time: a getty takes the console away from all who have it open.
func write(path, text string) {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_NOCTTY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return // none, as in most containers
	}
	_, _ = unix.Write(fd, []byte(text)) // best effort: a console that nobody reads must not hold the log up
	sys.Close(fd)
}
