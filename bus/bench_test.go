package bus

import (
	"fmt"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// client makes a world of running services and a connection to it.
func running(b *testing.B, count int) *transport.Client {
	w := newWorld()
	for i := range count {
		name := fmt.Sprintf("demo-%d.service", i)
		w.define(name, func(u *model.Unit) { u.Service.Commands[model.ExecStart] = command("/bin/demo") })
		w.Do(startOf(w, name))
	}
	serve(b, w)
	client, err := transport.Open(b.Context(), "unix:path="+w.socket, transport.Config{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	return client
}

func (b *bench) call(path, iface, member, sig string, body func(*dbus.Writer)) {
	m, err := b.client.Call(b.Context(), dbus.Header{Type: dbus.MethodCall, Destination: busName, Path: path,
		Interface: iface, Member: member, Signature: sig}, body)
	if err != nil {
		b.Fatal(err)
	}
	m.Close()
}

type bench struct {
	*testing.B
	client *transport.Client
}

// BenchmarkGetAll is what systemctl show and status ask for, there and back.
func BenchmarkGetAll(b *testing.B) {
	t := bench{b, running(b, 1)}
	b.ReportAllocs()
	for b.Loop() {
		t.call(unitPath("demo-0.service"), propertiesInterface, "GetAll", "s", func(w *dbus.Writer) { w.String("") })
	}
}

// BenchmarkGet is what systemctl is-active asks for.
func BenchmarkGet(b *testing.B) {
	t := bench{b, running(b, 1)}
	b.ReportAllocs()
	for b.Loop() {
		t.call(unitPath("demo-0.service"), propertiesInterface, "Get", "ss", func(w *dbus.Writer) {
			w.String(unitInterface)
			w.String("ActiveState")
		})
	}
}

// BenchmarkListUnits is what systemctl list-units asks for, with 5000 units.
func BenchmarkListUnits(b *testing.B) {
	t := bench{b, running(b, 5000)}
	b.ReportAllocs()
	for b.Loop() {
		t.call(managerPath, managerInterface, "ListUnits", "", nil)
	}
}
