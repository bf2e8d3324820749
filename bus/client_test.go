package bus

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	systemd "github.com/coreos/go-systemd/v22/dbus"
	godbus "github.com/godbus/dbus/v5"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// TestGoSystemd drives the manager by the library that Go programs use, on the private socket.
func TestGoSystemd(t *testing.T) {
	w := newWorld()
	w.define("web.service", func(u *model.Unit) {
		u.Description = "Web"
		u.Service.Commands[model.ExecStart] = command("/bin/web")
	})
	serve(t, w)
	conn, err := systemd.NewConnection(func() (*godbus.Conn, error) {
		c, err := godbus.Dial("unix:path=" + w.socket)
		if err == nil {
			err = c.Auth([]godbus.Auth{godbus.AuthExternal(fmt.Sprint(os.Geteuid()))})
		}
		return c, err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	done := make(chan string, 1)
	if _, err := conn.StartUnitContext(t.Context(), "web.service", "replace", done); err != nil {
		t.Fatal(err)
	}
	if result := <-done; result != "done" {
		t.Errorf("start: %s", result)
	}
	list, err := conn.ListUnitsByNamesContext(t.Context(), []string{"web.service", "none.service"})
	if err != nil || len(list) != 2 || list[0].ActiveState != "active" || list[1].LoadState != "not-found" {
		t.Errorf("list: %+v, %v", list, err)
	}
	properties, err := conn.GetAllPropertiesContext(t.Context(), "web.service")
	if err != nil || properties["Description"] != "Web" || properties["MainPID"] != uint32(1) {
		t.Errorf("properties: %v, %v", properties["Description"], err)
	}
	_, err = conn.StartTransientUnitContext(t.Context(), "made.service", "replace", []systemd.Property{
		systemd.PropExecStart([]string{"/bin/made", "one"}, true), systemd.PropDescription("Made"),
		systemd.PropWants("web.service")}, done)
	if err != nil {
		t.Fatal(err)
	}
	if result := <-done; result != "done" {
		t.Errorf("transient: %s", result)
	}
	const text = "[Unit]\nDescription=Made\nWants=\nWants=web.service\n"
	w.Post(func() {
		if len(w.made) != 1 || !strings.Contains(w.made[0].Text, "ExecStart=-/bin/made one\n") ||
			w.engine.Unit("made.service").Unit.Description != "Made" {
			t.Errorf("transient: %s, not like %s", w.made[0].Text, text)
		}
	})
	if _, err := conn.StopUnitContext(t.Context(), "nothing.service", "replace", nil); err == nil ||
		err.Error() != "Unit nothing.service not loaded." {
		t.Errorf("stop of nothing: %v", err)
	}
}

// messageBus starts a dbus-daemon of the test's own, and has the server join it.
func messageBus(t *testing.T, w *world) string {
	daemon, err := exec.LookPath("dbus-daemon")
	if err != nil {
		t.Skip("there is no dbus-daemon")
	}
	dir := t.TempDir()
	address := "unix:path=" + filepath.Join(dir, "bus")
	config := filepath.Join(dir, "bus.conf")
	err = os.WriteFile(config, fmt.Appendf(nil, `<busconfig><type>session</type><listen>%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
</policy></busconfig>`, address), 0o644)
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(daemon, "--config-file="+config, "--nofork", "--nopidfile", "--print-address=3")
	cmd.ExtraFiles = []*os.File{write}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close() // best effort: the daemon has its own
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // best effort: it may have ended
		_ = cmd.Wait()         // as above
	})
	if _, err := read.Read(make([]byte, 256)); err != nil { // it prints its address when it listens
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := w.server.Join(ctx, address); err != nil {
		t.Fatal(err)
	}
	return address
}

// On a message bus a client that made a job is told of its end, one that refers to a unit of its changes, and one that
// left holds nothing any more.
func TestMessageBus(t *testing.T) {
	w := newWorld()
	w.define("web.service", func(u *model.Unit) { u.Service.Commands[model.ExecStart] = command("/bin/web") })
	address := messageBus(t, w)
	conn, err := godbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	signals := make(chan *godbus.Signal, 64)
	conn.Signal(signals)
	if err := conn.AddMatchSignal(godbus.WithMatchSender(busName)); err != nil {
		t.Fatal(err)
	}
	manager := conn.Object(busName, managerPath)
	if err := manager.Call(managerInterface+".RefUnit", 0, "web.service").Err; err != nil {
		t.Fatal(err)
	}
	var job godbus.ObjectPath
	if err := manager.Call(managerInterface+".StartUnit", 0, "web.service", "replace").Store(&job); err != nil {
		t.Fatal(err)
	}
	var members []string
	for s := range signals {
		if strings.HasSuffix(s.Name, ".NameAcquired") {
			continue // the bus says so itself
		}
		members = append(members, s.Name[strings.LastIndexByte(s.Name, '.')+1:])
		if s.Name == managerInterface+".JobRemoved" {
			break
		}
	}
	if got := strings.Join(members, " "); got != "PropertiesChanged PropertiesChanged JobRemoved" {
		t.Errorf("signals: %s", got)
	}
	w.Post(func() {
		if held := len(w.server.link.refs); held != 1 {
			t.Errorf("%d units are referred to", held)
		}
	})
	_ = conn.Close() // best effort: what matters is that the bus tells of it
	for held := 1; held > 0; {
		w.Post(func() { held = len(w.server.link.refs) + len(w.server.link.clients) })
		if t.Context().Err() != nil {
			t.Fatal("a client that left is remembered")
		}
	}
}

// A service of Type=dbus is up when its name has an owner.
func TestBusNames(t *testing.T) {
	w := newWorld()
	address := messageBus(t, w)
	w.Post(func() {
		w.define("named.service", func(u *model.Unit) {
			u.Service.Type, u.Service.BusName = model.ServiceDBus, "org.example.Named"
			u.Service.Commands[model.ExecStart] = command("/bin/named")
		})
		w.Do(startOf(w, "named.service"))
	})
	state := func() (state model.ActiveState) {
		w.Post(func() { state = w.engine.Unit("named.service").Active })
		return state
	}
	if s := state(); s != model.Activating {
		t.Fatalf("without its name it is %s", s)
	}
	conn, err := godbus.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.RequestName("org.example.Named", godbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	for state() != model.Active {
		if t.Context().Err() != nil {
			t.Fatal("the name does not make it active")
		}
	}
}

// What only root and the manager's own user may do is refused to others; what changes nothing is not.
func TestAccess(t *testing.T) {
	w := newWorld()
	w.define("web.service", nil)
	for _, i := range []*iface{managerTable(), {methods: unitVerbs()}} {
		for n := range i.methods {
			row := &i.methods[n]
			stranger := &call{server: w.server, client: &client{link: &Link{server: w.server}, uid: w.server.owner + 1}}
			reads := false
			for _, prefix := range []string{"Get", "List", "Lookup", "Dump"} {
				reads = reads || strings.HasPrefix(row.name, prefix)
			}
			reads = reads || row.name == "LoadUnit" || row.name == "Subscribe" || row.name == "Unsubscribe" ||
				row.name == "StewardPlan"
			if got := stranger.allowed(row); got != reads {
				t.Errorf("%s: allowed is %v", row.name, got)
			}
			root := &call{server: w.server, client: &client{link: &Link{server: w.server}}}
			if !root.allowed(row) {
				t.Errorf("%s: refused to root", row.name)
			}
		}
	}
}

// Ten thousand jobs wait, each for the one before it; clients are answered, and a hostile one ends by itself.
func TestManyJobs(t *testing.T) {
	w := newWorld()
	const many = 10000
	w.define("first.service", func(u *model.Unit) {
		u.Service.Type = model.ServiceNotify
		u.Service.Commands[model.ExecStart] = command("/bin/first")
	})
	previous := "first.service"
	for i := range many - 1 {
		name := fmt.Sprintf("u%d.service", i)
		w.define(name, func(u *model.Unit) {
			u.Service.Commands[model.ExecStart] = command("/bin/next")
			u.Edges = append(u.Edges, model.Edge{Kind: model.After, Unit: previous},
				model.Edge{Kind: model.Wants, Unit: previous})
		})
		previous = name
	}
	systemctl := serve(t, w)
	if out, err := systemctl("start", "--no-block", previous); err != nil {
		t.Fatal(err, out)
	}
	hostile, err := net.Dial("unix", w.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer hostile.Close()
	fmt.Fprintf(hostile, "\x00AUTH EXTERNAL\r\nDATA\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n%s", strings.Repeat("garbage!", 4096))
	out, err := systemctl("list-jobs", "--no-legend")
	if lines := strings.Count(out, "\n"); err != nil || lines != many {
		t.Fatalf("%d jobs listed, %v", lines, err)
	}
	if out, err := systemctl("cancel"); err != nil {
		t.Fatal(err, out)
	}
	w.Post(func() {
		if jobs := w.engine.Totals().Jobs; jobs != 0 {
			t.Errorf("%d jobs are left", jobs)
		}
	})
}

// A reload is answered when it is done; meanwhile others are answered, and everybody is told of its begin and end once.
func TestReload(t *testing.T) {
	w := newWorld()
	systemctl := serve(t, w)
	if out, err := systemctl("show", "-p", "Version"); err != nil || out != "Version=252 (test)\n" {
		t.Fatal(err, out)
	}
	answered := make(chan error, 1)
	began := make(chan struct{})
	w.Post(func() { w.began = began })
	go func() {
		_, err := systemctl("daemon-reload")
		answered <- err
	}()
	<-began
	if out, err := systemctl("show", "-p", "Version"); err != nil || out != "Version=252 (test)\n" {
		t.Error("while it reloads: ", err, out)
	}
	select {
	case err := <-answered:
		t.Error("answered too early", err)
	default:
	}
	for range 2 { // they ask while one is under way, and share the next
		go func() {
			_, err := systemctl("daemon-reload")
			answered <- err
		}()
	}
	for waiting := 0; waiting < 2; runtime.Gosched() {
		w.Post(func() { waiting = len(w.server.reloads) })
	}
	w.Post(func() { w.reload(nil) })
	if err := <-answered; err != nil {
		t.Error(err)
	}
	w.Post(func() { w.reload(nil) })
	for range 2 {
		if err := <-answered; err != nil {
			t.Error(err)
		}
	}
	w.Post(func() {
		if w.reloads != 2 {
			t.Errorf("%d reloads for three requests", w.reloads)
		}
	})
}

// A signal costs nothing where nobody listens.
func TestNobodyListens(t *testing.T) {
	w := newWorld()
	w.define("web.service", nil)
	w.Do(startOf(w, "web.service"))
	w.server.Perform(port.UnitChanged{Unit: "web.service"})
	if len(w.server.changed) != 0 {
		t.Error("a change is remembered for nobody")
	}
	if n := testing.AllocsPerRun(100, func() { w.server.Perform(port.UnitChanged{Unit: "web.service"}) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}

// Who waits for a unit is told its last state, also if the unit is forgotten as soon as it has ended.
func TestLastState(t *testing.T) {
	w := newWorld()
	w.define("once.service", func(u *model.Unit) { u.Service.Commands[model.ExecStart] = command("/bin/once") })
	serve(t, w)
	conn, err := godbus.Dial("unix:path=" + w.socket)
	if err == nil {
		err = conn.Auth(nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	signals := make(chan *godbus.Signal, 64)
	conn.Signal(signals)
	manager := conn.Object(busName, managerPath)
	var job godbus.ObjectPath
	if err := manager.Call(managerInterface+".StartUnit", 0, "once.service", "replace").Store(&job); err != nil {
		t.Fatal(err)
	}
	w.Post(func() {
		w.Do(port.ProcessExited{Unit: "once.service", PID: w.pids["once.service"], Code: port.Exited})
		w.Do(port.CgroupEmptied{Unit: "once.service"})
	})
	last, result := "", ""
	for s := range signals {
		if s.Name == managerInterface+".UnitRemoved" && s.Body[0] == "once.service" {
			break
		}
		if s.Name != propertiesInterface+".PropertiesChanged" || !strings.HasSuffix(string(s.Path), "once_2eservice") {
			continue
		}
		values := s.Body[1].(map[string]godbus.Variant)
		if v, ok := values["ActiveState"]; ok {
			last = v.Value().(string)
		}
		if v, ok := values["Result"]; ok {
			result = v.Value().(string)
		}
	}
	if last != "inactive" || result != "success" {
		t.Errorf("told last: %s, %s", last, result)
	}
}
