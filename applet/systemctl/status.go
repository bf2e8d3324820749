package systemctl

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// The exit statuses of status, those of LSB init scripts.
const (
	statusDeadWithPID = 1
	statusNotRunning  = 3
	statusUnknown     = 4
)

// status tells people about units, or about the whole system.
func (s *session) status(_ string, args []string) (int, error) {
	if s.inChroot() {
		s.notice("Running in chroot, ignoring command 'status'")
		return 0, nil
	}
	if _, err := s.manager(); err != nil {
		return 1, err
	}
	s.page()
	defer s.hintEllipsized()
	report := &report{session: s, zone: s.zone()}
	if len(args) == 0 && len(s.opt.types) == 0 && len(s.opt.states) == 0 {
		err := report.system()
		if err != nil || !s.opt.has("all") {
			return 0, err
		}
		s.printf("\n")
	}
	var words []string
	for _, word := range args {
		pid, err := strconv.ParseUint(word, 10, 32)
		if err != nil {
			words = append(words, word)
			continue
		}
		m, err := s.callBody("GetUnitByPID", "u", func(w *dbus.Writer) { w.Uint32(uint32(pid)) })
		if err != nil {
			return 1, fmt.Errorf("Failed to get unit for PID %d: %s", pid, errorText(err))
		}
		r := m.Reader()
		if err := report.units([]string{r.ObjectPath()}); err != nil {
			return 1, err
		}
	}
	if len(args) > 0 && len(words) == 0 {
		return report.status, nil
	}
	names, _, err := s.expand(words, ".service")
	if err != nil {
		return 1, err
	}
	var paths []string
	for _, name := range s.withDependencies(names) {
		paths = append(paths, unitPath(name))
	}
	err = report.units(paths)
	return report.status, err
}

// units tells about units, one after the other.
func (p *report) units(paths []string) error {
	s, failure := p.session, error(nil)
	s.pipeline(len(paths), func(i int) (transport.Ticket, error) {
		return s.beginAll(paths[i])
	}, func(i int, call transport.Ticket, err error) bool {
		var unit properties
		if err == nil {
			var m *transport.Message
			if m, err = s.wait(call); err == nil {
				unit, err = readProperties(m)
			}
		}
		if err != nil {
			failure = errors.New("Failed to get properties: " + errorText(err))
			return false
		}
		if status := p.one(unitOfPath(paths[i]), unit); p.status == 0 {
			p.status = status
		}
		return true
	})
	return failure
}

// one tells about one unit and returns the status for it.
func (p *report) one(asked string, unit properties) int {
	active := unit.text("ActiveState")
	if unit.text("LoadState") == "not-found" && active == "inactive" {
		p.session.complain(fmt.Errorf("Unit %s could not be found.", asked))
		return statusUnknown
	}
	if p.printed {
		p.session.printf("\n")
	}
	p.printed = true
	p.unit = unit
	p.print()
	switch {
	case active == "active" || active == "reloading":
		return 0
	case unit.text("PIDFile") != "" && exists(unit.text("PIDFile")):
		return statusDeadWithPID
	}
	return statusNotRunning
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// hintEllipsized tells how to see whole lines, if one was cut.
func (s *session) hintEllipsized() {
	if s.ellipsized && !s.opt.has("quiet") {
		s.printf("Hint: Some lines were ellipsized, use -l to show in full.\n")
	}
}
