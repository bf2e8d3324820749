// Package manager is the service manager as a process: it finds out what the machine allows, opens the sockets, loads
// the units and hands everything to the loop.
//
// It exists as the one place where host and bus meet. It must not decide anything about units.
package manager

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/bus"
	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host"
	"github.com/steward-init/steward/host/boot"
	"github.com/steward-init/steward/host/cgroup"
	"github.com/steward-init/steward/host/clock"
	"github.com/steward-init/steward/host/output"
	"github.com/steward-init/steward/host/probe"
	"github.com/steward-init/steward/host/process"
	"github.com/steward-init/steward/host/shutdown"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/sys"
)

// Applet is the manager's row in the table of commands.
var Applet = applet.Applet{Names: "manager init systemd", Summary: "the service manager: --system or --user", Run: Run,
	Describe: Describe, Stays: true}

// Manager is everything that one running manager holds.
type Manager struct {
	options  options
	kernel   kernel
	shown    atomic.Int32 // what becomes of units on the console
	pid1     bool
	dirs     dirs
	facts    probe.Facts
	env      []string
	loop     *host.Loop
	world    *host.World
	server   *bus.Server
	groups   *cgroup.Tree
	output   *output.Output
	launcher *process.Launcher
	listener *net.UnixListener
	err      io.Writer
	terminal ui.IO // how err is written to

	mounts   mounts
	loading  sync.Mutex // the loader serves one goroutine at a time: the loop, or a reload
	making   sync.Mutex // and generators run once at a time. The loop never waits for them: it has to reap them
	loader   *load.Loader
	defaults *directive.Defaults

	busFacts   bus.Facts
	unitFiles  *unitFiles
	transients map[string]transient
	made       []string             // names of transient units since the last Flush
	warned     map[string]span.Span // units whose verdicts were logged: in which activation, by its InactiveExit
	begun      bool                 // the boot's job was asked for
	// invocations are those of the units that run or did, by name: the output's goroutine asks.
	invocations sync.Map
	booted      bool // and what it led to is done
	firstBoot   bool // of this machine, and it is not done yet
	joining     bool // a message bus
	exitCode    int
	stopping    bool
	tracing     bool                  // every change of state and job is told, see trace
	told        map[unitfile.Pos]bool // diagnostics already reported
	leaving     string                // what follows the loop: exit, reboot, poweroff, halt, kexec, reexecute
}

// Run starts a manager and returns its exit status. systemd(1).
func Run(_ context.Context, io ui.IO, args []string) int {
	pid1 := os.Getpid() == 1
	o, err := parse(args, pid1)
	if err != nil {
		return io.Fail("%v", err)
	}
	if o.action != "" {
		return information(io, o.action)
	}
	if !o.userSet && !pid1 {
		return io.Fail("Explicit --user or --system required when not running as PID 1.")
	}
	m := &Manager{options: o, pid1: pid1, err: io.Err, terminal: ui.IO{Lookup: io.Lookup, Terminal: io.ErrTerminal}}
	if err := m.start(); err != nil {
		return io.Fail("steward: %v", err)
	}
	err = m.loop.Run()
	m.notifyAbove("STOPPING=1")
	m.close()
	if err != nil {
		return io.Fail("steward: %v", err)
	}
	if m.pid1 {
		if err := shutdown.Now(m.leaving); err != nil {
			return io.Fail("steward: %s: %v", m.leaving, err)
		}
	}
	return m.exitCode
}

// start brings everything up to the point where the loop can run, in the order in which each needs what came before.
func (m *Manager) start() error {
	m.stage("Userspace")
	m.transients, m.warned = map[string]transient{}, map[string]span.Span{}
	debug.SetGCPercent(50)
	if err := m.process(); err != nil {
		return err
	}
	m.facts = probe.Look()
	var err error
	if m.dirs, err = findDirs(m.options); err != nil {
		return err
	}
	m.groups, err = cgroup.Open(m.pid1)
	if err != nil {
		fmt.Fprintf(m.err, "steward: processes are tracked without control groups: %v\n", err)
	}
	found := m.readConfig()
	m.decide()
	m.environment()
	if err := m.openOutput(); err != nil {
		return err
	}
	for _, d := range found {
		m.log(4, d.String())
	}
	m.configure()
	e := engine.New(m.engineConfig())
	if m.loop, err = host.NewLoop(e); err != nil {
		return err
	}
	if err := m.attach(); err != nil {
		return err
	}
	m.server = bus.New(m)
	m.loop.Clients = clients{m}
	m.loop.Quiet = m.rest
	m.gatherFacts()
	m.world.Names, m.world.Before = m.server, m.before
	m.joinBus()
	if err := m.listen(); err != nil {
		return err
	}
	m.watchSignals()
	m.preset()
	go m.boot()
	return nil
}

// boot runs the generators and loads the first unit beside the loop, then starts it as the first job.
func (m *Manager) boot() {
	target := m.options.unit
	times := [3]port.Time{clock.Now()}
	m.generate()
	times[1] = clock.Now()
	m.loading.Lock()
	units := m.loader.Closure(append(load.Perpetual(m.mode()), target), nil)
	times[2] = clock.Now()
	m.loading.Unlock()
	m.loop.Post(func() {
		m.report(units)
		t := m.busFacts.Times
		t["GeneratorsStart"], t["GeneratorsFinish"] = times[0], times[1]
		t["UnitsLoadStart"], t["UnitsLoadFinish"], t["UnitsLoad"] = times[1], times[2], times[2]
		m.begun = true
		if !m.options.user {
			m.watchMounts()
		}
		m.first(target, units)
	})
}

// first starts the first unit. A system whose target can't be loaded comes up as far as rescue.target, where somebody
// can mend it; any other manager has nothing to do then, and says so.
func (m *Manager) first(target string, units []*model.Unit) {
	job := port.JobRequested{Unit: target, Type: model.JobStart, Mode: model.ModeReplace,
		Cause: port.Cause{Kind: port.CauseBoot}, Loaded: units}
	m.Do(job)
	status := m.loop.Engine.Unit(target)
	if status != nil && status.Unit.Load == model.LoadLoaded {
		return
	}
	reason := "it was not found"
	if status != nil && status.Unit.LoadError != nil {
		reason = status.Unit.LoadError.Message
	}
	text := fmt.Sprintf("Failed to start %s: %s", target, reason)
	m.log(3, text)
	if m.options.user || target == "rescue.target" {
		m.stderr("%s", text)
		m.exitCode = 1
		m.loop.Stop(nil)
		return
	}
	m.log(4, "Trying rescue.target instead.")
	m.first("rescue.target", m.Load("rescue.target"))
}

// rest gives back what a burst of work has taken: free heap, mapped pages of the journal, and, until there is more to
// do, the pages of our own code, which come back from the page cache as they are needed.
func (m *Manager) rest(until int) {
	m.output.Release()
	directive.Leave()
	debug.FreeOSMemory()
	_ = sys.Rest(until, settling) // best effort: it only saves memory
}

// settling is how many milliseconds the runtime's threads have to go to sleep.
const settling = 100

// generate runs the generators. systemd.generator(7): those of the system get a minimal environment.
func (m *Manager) generate() {
	m.making.Lock()
	defer m.making.Unlock()
	path := m.unitFiles.path
	if path.GeneratorNormal == "" {
		return
	}
	kind := m.mode().String()
	g := boot.Generators{Normal: path.GeneratorNormal, Early: path.GeneratorEarly, Late: path.GeneratorLate, Env: m.env,
		Timeout: generatorTimeout, Spawn: m.world.Foreign.Run}
	for _, dir := range []string{"/run/systemd/", "/etc/systemd/", "/usr/local/lib/systemd/", "/usr/lib/systemd/"} {
		g.Dirs = append(g.Dirs, dir+kind+"-generators")
	}
	if _, err := os.Lstat("/usr/lib/systemd/system-generators"); err != nil && m.mode() == load.System {
		g.Own = []string{"systemd-sysv-generator"} // a machine with systemd's has what its distribution wants it to have
	}
	if err := g.Run(); err != nil {
		m.log(4, err.Error())
	}
}

// generatorTimeout is systemd's DefaultTimeoutStartSec= for its executors.
const generatorTimeout = 90 * time.Second

func (m *Manager) mode() load.Mode {
	if m.options.user {
		return load.User
	}
	return load.System
}

// listen opens the private socket, for root and ourselves.
func (m *Manager) listen() error {
	path := filepath.Join(m.dirs.runtime, "private")
	_ = os.Remove(path) // best effort: the listener tells
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return err
	}
	m.listener = listener
	own := uint32(os.Geteuid())
	go func() {
		err := m.server.Serve(listener, func(uid uint32) bool { return uid == 0 || uid == own })
		m.loop.Post(func() { m.log(3, fmt.Sprintf("Private socket closed: %v", err)) })
	}()
	return nil
}

func (m *Manager) close() {
	_ = m.listener.Close()                                  // best effort: we are leaving
	_ = os.Remove(filepath.Join(m.dirs.runtime, "private")) // best effort: as above
	if !m.pid1 {
		m.world.End()
	}
	m.output.Close()
	if m.groups != nil {
		m.groups.Leave()
	}
}

func (m *Manager) log(level uint8, text string) { m.output.Log(&port.Log{Level: level, Message: text}) }
