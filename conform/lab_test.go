package conform_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/machine"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// side is one of the two managers.
type side struct {
	name string
	init []string
}

// tracing has a manager tell every change on the console.
var tracing = []string{"--system", "--unit=basic.target", "--log-level=debug", "--log-target=console",
	"--log-color=0", "--show-status=0"}

const oracle = "/lib/systemd/systemd"

var (
	theOracle = side{"systemd", append([]string{oracle}, tracing...)}
	steward   = side{"steward", append([]string{stewardAt}, tracing...)}
)

// patience bounds each wait; only what goes wrong takes that long.
const patience = 10 * time.Second

// lab is a machine with one manager, the actors that it has started, and a connection to it.
type lab struct {
	*play
	machine *machine.Machine
	client  *transport.Client
	ctx     context.Context
	dir     string
	tty     *os.File
	marks   int
	read    int      // of the console
	own     []string // units that were there before
	restore []string // programs that were taken away

	mu      sync.Mutex
	changed chan struct{} // closed and replaced with every signal and every word of an actor
	jobs    []uint32      // in the order in which they were made
	actors  []*actor
}

// actor is the driver's end of a program.
type actor struct {
	hello
	conn   net.Conn
	say    *json.Encoder
	answer chan string
	told   bool // its beginning is in the record
	gone   bool
}

// base are the units of the simulator's world.
var base = map[string]string{
	"sysinit.target":  "[Unit]\nDefaultDependencies=no\nConflicts=shutdown.target\nBefore=shutdown.target\n",
	"basic.target":    "[Unit]\nRequires=sysinit.target\nAfter=sysinit.target\n",
	"shutdown.target": "[Unit]\nDefaultDependencies=no\nRefuseManualStart=yes\n",
	// What mounts there are is the machine's business, not that of a scenario.
	"mount.d/own.conf": "[Unit]\nIgnoreOnIsolate=yes\n",
}

// The folders of units; in a machine, the second has only those of the simulator's world.
const (
	unitDir = "/etc/systemd/system/"
	baseDir = "/usr/lib/systemd/system/"
)

// files are those of the scenario as the machine has them.
func (p *play) files() (files, links map[string]string) {
	files, links = map[string]string{}, map[string]string{}
	for name, text := range base {
		files[baseDir+name] = text
	}
	files["/etc/systemd/system.conf"] = p.scaled("[Manager]\nDefaultLimitCORE=infinity\nDefaultTimeoutStartSec=90\n" +
		"DefaultTimeoutStopSec=90\nDefaultRestartSec=100ms\nDefaultStartLimitIntervalSec=10\n")
	for _, f := range p.script.Files {
		path := f.Path
		if !strings.HasPrefix(path, "/") {
			path = unitDir + path
		}
		switch {
		case f.Target != "":
			links[path] = target(path, f.Target)
		case !strings.HasSuffix(path, "/"):
			files[path] = p.scaled(f.Text)
		default:
			files[path+".keep"] = ""
		}
	}
	links[program], links[home+"/"+agentName] = stewardAt, stewardAt
	for _, path := range p.programs() {
		links[path] = program
	}
	return files, links
}

// target is where a link of a scenario leads: names are below the folder of units.
func target(path, target string) string {
	if !strings.HasPrefix(target, "/") && strings.Contains(strings.TrimPrefix(path, unitDir), "/") {
		return unitDir + target
	}
	return target
}

// boot makes a machine for a scenario.
func boot(t *testing.T, s side, p *play) *lab {
	t.Helper()
	dir, err := os.MkdirTemp("", "cf") // short: the names of sockets below it must fit
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // best effort: it is a temporary folder
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	l := &lab{play: p, ctx: ctx, dir: dir, changed: make(chan struct{})}
	listener, err := net.Listen("unix", filepath.Join(dir, "actors"))
	if err == nil {
		err = os.Chmod(filepath.Join(dir, "actors"), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() }) // best effort: nobody speaks any more
	go l.welcome(listener)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	generators, units := filepath.Join(dir, "generators"), filepath.Join(dir, "units")
	for _, folder := range []string{generators, units} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	files, links := p.files()
	l.machine, err = machine.Boot(t.TempDir(), machine.Config{Init: s.init, Files: files, Links: links,
		Env: []string{"SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/systemd/system:/usr/lib/systemd/system"},
		Binds: map[string]string{self: stewardAt, dir: meeting, units: strings.TrimSuffix(baseDir, "/"),
			generators: "/usr/lib/systemd/system-generators"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.machine.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := l.begin(); err != nil {
		t.Fatalf("%s: %v\n%s", s.name, err, l.machine.Console())
	}
	return l
}

// begin connects to a manager that is up.
func (l *lab) begin() error {
	ctx, cancel := context.WithTimeout(l.ctx, patience)
	defer cancel()
	if err := l.machine.WaitNotice(ctx, "READY=1"); err != nil {
		return fmt.Errorf("boot: %w", err)
	}
	go l.machine.Exec(l.ctx, home+"/"+agentName)
	if l.until(patience, func() bool { return l.newest("", false) != nil }) != nil {
		return errors.New("no agent")
	}
	var err error
	l.tty, err = os.OpenFile(l.machine.Path("/dev/console"), os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	client, err := transport.Open(ctx, "unix:path="+filepath.Join(l.dir, "bus"), transport.Config{Handle: l.signal})
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.client = client
	l.mu.Unlock()
	if err := l.quiet(); err != nil {
		return err
	}
	l.read = len(l.machine.Console())
	l.own, err = l.listed()
	return err
}

// signal takes a signal of the manager.
func (l *lab) signal(_ *transport.Conn, m *transport.Message) {
	defer m.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := m.Reader(); m.Member == "JobNew" {
		l.jobs = append(l.jobs, r.Uint32())
	}
	l.wake()
}

// wake tells those who wait to look again; mu is held.
func (l *lab) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// until waits until done, which is asked at once and after every signal and word.
func (l *lab) until(limit time.Duration, done func() bool) error {
	over := time.After(limit)
	for {
		l.mu.Lock()
		changed := l.changed
		l.mu.Unlock()
		if done() {
			return nil
		}
		select {
		case <-changed:
		case <-over:
			return errors.New("not in time")
		}
	}
}

// welcome takes the connections of actors.
func (l *lab) welcome(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go l.attend(conn)
	}
}

// attend hears what an actor says until its end.
func (l *lab) attend(conn net.Conn) {
	hear := json.NewDecoder(conn)
	a := &actor{conn: conn, say: json.NewEncoder(conn), answer: make(chan string, 1)}
	if hear.Decode(&a.hello) != nil {
		return
	}
	l.mu.Lock()
	l.actors = append(l.actors, a)
	l.wake()
	l.mu.Unlock()
	l.awaitMain(a)
	_ = a.say.Encode(order{Do: "go"}) // if it fails, the next read does
	for {
		var text string
		if hear.Decode(&text) != nil {
			break
		}
		a.answer <- text
	}
	close(a.answer) // it can end before it has answered, by what it was told
	l.mu.Lock()
	a.gone = true
	l.wake()
	l.mu.Unlock()
	_ = conn.Close() // best effort: the other end is gone
}

// awaitMain waits until the main process beside a command is known, which the command may be the end of.
func (l *lab) awaitMain(a *actor) {
	l.mu.Lock()
	begun := l.client != nil
	l.mu.Unlock()
	if a.Unit == "" || a.Child || !begun { // what runs at boot is no part of the scenario
		return
	}
	_ = l.until(patience, func() bool { // without it, what is missing is compared
		pid, _ := l.property(a.Unit, "MainPID").(uint32)
		l.mu.Lock()
		defer l.mu.Unlock()
		return pid == 0 || slices.ContainsFunc(l.actors, func(a *actor) bool { return a.PID == int(pid) })
	})
}

// newest is the newest actor of a unit that lives, or of those that were forked.
func (l *lab) newest(unit string, child bool) *actor {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, a := range slices.Backward(l.actors) {
		if a.Unit == unit && !a.gone && (!child || a.Child) {
			return a
		}
	}
	return nil
}

// tell gives an order and waits for the answer.
func (l *lab) tell(a *actor, o order) error {
	if err := a.say.Encode(o); err != nil {
		return err
	}
	select {
	case text := <-a.answer:
		if text != "" {
			return errors.New(text)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s does not answer", a.Unit)
	}
}

// end has an actor end, and waits for its end.
func (l *lab) end(a *actor, o order) error {
	if err := a.say.Encode(o); err != nil {
		return err
	}
	return l.until(patience, func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return a.gone
	})
}

const (
	busName = "org.freedesktop.systemd1"
	busPath = "/org/freedesktop/systemd1"
)

// call calls a method.
func (l *lab) call(path, iface, member, sig string, args ...any) ([]any, error) {
	h := dbus.Header{Type: dbus.MethodCall, Path: path, Interface: iface, Member: member, Destination: busName,
		Signature: sig}
	ctx, cancel := context.WithTimeout(l.ctx, patience)
	defer cancel()
	if l.client == nil { // the first actors may be there before the connection is
		return nil, errors.New("not connected yet")
	}
	m, err := l.client.Call(ctx, h, func(w *dbus.Writer) { w.Values(sig, args) })
	if err != nil {
		return nil, err
	}
	defer m.Close()
	r := m.Reader()
	values := r.Values(m.Signature)
	return values, r.Err()
}

func (l *lab) manager(member, sig string, args ...any) ([]any, error) {
	return l.call(busPath, busName+".Manager", member, sig, args...)
}

// property reads a property of any interface of a unit, nil if there is none.
func (l *lab) property(unit, name string) any {
	values, err := l.call(busPath+"/unit/"+dbus.PathEscape(unit), "org.freedesktop.DBus.Properties", "GetAll", "s", "")
	if err != nil || len(values) == 0 {
		return nil
	}
	for _, e := range values[0].(dbus.Dict) {
		if e.Key == name {
			return e.Value.(dbus.Variant).Value
		}
	}
	return nil
}

// console is what was told since the last call of advance, after everything that the manager has told so far.
func (l *lab) console() (string, error) {
	l.marks++
	mark := fmt.Sprintf("conform-mark-%d.", l.marks)
	if _, err := fmt.Fprintf(l.tty, "\n%s\n", mark); err != nil {
		return "", err
	}
	if err := l.machine.WaitConsole(l.ctx, mark); err != nil {
		return "", err
	}
	return strings.ReplaceAll(l.machine.Console()[l.read:], "\r", ""), nil
}

// quiet waits until the manager answers without having told anything in between.
func (l *lab) quiet() error {
	last := -1
	for range 100 {
		for range 2 {
			if _, err := l.manager("GetDefaultTarget", ""); err != nil {
				var refusal *transport.Refusal
				if !errors.As(err, &refusal) {
					return err
				}
			}
		}
		text, err := l.console()
		if err != nil {
			return err
		}
		told := strings.Count(text, ": Changed ") + strings.Count(text, ", result=")
		if told == last {
			return nil
		}
		last = told
	}
	return errors.New("never quiet")
}
