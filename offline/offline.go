// Package offline makes units of files alone: those of this machine, or of an image below some directory.
//
// It exists so that the tools which answer without a manager (plan, verify) read the files exactly as the manager
// would. It must not know running units, and changes nothing.
package offline

import (
	"os"
	"path"
	"slices"
	"strings"

	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/host/probe"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model/directive"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/units"
)

// Options say which files. Root is the directory that stands for "/", "" for the real one. First are directories of
// unit files that go before the search path, as those of the files named on a command line do. Env is the
// environment, of which SYSTEMD_UNIT_PATH and what load.Paths names matter; nil has none.
type Options struct {
	Root  string
	User  bool
	First []string
	Last  []string // behind the search path, as what generators make
	Env   func(string) string
	// Over, if not nil, is laid over the files: units that are in no file.
	Over func(load.Files) load.Files
}

// Mode is the mode of the manager whose units these are.
func (o Options) Mode() load.Mode {
	if o.User {
		return load.User
	}
	return load.System
}

// Files is the file system that the units are in.
func (o Options) Files() files.Root { return files.Root(strings.TrimSuffix(o.Root, "/")) }

// Path is the search path.
func (o Options) Path() load.SearchPath {
	p := load.Paths(o.Mode(), o.Env)
	p.Dirs = slices.Concat(o.First, p.Dirs, o.Last)
	return p
}

// Loader makes units of the files, with the units that steward carries for machines without them. It also returns what
// is wrong with the manager's own configuration.
func (o Options) Loader() (*load.Loader, []unitfile.Diagnostic) {
	embedded := load.Embedded{Dir: "/usr/lib/steward/system", Files: units.System(), Links: units.SystemLinks()}
	if o.User {
		embedded = load.Embedded{Dir: "/usr/lib/steward/user", Files: units.User()}
	}
	defaults := directive.NewDefaults(o.User)
	bad := load.Config(o.Files(), o.Mode(), o.Env, defaults)
	var from load.Files = o.Files()
	if o.Over != nil {
		from = o.Over(from)
	}
	return load.New(load.Options{Files: from, Path: o.Path(), Embedded: embedded, Defaults: defaults,
		Machine: o.Machine()}), bad
}

// maxFact bounds the small files that tell what a machine is.
const maxFact = 64 << 10

// Machine is what specifiers tell of the root: its own names, and this machine's kernel.
func (o Options) Machine() *load.Machine {
	m := load.SystemMachine()
	facts := probe.Look()
	m.KernelRelease, m.Architecture, m.BootID = facts.KernelRelease, facts.Architecture, facts.BootID
	if o.Root == "" {
		m.MachineID, m.Hostname = facts.MachineID, facts.Hostname
	} else {
		m.MachineID, m.Hostname = o.fact("/etc/machine-id"), o.fact("/etc/hostname")
	}
	for _, name := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		if data, ok := o.read(name); ok {
			m.OSRelease, _ = load.ParseOSRelease(name, data) // a bad line there is no unit's fault
			break
		}
	}
	if !o.User || o.Env == nil {
		return &m
	}
	home := o.Env("HOME")
	config := o.Env("XDG_CONFIG_HOME")
	if config == "" {
		config = path.Join(home, ".config")
	}
	m.Home, m.UserName, m.Shell = home, o.Env("USER"), o.Env("SHELL")
	m.RuntimeDir, m.ConfigDir, m.StateDir, m.LogsDir = o.Env("XDG_RUNTIME_DIR"), config, config, path.Join(config, "log")
	m.CacheDir = o.Env("XDG_CACHE_HOME")
	if m.CacheDir == "" {
		m.CacheDir = path.Join(home, ".cache")
	}
	return &m
}

// fact is the text of a small file, "" if there is none.
func (o Options) fact(name string) string {
	data, _ := o.read(name)
	return strings.TrimSpace(string(data))
}

func (o Options) read(name string) ([]byte, bool) {
	real, _, err := load.Resolve(o.Files(), name)
	if err != nil {
		return nil, false
	}
	data, _, err := o.Files().ReadFile(real, maxFact)
	return data, err == nil
}

// Environ is the environment of this process as Options take it.
func Environ(name string) string { return os.Getenv(name) }
