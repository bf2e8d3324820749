package analyze

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/wire/dbus"
)

// bootTimes are the moments of a start, on the monotonic clock in µs, 0 for those that there were not. Firmware and
// loader are how long before the kernel's start they began. For a user's manager and in a container, where the clock
// ran long before, all is counted from the manager's own start, and what came before it is left out.
type bootTimes struct {
	at         map[string]span.Span // by property name without "TimestampMonotonic"
	kernelDone span.Span
	offset     span.Span // what was taken from all times

	firmware, loader, initrd, userspace, finish span.Span
}

// bootTimes asks a manager how its start went; a start that is not over is an error.
func (s *session) bootTimes(m *manager) (*bootTimes, error) {
	h, body := getAll("")
	r, err := m.Ask(connect.Path, h.Interface, h.Member, h.Signature, body)
	b := &bootTimes{at: map[string]span.Span{}}
	if err == nil {
		err = eachProperty(r, func(name, sig string) bool {
			name, ok := strings.CutSuffix(name, "TimestampMonotonic")
			if !ok || sig != "t" {
				return false
			}
			b.at[name] = span.Span(r.Uint64())
			return true
		})
	}
	if err != nil {
		return nil, fmt.Errorf("Failed to get timestamp properties: %s", connect.Text(err))
	}
	if b.at["Finish"] == 0 {
		user := ""
		if s.opt.scope != systemScope {
			user = " --user"
		}
		return nil, fmt.Errorf("Bootup is not yet finished (org.freedesktop.systemd1.Manager.FinishTimestampMonotonic=0).\n"+
			"Please try again later.\nHint: Use 'systemctl%s list-jobs' to see active jobs", user)
	}
	b.settle(s.opt.scope == systemScope)
	return b, nil
}

// settle works out the stages. A system's manager that set up a security module did start this machine; another one
// runs in a container.
func (b *bootTimes) settle(system bool) {
	if !system || b.at["SecurityStart"] == 0 {
		b.offset = b.at["Userspace"]
		for _, name := range []string{"Firmware", "Loader", "Kernel", "InitRD", "Userspace", "SecurityStart",
			"SecurityFinish", "InitRDSecurityStart", "InitRDSecurityFinish", "InitRDGeneratorsStart",
			"InitRDGeneratorsFinish", "InitRDUnitsLoadStart", "InitRDUnitsLoadFinish"} {
			delete(b.at, name)
		}
		for name, t := range b.at {
			b.at[name] = b.since(t)
		}
	}
	b.firmware, b.loader, b.initrd = b.at["Firmware"], b.at["Loader"], b.at["InitRD"]
	b.userspace, b.finish = b.at["Userspace"], b.at["Finish"]
	if b.offset == 0 {
		if b.kernelDone = b.userspace; b.initrd > 0 {
			b.kernelDone = b.initrd
		}
	}
}

// since is a moment counted from where this start is counted from; what was before it, was then.
func (b *bootTimes) since(t span.Span) span.Span {
	if t < b.offset {
		return 0
	}
	return t - b.offset
}

// unitTimes are the moments of a unit's last start and stop, counted as bootTimes are.
type unitTimes struct {
	name                                             string
	activating, activated, deactivating, deactivated span.Span
	took                                             span.Span // to start
}

// unitTimes asks for the times of all units that were started since the start that b is of, in the manager's order.
func (b *bootTimes) unitTimes(m *manager) ([]unitTimes, error) {
	units, err := m.units()
	if err != nil {
		return nil, err
	}
	var list []unitTimes
	h, body := getAll(unitInterface)
	err = m.askAll(units, h, body, func(i int, r *dbus.Reader, err error) error {
		u := unitTimes{name: units[i].id}
		if err == nil {
			err = u.read(r)
		}
		if err != nil {
			return fmt.Errorf("Failed to get timestamp properties of unit %s: %s", u.name, connect.Text(err))
		}
		if u.settle(b); u.activating > 0 {
			list = append(list, u)
		}
		return nil
	})
	return list, err
}

// read takes the times out of a unit's properties.
func (u *unitTimes) read(r *dbus.Reader) error {
	return eachProperty(r, func(name, sig string) bool {
		if sig != "t" {
			return false
		}
		switch name {
		case "InactiveExitTimestampMonotonic":
			u.activating = span.Span(r.Uint64())
		case "ActiveEnterTimestampMonotonic":
			u.activated = span.Span(r.Uint64())
		case "ActiveExitTimestampMonotonic":
			u.deactivating = span.Span(r.Uint64())
		case "InactiveEnterTimestampMonotonic":
			u.deactivated = span.Span(r.Uint64())
		default:
			return false
		}
		return true
	})
}

// settle counts the times from where the start is counted from, and works out how long the unit took: until it was
// active, or until it had done its work without ever being so.
func (u *unitTimes) settle(b *bootTimes) {
	for _, t := range []*span.Span{&u.activating, &u.activated, &u.deactivating, &u.deactivated} {
		*t = b.since(*t)
	}
	switch {
	case u.activated >= u.activating:
		u.took = u.activated - u.activating
	case u.deactivated >= u.activating:
		u.took = u.deactivated - u.activating
	}
}
