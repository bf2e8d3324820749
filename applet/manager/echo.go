package manager

import (
	"fmt"

	"github.com/steward-init/steward/host/output"
)

// echo shows lines on the terminal where the manager runs in the foreground.
func (m *Manager) echo() func(output.Line) {
	if !m.options.status && m.options.logTarget != "console" {
		return nil
	}
	return func(l output.Line) {
		who := l.Identifier
		if l.PID != 0 {
			who = fmt.Sprintf("%s[%d]", l.Identifier, l.PID)
		}
		fmt.Fprintf(m.err, "%s: %s\n", who, l.Text)
	}
}
