package tmpfiles

import (
	"fmt"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/tmpfiles"
)

// logLevel is the highest level of messages to print, $SYSTEMD_LOG_LEVEL.
func logLevel(u ui.IO) tmpfiles.Level {
	if n, err := quantity.ParseSyslogLevel(u.Getenv("SYSTEMD_LOG_LEVEL")); err == nil {
		return tmpfiles.Level(n)
	}
	return tmpfiles.Info
}

// log prints a message, coloured by how bad it is.
func (c *command) log(m tmpfiles.Message) {
	if m.Level > c.level {
		return
	}
	style := ui.Plain
	switch m.Level {
	case tmpfiles.Error:
		style = ui.Red
	case tmpfiles.Warning:
		style = ui.Yellow
	case tmpfiles.Notice:
		style = ui.Bold
	case tmpfiles.Debug:
		style = ui.Grey
	}
	fmt.Fprintln(c.io.Err, c.io.Paint(style, m.String()))
}

func (c *command) debug(format string, args ...any) {
	c.log(tmpfiles.Message{Level: tmpfiles.Debug, Text: fmt.Sprintf(format, args...)})
}
