package systemctl

import (
	"errors"
	"os"

	"github.com/steward-init/steward/applet/ui"
)

// system tells about the manager and all it runs.
func (p *report) system() error {
	s := p.session
	m, err := s.all(managerPath)
	if err != nil {
		return errors.New("Failed to get properties: " + errorText(err))
	}
	state, style := m.text("SystemState"), ui.Green
	switch state {
	case "degraded", "maintenance", "stopping", "offline", "unknown":
		style = ui.Red
	case "initializing", "starting":
		style = ui.Yellow
	case "running":
	default:
		style = ui.Plain
	}
	host, _ := os.Hostname() // best effort: an empty name says it
	s.printf("%s %s\n", s.Paint(style, "●"), host)
	row := func(label, format string, args ...any) {
		s.printf("%9s: "+format+"\n", append([]any{label}, args...)...)
	}
	row("State", "%s", s.Paint(style, state))
	row("Units", "%d loaded (incl. loaded aliases)", m.number("NNames"))
	row("Jobs", "%d queued", m.number("NJobs"))
	row("Failed", "%s units", itoa(m.number("NFailedUnits")))
	row("Since", "%s", p.when(m.number("UserspaceTimestamp")))
	row("systemd", "%s", m.text("Version"))
	if t := m.text("Tainted"); t != "" {
		row("Tainted", "%s", s.Paint(ui.Yellow, t))
	}
	group := m.text("ControlGroup")
	if group == "" {
		group = "/"
	}
	row("CGroup", "%s", group)
	s.dumpProcesses("-.slice", host, group, "           ")
	return nil
}
