package bus

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/wire/dbus"
)

// Facts are what the manager knows of itself and the machine, for its properties. Times are µs.
type Facts struct {
	Version, Features, Virtualization, Architecture, Tainted string
	MachineID                                                string
	ConfidentialVirtualization                               string
	UnitPath                                                 []string
	ControlGroup                                             string
	ConfirmSpawn, ShowStatus                                 bool
	DefaultStandardOutput, DefaultStandardError              string
	LogLevel, LogTarget                                      string
	// Userspace is when the manager began, Finish when the boot transaction was done, GeneratorsStart … UnitsLoadFinish
	// its stages, by property name without "Timestamp".
	Times map[string]port.Time
	// Defaults are the Default… properties by name, already in the shape of their signature.
	ExitCode byte
}

// Files answers for unit files, whether or not they are loaded. Errors are told to the client as they are.
type Files interface {
	State(name string) (string, error)
	List() ([]FileState, error)
	Enable(names []string, runtime, force bool) (carriesInstallInfo bool, changes []Change, err error)
	Disable(names []string, runtime bool) ([]Change, error)
	DefaultTarget() (string, error)
	// Preset is "enabled" or "disabled", "" for a unit without a file.
	Preset(name string) string
}

// FileState is a row of ListUnitFiles.
type FileState struct{ Path, State string }

// Change is one edit of a symlink, as EnableUnitFiles reports it: Type is "symlink" or "unlink".
type Change struct{ Type, Path, Target string }

// controlMethods concern the manager as a whole, and unit files.
func controlMethods() []method {
	rows := []method{
		{"Subscribe", "", "", nil, func(c *call) { c.done() }},
		{"Unsubscribe", "", "", nil, func(c *call) { c.done() }},
		{"Reload", "", "", nil, (*call).reload},
		{"SetEnvironment", "as", "", []string{"assignments"}, func(c *call) { c.environment(nil, c.in.StringArray()) }},
		{"UnsetEnvironment", "as", "", []string{"names"}, func(c *call) { c.environment(c.in.StringArray(), nil) }},
		{"UnsetAndSetEnvironment", "asas", "", []string{"names", "assignments"}, func(c *call) {
			unset, set := c.in.StringArray(), c.in.StringArray()
			c.environment(unset, set)
		}},
		{"Exit", "", "", nil, func(c *call) { c.exit("exit", 0) }},
		{"SetExitCode", "y", "", []string{"number"}, (*call).setExitCode},
		{"ListUnitFiles", "", "a(ss)", []string{"unit_files"}, func(c *call) { c.listFiles(nil, nil) }},
		{"ListUnitFilesByPatterns", "asas", "a(ss)", []string{"states", "patterns", "unit_files"}, func(c *call) {
			states, patterns := c.in.StringArray(), c.in.StringArray()
			c.listFiles(states, patterns)
		}},
		{"GetUnitFileState", "s", "s", []string{"file", "state"}, (*call).fileState},
		{"EnableUnitFiles", "asbb", "ba(sss)", []string{"files", "runtime", "force", "carries_install_info", "changes"},
			(*call).enable},
		{"DisableUnitFiles", "asb", "a(sss)", []string{"files", "runtime", "changes"}, (*call).disable},
		{"GetDefaultTarget", "", "s", []string{"name"}, (*call).defaultTarget},
	}
	for _, verb := range []string{"Reexecute", "Reboot", "PowerOff", "Halt", "KExec"} {
		rows = append(rows, method{verb, "", "", nil, func(c *call) { c.exit(strings.ToLower(verb), 0) }})
	}
	return rows
}

// reload tells everybody that it began and ended, and answers when the new definitions are in force.
func (c *call) reload() {
	s := c.server
	s.reloading(true)
	s.manager.Reload(func(err error) {
		s.reloading(false)
		if err != nil {
			c.refuse(errorFailed, "%s", err.Error())
			return
		}
		c.done()
	})
}

func (s *Server) reloading(active bool) {
	s.emit(managerPath, managerInterface, "Reloading", "b", func(w *dbus.Writer) { w.Bool(active) })
}

func (c *call) environment(unset, set []string) {
	if !c.read() {
		return
	}
	for _, assignment := range set {
		name, _, ok := strings.Cut(assignment, "=")
		if !ok || !validVariable(name) {
			c.refuse(errorInvalidArgs, "Invalid environment assignments")
			return
		}
	}
	c.ask(func(id port.Request) port.Event {
		return port.EnvironmentChanged{Request: id, Unset: unset, Set: set}
	})
}

func validVariable(name string) bool {
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		return false
	}
	for _, r := range name {
		if r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return false
		}
	}
	return true
}

func (c *call) exit(verb string, status uint8) {
	if err := c.server.manager.Exit(verb, status); err != nil {
		c.refuse(errorNotSupported, "%s", err.Error())
		return
	}
	c.done()
}

func (c *call) setExitCode() {
	code := c.in.Byte()
	if c.read() {
		c.server.manager.Facts().ExitCode = code
		c.done()
	}
}

func (c *call) listFiles(states, patterns []string) {
	if !c.read() {
		return
	}
	files, err := c.server.manager.Files().List()
	if err != nil {
		c.refuse(errorFailed, "%s", err.Error())
		return
	}
	c.reply("a(ss)", func(w *dbus.Writer) {
		mark := w.OpenArray(8)
		for _, f := range files {
			name := f.Path[strings.LastIndexByte(f.Path, '/')+1:]
			if (len(states) == 0 || contains(states, f.State)) && matchesAny(name, patterns) {
				w.Struct()
				w.String(f.Path)
				w.String(f.State)
			}
		}
		w.CloseArray(mark)
	})
}

func (c *call) fileState() {
	name := c.in.String()
	if !c.read() {
		return
	}
	state, err := c.server.manager.Files().State(name)
	if err != nil {
		c.refuse("org.freedesktop.DBus.Error.FileNotFound", "%s", err.Error())
		return
	}
	c.reply("s", func(w *dbus.Writer) { w.String(state) })
}

func (c *call) enable() {
	names, runtime, force := c.in.StringArray(), c.in.Bool(), c.in.Bool()
	if !c.read() {
		return
	}
	carries, changes, err := c.server.manager.Files().Enable(names, runtime, force)
	if err != nil {
		c.refuse(errorFailed, "%s", err.Error())
		return
	}
	c.reply("ba(sss)", func(w *dbus.Writer) {
		w.Bool(carries)
		writeChanges(w, changes)
	})
}

func (c *call) disable() {
	names, runtime := c.in.StringArray(), c.in.Bool()
	if !c.read() {
		return
	}
	changes, err := c.server.manager.Files().Disable(names, runtime)
	if err != nil {
		c.refuse(errorFailed, "%s", err.Error())
		return
	}
	c.reply("a(sss)", func(w *dbus.Writer) { writeChanges(w, changes) })
}

func writeChanges(w *dbus.Writer, changes []Change) {
	mark := w.OpenArray(8)
	for _, change := range changes {
		w.Struct()
		w.String(change.Type)
		w.String(change.Path)
		w.String(change.Target)
	}
	w.CloseArray(mark)
}

func (c *call) defaultTarget() {
	name, err := c.server.manager.Files().DefaultTarget()
	if err != nil {
		c.refuse(errorFailed, "%s", err.Error())
		return
	}
	c.reply("s", func(w *dbus.Writer) { w.String(name) })
}

// String is how a client is named in causes and logs.
func (c *client) String() string { return fmt.Sprintf("uid %d pid %d", c.uid, c.pid) }
