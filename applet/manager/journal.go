package manager

import (
	"strings"

	"github.com/steward-init/steward/host/cgroup"
	"github.com/steward-init/steward/host/output"
	"github.com/steward-init/steward/journal/ingest"
	"github.com/steward-init/steward/model"
)

// The manager of a system is its journal too: systemd-journald.service is one of the units that package units provides,
// and what the sockets of it get is read here.

// servesJournal reports a manager that writes the machine's own journal.
func (m *Manager) servesJournal() bool { return !m.options.user && m.options.runtimeDir == "" }

// journalService is the unit that the journal's sockets are for.
const journalService = "systemd-journald.service"

// ingest serves the sockets of the journal, until stop is called. For all others it returns nil.
func (m *Manager) ingest(u *model.Unit, fds []int) (stop func()) {
	if !m.servesJournal() || u.Socket.Service != journalService && u.Name != "systemd-journald.socket" {
		return nil
	}
	var stops []func()
	for i, fd := range fds {
		stop, err := m.output.Serve(protocol(u.Socket.Listen[i]), fd)
		if err != nil {
			m.log(4, err.Error())
			continue
		}
		stops = append(stops, stop)
	}
	return func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// protocol tells what is spoken on a socket of the journal's.
func protocol(l model.Listen) output.Protocol {
	switch {
	case l.Kind == model.ListenNetlink:
		return output.Drop
	case l.Kind == model.ListenStream:
		return output.Stdout
	case strings.HasSuffix(l.Address, "/dev-log"), l.Address == "/dev/log":
		return output.Syslog
	}
	return output.Native
}

// invocation is what entries of a unit's processes have besides.
type invocation struct {
	id    string
	extra []string // LogExtraFields=
}

// identifyWriter tells the unit of a process that logs, by its control group. It is called from the output's goroutine.
func (m *Manager) identifyWriter(pid int, p *ingest.Process) {
	if m.groups == nil {
		return
	}
	group, ok := m.groups.Of(pid)
	if !ok {
		return
	}
	p.Cgroup = m.groups.Root() + "/" + group
	p.Unit = cgroup.UnitOf(group)
	if known, ok := m.invocations.Load(p.Unit); ok {
		p.Invocation, p.Extra = known.(invocation).id, known.(invocation).extra
	}
	p.Slice = "-.slice"
	for part := range strings.SplitSeq(group, "/") {
		if strings.HasSuffix(part, ".slice") {
			p.Slice = part
		}
	}
}
