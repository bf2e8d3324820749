package manager

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/host"
	"github.com/steward-init/steward/host/boot"
	"github.com/steward-init/steward/host/cgroup"
	"github.com/steward-init/steward/host/clock"
	"github.com/steward-init/steward/host/cmdline"
	"github.com/steward-init/steward/host/condition"
	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/host/inbox"
	"github.com/steward-init/steward/host/output"
	"github.com/steward-init/steward/host/probe"
	"github.com/steward-init/steward/host/process"
	"github.com/steward-init/steward/host/virtualization"
	"github.com/steward-init/steward/host/watch"
	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/journal/ingest"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/sys"
	"github.com/steward-init/steward/units"
)

// process makes this process fit to manage others: a subreaper with enough descriptors.
func (m *Manager) process() error {
	unix.Umask(0)
	if m.pid1 {
		m.prepare()
	} else if err := sys.SetSubreaper(); err != nil {
		return err
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err == nil {
		limit.Cur = limit.Max
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) // best effort: fewer streams then
	}
	return nil
}

// prepare is what only the first process does to the machine.
func (m *Manager) prepare() {
	told := func(err error) {
		if err != nil {
			m.stderr("%v", err)
		}
	}
	told(boot.Mount())
	_, inContainer := virtualization.Here().Detect()
	m.kernel.line = cmdline.Read(inContainer)
	if !inContainer {
		boot.MountMachine()
		told(boot.Clock(m.kernel.line))
	}
	told(boot.Hostname(m.kernel.line))
	var err error
	m.firstBoot, err = boot.MachineID(m.kernel.line)
	told(err)
	if m.firstBoot {
		if err = os.MkdirAll(filepath.Dir(condition.FirstBoot), 0o755); err == nil {
			err = os.WriteFile(condition.FirstBoot, nil, 0o644)
		}
		told(err)
	}
}

// dirs are where the manager keeps what lives as long as it does.
type dirs struct {
	base    string // /run or $XDG_RUNTIME_DIR
	runtime string // base/systemd
	journal string
}

// findDirs makes the runtime directory. A user manager without $XDG_RUNTIME_DIR gets one that nobody else can enter.
func findDirs(o options) (dirs, error) {
	d := dirs{base: "/run"}
	if o.user {
		d.base = os.Getenv("XDG_RUNTIME_DIR")
		if d.base == "" {
			d.base = fmt.Sprintf("/run/user/%d", os.Geteuid())
			if unix.Access(d.base, unix.W_OK) != nil {
				d.base = filepath.Join(os.TempDir(), fmt.Sprintf("steward-%d", os.Geteuid()))
			}
		}
	}
	if o.runtimeDir != "" {
		d.base = o.runtimeDir
	}
	if o.user || o.runtimeDir != "" {
		if err := ownDirectory(d.base); err != nil {
			return d, err
		}
	}
	d.runtime = filepath.Join(d.base, "systemd")
	err := os.MkdirAll(filepath.Join(d.runtime, map[bool]string{true: "user", false: "system"}[o.user]), 0o755)
	return d, err
}

// ownDirectory makes a directory that must be ours alone: sockets in it are trusted.
func ownDirectory(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Geteuid() {
		return fmt.Errorf("%s: not a directory of this user", path)
	}
	return nil
}

// environment is the block that units inherit. systemd.exec(5), ENVIRONMENT VARIABLES IN SPAWNED PROCESSES.
func (m *Manager) environment() {
	if m.options.user {
		m.env = slices.DeleteFunc(os.Environ(), func(entry string) bool {
			name, _, _ := strings.Cut(entry, "=")
			return slices.Contains([]string{"NOTIFY_SOCKET", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "WATCHDOG_PID",
				"WATCHDOG_USEC", "INVOCATION_ID", "JOURNAL_STREAM", "MANAGERPID", "SYSTEMD_EXEC_PID", "MAINPID", "_", "SHLVL",
				"OLDPWD", "PWD"}, name)
		})
		if os.Getenv("XDG_RUNTIME_DIR") == "" {
			m.env = append(m.env, "XDG_RUNTIME_DIR="+m.dirs.base)
		}
		return
	}
	m.env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	if m.kernel.locale != nil {
		m.env = append(m.env, m.kernel.locale...)
	} else {
		m.env = append(m.env, locale()...)
	}
	for _, assignment := range m.kernel.setenv {
		m.env = words.SetVariable(m.env, assignment)
	}
	slices.Sort(m.env) // as systemctl show-environment shows it
}

// localeNames are the variables of locale.conf(5).
var localeNames = []string{"LANG", "LANGUAGE", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY",
	"LC_MESSAGES", "LC_PAPER", "LC_NAME", "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT", "LC_IDENTIFICATION"}

// locale are the variables that /etc/locale.conf sets, on Debian /etc/default/locale, or else those that this process
// was given, or else plain UTF-8.
func locale() []string {
	for _, path := range []string{"/etc/locale.conf", "/etc/default/locale"} {
		data, err := sys.ReadFile(path, 64<<10)
		if err != nil {
			continue
		}
		entries, _ := words.ParseEnvFile(path, data) // a bad line there is no reason to say nothing of the others
		entries = slices.DeleteFunc(entries, func(entry string) bool {
			name, value, _ := strings.Cut(entry, "=")
			return value == "" || !slices.Contains(localeNames, name)
		})
		if len(entries) > 0 {
			return entries
		}
	}
	var list []string
	for _, name := range localeNames {
		if value := os.Getenv(name); value != "" {
			list = append(list, name+"="+value)
		}
	}
	if len(list) == 0 {
		return []string{"LANG=C.UTF-8"} // what systemd has where nothing is said
	}
	return list
}

// openOutput begins the log. Without a place to write, messages still reach the standard error.
func (m *Manager) openOutput() error {
	m.dirs.journal = m.journalDir()
	c := output.Config{MaxLevel: level(m.options.logLevel), Echo: m.echo()}
	if err := os.MkdirAll(m.dirs.journal, 0o755); err != nil {
		m.stderr("no journal: %v", err)
	} else {
		w, err := file.Open(file.Config{Dir: m.dirs.journal, Name: m.journalName(), MachineID: m.machineID()})
		if err != nil {
			m.stderr("no journal: %v", err)
		} else {
			c.Writer = w
		}
	}
	copy(c.BootID[:], unhex(m.facts.BootID))
	c.Host = ingest.Host{MachineID: m.machineID(), BootID: c.BootID, Hostname: m.facts.Hostname, User: m.options.user}
	c.Manager = ingest.Process{PID: os.Getpid(), UID: uint32(os.Geteuid()), GID: uint32(os.Getegid()), Comm: "systemd"}
	if exe, err := os.Executable(); err == nil {
		c.Manager.Exe = exe
	}
	c.Manager.CommandLine = words.JoinShell(os.Args)
	c.Manager.Unit = initScope
	if m.options.user {
		c.Manager.Unit, c.Manager.UserUnit = fmt.Sprintf("user@%d.service", os.Geteuid()), initScope
	}
	c.Identify = m.identifyWriter
	var err error
	m.output, err = output.Open(c)
	return err
}

// journalDir is where journalctl looks, or for a manager that may not write there a folder of its own.
func (m *Manager) journalDir() string {
	if m.options.user || m.options.runtimeDir != "" {
		return filepath.Join(m.dirs.base, "steward", "journal", m.machineID().String())
	}
	return file.SystemFolder(m.machineID())
}

func (m *Manager) journalName() string {
	if m.options.user {
		return fmt.Sprintf("user-%d", os.Geteuid())
	}
	return "system"
}

// machineID is the machine's, or where it has none the boot's: a journal file must carry one.
func (m *Manager) machineID() file.ID {
	var id file.ID
	if copy(id[:], unhex(m.facts.MachineID)) == 0 {
		copy(id[:], unhex(m.facts.BootID))
	}
	return id
}

func unhex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}

// configure makes the loader.
func (m *Manager) configure() {
	embedded := load.Embedded{Dir: "/usr/lib/steward/system", Files: units.System(), Links: units.SystemLinks()}
	if m.options.user {
		embedded = load.Embedded{Dir: "/usr/lib/steward/user", Files: units.User()}
	}
	var provided []load.Embedded
	if m.servesJournal() {
		provided = append(provided, load.Embedded{Dir: units.ProvidedDir, Files: units.Provided()})
	}
	if !m.options.user && !m.pid1 {
		provided = append(provided, load.Embedded{Dir: units.RunningDir, Files: units.Running()})
	}
	m.told = map[unitfile.Pos]bool{}
	m.unitFiles = m.newUnitFiles(embedded)
	m.loader = load.New(load.Options{Defaults: m.defaults, Files: files.Root(""), Path: m.paths(),
		Embedded: embedded, Provided: provided, Machine: m.machine(), Parallel: parallel,
		Mounted: m.mountedAt, Watcher: watch.NewTree()})
}

// kernelLimits are those that the manager itself runs under.
func kernelLimits() []model.Rlimit {
	var list []model.Rlimit
	for i := quantity.CPU; i <= quantity.RTTime; i++ {
		if soft, hard, err := sys.Rlimit(int(i)); err == nil {
			list = append(list, model.Rlimit{Resource: uint8(i), Soft: soft, Hard: hard})
		}
	}
	return list
}

// parallel spreads the reading of files over the processors.
func parallel(n int, f func(int)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	next := 0
	for range workers {
		group.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= n {
					return
				}
				f(i)
			}
		})
	}
	group.Wait()
}

// machine gathers what specifiers tell.
func (m *Manager) machine() *load.Machine {
	f := load.SystemMachine()
	f.Shell = process.RootShell()
	f.MachineID, f.BootID, f.Hostname = m.facts.MachineID, m.facts.BootID, m.facts.Hostname
	f.KernelRelease, f.Architecture = m.facts.KernelRelease, m.facts.Architecture
	if data, err := os.ReadFile(m.facts.OSRelease); err == nil {
		f.OSRelease, _ = load.ParseOSRelease(m.facts.OSRelease, data) // a bad line there is no unit's fault
	}
	if dir := temporary(); dir != "" {
		f.TempDir, f.LongTemp = dir, dir
	}
	if !m.options.user {
		return &f
	}
	home := os.Getenv("HOME")
	xdg := func(name, below string) string {
		if value := os.Getenv(name); value != "" {
			return value
		}
		return filepath.Join(home, below)
	}
	config := xdg("XDG_CONFIG_HOME", ".config") // state and logs too: systemd.unit(5), %S and %L, of version 252
	f.RuntimeDir, f.StateDir, f.LogsDir = m.dirs.base, config, filepath.Join(config, "log")
	f.CacheDir, f.ConfigDir = xdg("XDG_CACHE_HOME", ".cache"), config
	f.Home, f.Shell, f.UID, f.GID = home, os.Getenv("SHELL"), strconv.Itoa(os.Getuid()), strconv.Itoa(os.Getgid())
	if own, err := user.Current(); err == nil {
		f.UserName = own.Username
		if group, err := user.LookupGroupId(own.Gid); err == nil {
			f.GroupName = group.Name
		}
	}
	return &f
}

func (m *Manager) engineConfig() engine.Config {
	c := engine.Config{User: m.options.user, Environment: m.env, Trace: m.newTrace()}
	m.tracing = c.Trace != nil
	binary.NativeEndian.PutUint64(c.Seed[:], uint64(clock.Now().Realtime))
	binary.NativeEndian.PutUint64(c.Seed[8:], uint64(os.Getpid()))
	return c
}

// attach gives the loop its world.
func (m *Manager) attach() error {
	box, err := inbox.Open(filepath.Join(m.dirs.runtime, "notify"))
	if err != nil {
		return err
	}
	streams := &host.Streams{Output: m.output, User: m.options.user, UID: os.Geteuid(), Group: m.groupFor,
		Invoked: func(unit, id string, extra []string) { m.invocations.Store(unit, invocation{id, extra}) }}
	machine := m.machine()
	if m.pid1 && m.shown.Load() == statusAll {
		toConsole(welcome(cmp.Or(machine.OSRelease["PRETTY_NAME"], machine.OSRelease["NAME"], "Linux")))
	}
	m.launcher, err = process.NewLauncher(process.Launcher{User: m.options.user, NotifySocket: box.Path, Streams: streams,
		Handed: m.handed,
		Roots: [model.DirectoryKinds]string{machine.RuntimeDir, machine.StateDir, machine.CacheDir, machine.LogsDir,
			machine.ConfigDir},
		SearchPath: strings.Split("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", ":")})
	if err != nil {
		return err
	}
	checker := &condition.Checker{User: m.options.user, Architecture: m.facts.Architecture,
		Virtualization: m.facts.Virtualization, Container: m.facts.Container, MachineID: m.facts.MachineID,
		Hostname: probe.Hostname, Environment: func() []string { return m.loop.Engine.Environment() },
		CommandLine: m.kernel.line, FirstBoot: condition.FirstBoot}
	if !m.pid1 {
		checker.CommandLine = cmdline.Read(m.facts.Container)
	}
	if m.groups != nil {
		checker.Controllers = m.groups.Controllers()
		checker.Group = func(slice string) string { return m.groups.Dir(cgroup.Path(cgroup.Slices(slice), "")) }
	}
	m.world, err = m.loop.Attach(host.Config{Launcher: m.launcher, Groups: m.groups, Inbox: box, Output: m.output,
		Checker: checker, Act: func(a port.Act) { m.act(a) }})
	m.world.Ingest = m.ingest
	return err
}

// groupFor is the control group that a unit's processes belong to, "" where there are none.
func (m *Manager) groupFor(u *model.Unit) string {
	if m.groups == nil {
		return ""
	}
	return m.groups.Root() + "/" + host.GroupOf(u)
}

// temporary is where the environment wants temporary files, "" for the usual places. systemd.unit(5), %T and %V.
func temporary() string {
	for _, name := range []string{"TMPDIR", "TEMP", "TMP"} {
		dir := os.Getenv(name)
		if info, err := os.Stat(dir); filepath.IsAbs(dir) && err == nil && info.IsDir() {
			return filepath.Clean(dir)
		}
	}
	return ""
}
