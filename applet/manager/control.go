package manager

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/bus"
	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host"
	"github.com/steward-init/steward/host/cgroup"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/sys"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// This file is what the bus asks of the manager: bus.Manager.

// Engine gives the state to read.
func (m *Manager) Engine() *engine.Engine { return m.loop.Engine }

// Do hands the engine an event and carries out what follows.
func (m *Manager) Do(event port.Event) { m.loop.Now(event) }

// Drain carries out what was put off until after the present work.
func (m *Manager) Drain() { m.loop.Drain() }

// Loop is where connections are read.
func (m *Manager) Loop() transport.Loop { return m.loop }

// Post runs work on the loop's goroutine.
func (m *Manager) Post(work func()) { m.loop.Post(work) }

// Load returns units with all that they refer to, as far as the engine doesn't have them. One that was not found is
// looked for again: its file may have come since.
func (m *Manager) Load(names ...string) []*model.Unit {
	var missing []string
	for _, name := range names {
		if status := m.loop.Engine.Unit(name); status == nil || status.Unit.Load == model.LoadNotFound {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	m.loading.Lock()
	defer m.loading.Unlock()
	units := m.loader.Closure(missing, func(name string) bool {
		status := m.loop.Engine.Unit(name)
		return status != nil && status.Unit.Load != model.LoadNotFound
	})
	m.report(units)
	return units
}

// Reload reads all files anew beside the loop, which goes on serving, and gives the engine the result at once.
func (m *Manager) Reload(done func(error)) {
	var names []string
	for _, status := range m.loop.Engine.Units() {
		names = append(names, status.Unit.Name)
	}
	go func() {
		m.generate()
		m.loading.Lock()
		units := m.loader.Reload(names)
		m.loading.Unlock()
		m.loop.Post(func() {
			m.stage("UnitsLoad")
			m.unitFiles.forget()
			clear(m.told)
			m.report(units)
			m.Do(port.UnitsReloaded{Loaded: units})
			done(nil)
		})
	}()
}

// maxTold bounds what is remembered of what was told.
const maxTold = 8192

// report tells once of what is wrong, or not applied, in the files of units.
func (m *Manager) report(units []*model.Unit) {
	for _, unit := range units {
		for _, d := range unit.Diagnostics {
			if m.told[d.Pos] {
				continue
			}
			if len(m.told) >= maxTold { // transient units come and go with theirs
				clear(m.told)
			}
			m.told[d.Pos] = true
			level := uint8(4)
			if d.Severity == unitfile.Info { // told again, and louder, when the unit starts
				level = 6
			}
			m.output.Log(&port.Log{Unit: unit.Name, Level: level, Message: d.String(), Fields: configFields(d.Pos)})
		}
	}
}

// configFields are those that journalctl shows the place in a file by. systemd.journal-fields(7).
func configFields(at unitfile.Pos) []string {
	return []string{"CONFIG_FILE=" + at.File, "CONFIG_LINE=" + strconv.Itoa(at.Line)}
}

// Exit ends the manager at once; units that still run are ended, but not stopped in order. That is what the targets of
// these names are for, whose services call this in the end.
func (m *Manager) Exit(verb string, status uint8) error {
	switch verb {
	case "reexecute":
		return m.reexecute()
	case "exit", "reboot", "poweroff", "halt", "kexec":
		m.leaving = verb
		m.exitCode = max(int(status), int(m.busFacts.ExitCode))
		m.loop.Stop(nil)
		return nil
	}
	return fmt.Errorf("%s is not supported", verb)
}

func (m *Manager) startTarget(name string, mode model.JobMode) {
	m.Do(port.JobRequested{Unit: name, Type: model.JobStart, Mode: mode, Cause: port.Cause{Kind: port.CauseClient},
		Loaded: m.Load(name)})
}

// act is the engine's request concerning the whole manager.
func (m *Manager) act(a port.Act) {
	verb := strings.TrimSuffix(strings.TrimSuffix(a.Action.String(), "-force"), "-immediate")
	m.log(5, fmt.Sprintf("Leaving: %s (%s)", verb, a.Reason))
	m.leaving, m.exitCode = verb, int(m.busFacts.ExitCode) // as a client has set it, if the unit has nothing to say
	if a.ExitStatus >= 0 {
		m.exitCode = int(a.ExitStatus)
	}
	m.loop.Stop(nil)
}

// reexecute is refused: nothing is gained by it before the keeper can hand the state over.
func (m *Manager) reexecute() error {
	return errors.New("daemon-reexec is not supported by this version")
}

// Facts are the values of manager properties that the engine doesn't know.
func (m *Manager) Facts() *bus.Facts { return &m.busFacts }

// Group returns a unit's control group.
func (m *Manager) Group(unit string) string {
	status := m.loop.Engine.Unit(unit)
	if unit != initScope && (status == nil || status.Unit.Type != model.TypeSlice || !status.Active.IsUp()) {
		return m.world.Group(unit)
	}
	path := "/" + initScope
	if unit != initScope {
		path = "/" + host.GroupOf(status.Unit)
	}
	switch {
	case m.groups == nil:
		return path
	case path == "/" && m.groups.Root() != "":
		return m.groups.Root()
	}
	return m.groups.Root() + path
}

// UnitOf returns the unit of a process.
func (m *Manager) UnitOf(pid int) string { return m.world.UnitOf(pid) }

// Processes lists the processes of a unit, for GetUnitProcesses. Without control groups they are shown in the one that
// the unit would have.
func (m *Manager) Processes(unit string) []bus.Process {
	var list []bus.Process
	for _, member := range m.members(unit) {
		list = m.appendProcesses(list, member)
	}
	return list
}

// members are the units of a slice that may have processes; of any other unit itself.
func (m *Manager) members(unit string) []string {
	status := m.loop.Engine.Unit(unit)
	if status == nil || status.Unit.Type != model.TypeSlice {
		return []string{unit}
	}
	inside := host.GroupOf(status.Unit) + "/"
	var names []string
	for _, other := range m.loop.Engine.Units() {
		if other.Unit.Type != model.TypeSlice && !other.Active.IsDown() &&
			(inside == "/" || strings.HasPrefix(host.GroupOf(other.Unit), inside)) {
			names = append(names, other.Unit.Name)
		}
	}
	return names
}

func (m *Manager) appendProcesses(list []bus.Process, unit string) []bus.Process {
	m.world.Settle() // or a command line could be ours
	pids := m.world.Processes(unit)
	if unit == initScope {
		pids = []int{os.Getpid()}
	}
	for _, pid := range pids {
		argv, err := sys.CommandLine(pid, 4096)
		command := words.JoinShell(argv)
		if err != nil || command == "" {
			stat, err := sys.ReadStat(pid)
			if err != nil {
				continue
			}
			command = "[" + stat.Comm + "]"
		}
		list = append(list, bus.Process{Group: m.groupOf(unit, pid), PID: pid, Command: command})
	}
	return list
}

func (m *Manager) groupOf(unit string, pid int) string {
	if m.groups != nil {
		if group, ok := m.groups.Of(pid); ok {
			return m.groups.Root() + "/" + group
		}
	}
	return m.world.Group(unit)
}

// Defaults are the manager's configured defaults.
func (m *Manager) Defaults() *directive.Defaults { return m.defaults }

// NeedsReload says that the files of a unit differ from what was loaded.
func (m *Manager) NeedsReload(u *model.Unit) bool { return m.unitFiles.stale(u) }

// SetLogLevel changes what is logged.
func (m *Manager) SetLogLevel(word string) bool {
	m.busFacts.LogLevel = levels[level(word)]
	m.output.SetMaxLevel(level(word))
	return true
}

// stderr is where messages go that have no other place yet.
func (m *Manager) stderr(format string, args ...any) {
	if m.err == nil {
		m.err = os.Stderr
	}
	fmt.Fprintf(m.err, "steward: "+format+"\n", args...)
}

// UnitOfGroup finds the unit of a control group, as clients know it, "" for none.
func (m *Manager) UnitOfGroup(group string) string {
	if m.groups == nil {
		return ""
	}
	below, ok := strings.CutPrefix(group, m.groups.Root())
	if !ok {
		return ""
	}
	below = strings.Trim(below, "/")
	if unit := cgroup.UnitOf(below); unit != "" && m.loop.Engine.Unit(unit) != nil {
		return unit
	}
	slice := below[strings.LastIndexByte(below, '/')+1:]
	if slice == "" {
		slice = "-.slice"
	}
	if m.loop.Engine.Unit(slice) != nil && strings.HasSuffix(slice, ".slice") {
		return slice
	}
	return ""
}

// PIDOf is the process of a pidfd, 0 for none.
func (m *Manager) PIDOf(pidfd int) int {
	data, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", pidfd))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "Pid:"); ok {
			pid, _ := strconv.Atoi(strings.TrimSpace(rest)) // of the kernel's own text
			return max(pid, 0)
		}
	}
	return 0
}

// File is a file in memory that holds a text.
func (m *Manager) File(text string) (*os.File, error) {
	fd, err := unix.MemfdCreate("steward-dump", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), "dump")
	if _, err = f.WriteString(text); err == nil {
		_, err = f.Seek(0, 0)
	}
	if err != nil {
		_ = f.Close() // best effort: the first error counts
		return nil, err
	}
	return f, nil
}

// MayAttach says whether a process can be put into a unit: one that is there, not the manager, and not the kernel's. A
// user's manager has no say in the processes of others.
func (m *Manager) MayAttach(pid int) bool {
	if pid <= 1 || pid == os.Getpid() {
		return false
	}
	var st unix.Stat_t
	if unix.Stat(fmt.Sprintf("/proc/%d", pid), &st) != nil || m.options.user && int(st.Uid) != os.Geteuid() {
		return false
	}
	_, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return err == nil || !errors.Is(err, unix.ENOENT) // a kernel thread has no program
}

// Attach moves processes into a unit.
func (m *Manager) Attach(unit string, pids []int) error {
	for _, pid := range pids {
		if !m.MayAttach(pid) {
			return fmt.Errorf("process %d can't be attached", pid)
		}
	}
	m.world.Adopt(unit, pids)
	return nil
}
