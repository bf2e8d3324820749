package e2e_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

const (
	busName          = "org.freedesktop.systemd1"
	managerPath      = "/org/freedesktop/systemd1"
	managerInterface = busName + ".Manager"
)

type structure = dbus.Struct

// bus is a connection to a manager. What is awaited is looked at again with every signal, and only then: a state that
// is not told of is a fault.
type bus struct {
	t      *testing.T
	client *transport.Client
	closed chan struct{}
	hung   func() // called when a call is not answered

	mu      sync.Mutex
	changed chan struct{}     // closed and replaced with every signal
	jobs    map[string]string // results of the jobs that are gone, by path
	signals []string          // "JobNew foo.service", … in their order
}

// dial connects to a private socket.
func dial(t *testing.T, socket string) *bus {
	t.Helper()
	b := &bus{t: t, changed: make(chan struct{}), closed: make(chan struct{}), jobs: map[string]string{}}
	ctx, cancel := bound()
	defer cancel()
	client, err := transport.Open(ctx, "unix:path="+socket, transport.Config{Handle: b.receive,
		Closed: func(*transport.Conn, error) { close(b.closed) }})
	if err != nil {
		t.Fatal(err)
	}
	b.client = client
	return b
}

func (b *bus) receive(_ *transport.Conn, m *transport.Message) {
	defer m.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	switch r := m.Reader(); m.Member {
	case "JobRemoved":
		_, path, unit, result := r.Uint32(), r.ObjectPath(), r.String(), r.String()
		b.jobs[strings.Clone(path)] = strings.Clone(result)
		b.signals = append(b.signals, m.Member+" "+unit+" "+result)
	case "JobNew":
		_, _, unit := r.Uint32(), r.ObjectPath(), r.String()
		b.signals = append(b.signals, m.Member+" "+unit)
	case "UnitNew", "UnitRemoved":
		b.signals = append(b.signals, m.Member+" "+r.String())
	case "PropertiesChanged":
		b.signals = append(b.signals, m.Member+" "+m.Path)
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// await waits until done, which is asked at once and after every signal.
func (b *bus) await(what string, done func() bool) {
	b.t.Helper()
	timeout := time.After(limit)
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if done() {
			return
		}
		select {
		case <-changed:
		case <-b.closed:
			b.t.Fatalf("the connection ended while %s was awaited: %v", what, b.client.Err())
		case <-timeout:
			b.t.Fatalf("no signal tells of %s", what)
		}
	}
}

// call calls a method and returns what it answers.
func (b *bus) call(path, iface, member, sig string, args ...any) ([]any, error) {
	h := dbus.Header{Type: dbus.MethodCall, Path: path, Interface: iface, Member: member, Destination: busName,
		Signature: sig}
	ctx, cancel := bound()
	defer cancel()
	m, err := b.client.Call(ctx, h, func(w *dbus.Writer) { w.Values(sig, args) })
	if ctx.Err() != nil && b.hung != nil {
		b.hung()
	}
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r := m.Reader()
	values := r.Values(m.Signature)
	return values, r.Err()
}

// manage calls a method of the manager that must be answered.
func (b *bus) manage(member, sig string, args ...any) []any {
	b.t.Helper()
	values, err := b.call(managerPath, managerInterface, member, sig, args...)
	if err != nil {
		b.t.Fatalf("%s%v: %v", member, args, err)
	}
	return values
}

// unitPath is the object of a unit.
func unitPath(unit string) string { return managerPath + "/unit/" + dbus.PathEscape(unit) }

func (b *bus) get(path, iface, name string) any {
	b.t.Helper()
	values, err := b.call(path, "org.freedesktop.DBus.Properties", "Get", "ss", busName+"."+iface, name)
	if err != nil {
		b.t.Fatalf("%s of %s: %v", name, path, err)
	}
	return values[0].(dbus.Variant).Value
}

// manager reads a property of the manager as text.
func (b *bus) manager(name string) string {
	b.t.Helper()
	return fmt.Sprint(b.get(managerPath, "Manager", name))
}

// unit and service read a property of a unit as text.
func (b *bus) unit(unit, name string) string {
	b.t.Helper()
	return fmt.Sprint(b.get(unitPath(unit), "Unit", name))
}

func (b *bus) service(unit, name string) string {
	b.t.Helper()
	return fmt.Sprint(b.get(unitPath(unit), "Service", name))
}

// state is "active/running" and the like.
func (b *bus) state(unit string) string {
	b.t.Helper()
	return b.unit(unit, "ActiveState") + "/" + b.unit(unit, "SubState")
}

// awaitState waits until a unit is in a state, given as state gives it.
func (b *bus) awaitState(unit, state string) {
	b.t.Helper()
	b.await(unit+" to be "+state, func() bool { return b.state(unit) == state })
}

// mainPID is the main process of a service that runs.
func (b *bus) mainPID(unit string) int {
	b.t.Helper()
	return number(b.t, b.service(unit, "MainPID"))
}

// queue asks for a job and returns its path.
func (b *bus) queue(member, unit string) (string, error) {
	values, err := b.call(managerPath, managerInterface, member, "ss", unit, "replace")
	if err != nil {
		return "", err
	}
	return string(values[0].(dbus.ObjectPath)), nil
}

// job asks for a job, waits for its end and returns its result, or the error that refused it.
func (b *bus) job(member, unit string) string {
	b.t.Helper()
	path, err := b.queue(member, unit)
	var refusal *transport.Refusal
	if errors.As(err, &refusal) {
		return refusal.Name + ": " + refusal.Text
	}
	if err != nil {
		b.t.Fatal(err)
	}
	return b.result(path)
}

// result waits for the end of a job.
func (b *bus) result(path string) (result string) {
	b.t.Helper()
	b.await("the end of "+path, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		var ok bool
		result, ok = b.jobs[path]
		return ok
	})
	return result
}

// do runs jobs that must succeed.
func (b *bus) do(member string, units ...string) {
	b.t.Helper()
	for _, unit := range units {
		if result := b.job(member, unit); result != "done" {
			b.t.Fatalf("%s %s: %s (%s)", member, unit, result, b.state(unit))
		}
	}
}

func (b *bus) up(units ...string)   { b.t.Helper(); b.do("StartUnit", units...) }
func (b *bus) down(units ...string) { b.t.Helper(); b.do("StopUnit", units...) }

// index is where a signal stands among those received, -1 for none.
func (b *bus) index(signal string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Index(b.signals, signal)
}

// stopAll stops every service that is not at rest.
func (b *bus) stopAll() error {
	values, err := b.call(managerPath, managerInterface, "ListUnits", "")
	if err != nil {
		return err
	}
	for _, row := range values[0].([]any) {
		unit := row.(dbus.Struct)
		name, active := unit[0].(string), unit[3].(string)
		if strings.HasSuffix(name, ".service") && active != "inactive" && active != "failed" {
			b.job("StopUnit", name)
		}
	}
	return nil
}
