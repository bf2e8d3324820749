package load

import (
	"slices"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitname"
)

// Names of units that have a meaning of their own. systemd.special(7).
const (
	rootSlice      = "-.slice"
	systemSlice    = "system.slice"
	appSlice       = "app.slice"
	initScope      = "init.scope"
	sysinitTarget  = "sysinit.target"
	basicTarget    = "basic.target"
	shutdownTarget = "shutdown.target"
	umountTarget   = "umount.target"
	dbusSocket     = "dbus.socket"
	journalSocket  = "systemd-journald.socket"
	remountService = "systemd-remount-fs.service"
	tmpfilesSetup  = "systemd-tmpfiles-setup.service"
)

// imply adds the dependencies which the manual pages promise without the files saying so: those of the type, of the
// slice, of paths, and the default ones.
func (b *builder) imply() {
	switch b.unit.Type {
	case model.TypeService:
		b.implyService()
	case model.TypeSocket:
		b.implySocket()
	case model.TypeTimer, model.TypePath:
		b.implyTrigger("Unit", ".service")
		b.implyWatchedPaths()
	case model.TypeMount:
		b.implyMount()
		b.logsByDefault(b.unit.Fragment != "")
	case model.TypeAutomount:
		b.implyAutomount()
	case model.TypeSwap:
		what, _ := b.last("What")
		b.implyDevice(what, model.BindsTo)
		b.logsByDefault(b.unit.Fragment != "")
	}
	b.implySlice()
	b.implyMounts()
	if b.unit.UnitSection.DefaultDependencies {
		b.imposeDefaults()
	}
}

// implicit adds dependencies of several kinds on one unit.
func (b *builder) implicit(name string, kinds ...model.Dependency) {
	b.stated(model.Origin{Implied: model.FromImplicit}, name, kinds...)
}

// byDefault is implicit for what DefaultDependencies=no leaves out.
func (b *builder) byDefault(name string, kinds ...model.Dependency) {
	b.stated(model.Origin{Implied: model.FromDefault}, name, kinds...)
}

func (b *builder) stated(origin model.Origin, name string, kinds ...model.Dependency) {
	name = b.catalog.Primary(name)
	for _, kind := range kinds {
		b.edges.add(kind, name, origin)
	}
}

// implyService: systemd.service(5), Implicit Dependencies, and those of systemd.exec(5).
func (b *builder) implyService() {
	s := b.unit.Service
	if s.Type == model.ServiceDBus {
		b.implicit(dbusSocket, model.Requires, model.After)
	}
	for _, socket := range s.Sockets {
		b.implicit(socket, model.Wants, model.After, model.TriggeredBy)
	}
	b.implyExec(s.Exec)
}

// implyExec: systemd.exec(5), Implicit Dependencies.
func (b *builder) implyExec(x *model.Exec) {
	if strings.HasPrefix(x.WorkingDirectory, "/") && !x.WorkingDirectoryOpt {
		b.mountsFor(x.WorkingDirectory)
	}
	b.mountsFor(x.RootDirectory)
	for _, d := range x.Directories {
		root := b.directoryRoot(d.Kind)
		if d.Kind != model.DirRuntime && len(d.Paths) > 0 && b.path.Mode == System {
			b.implicit(remountService, model.After) // not in the manual, but what the oracle does
		}
		for _, path := range d.Paths {
			if root != "" {
				b.mountsFor(root + "/" + path)
			}
		}
	}
	if b.path.Mode != System {
		return
	}
	if isOn(sandboxed(x, "PrivateTmp")) {
		b.implicit("tmp.mount", model.Wants, model.After) // as the oracle: a /tmp that is no mount is no failure
		b.mountsFor("/var/tmp")
		b.implicit(tmpfilesSetup, model.After)
	}
	if namespace := sandboxed(x, "LogNamespace"); namespace != "" {
		for _, socket := range []string{"systemd-journald@", "systemd-journald-varlink@"} {
			b.implicit(socket+unitname.Escape(namespace)+".socket", model.Requires, model.After)
		}
	} else if logs(x.Stdout.Output) || logs(x.Stderr.Output) {
		b.implicit(journalSocket, model.After)
	}
}

// logsByDefault orders a unit whose commands write to the journal, since no option says otherwise.
func (b *builder) logsByDefault(runs bool) {
	if runs && b.path.Mode == System {
		b.implicit(journalSocket, model.After)
	}
}

// logs says whether an output needs the journal.
func logs(o model.Output) bool {
	switch o {
	case model.OutputJournal, model.OutputJournalConsole, model.OutputKmsg, model.OutputKmsgConsole:
		return true
	}
	return false
}

// sandboxed is the last value of an option that is kept as written.
func sandboxed(x *model.Exec, name string) string {
	value := ""
	for _, s := range x.Sandbox {
		if s.Name == name {
			value = s.Value
		}
	}
	return value
}

// isOn reads a boolean that the directive table has checked.
func isOn(word string) bool {
	switch strings.ToLower(word) {
	case "1", "yes", "y", "true", "t", "on":
		return true
	}
	return false
}

// directoryRoot is where directories of a kind are made. systemd.exec(5), RuntimeDirectory=.
func (b *builder) directoryRoot(kind model.DirectoryKind) string {
	switch kind {
	case model.DirRuntime:
		return b.machine.RuntimeDir
	case model.DirState:
		return b.machine.StateDir
	case model.DirCache:
		return b.machine.CacheDir
	case model.DirLogs:
		return b.machine.LogsDir
	}
	return b.machine.ConfigDir
}

// implySocket: systemd.socket(5), Implicit Dependencies. With Accept=yes each connection gets an instance of its own,
// so that there is nothing to order before.
func (b *builder) implySocket() {
	for _, s := range b.private {
		if strings.HasPrefix(s.name, "Listen") && strings.HasPrefix(s.value, "/") {
			if path, err := b.ctx.Specifiers(s.value); err == nil && s.name != "ListenSpecial" {
				b.mountsFor(path)
			}
		}
	}
	if device, _ := b.last("BindToDevice"); device != "" && device != "lo" {
		if name, err := unitname.FromPath("/sys/subsystem/net/devices/"+device, ".device"); err == nil {
			b.implicit(name, model.BindsTo, model.After)
		}
	}
	if accept, _ := b.last("Accept"); !isOn(accept) {
		b.implyTrigger("Service", ".service")
	}
	b.logsByDefault(slices.ContainsFunc(b.private, func(s setting) bool { return strings.HasPrefix(s.name, "Exec") }))
}

// implyTrigger adds the unit that this one activates: the one that an option names, or else of the same name.
func (b *builder) implyTrigger(option, suffix string) {
	name, origin := b.last(option)
	if name == "" {
		name = unitname.Stem(b.unit.Name) + suffix
	}
	if origin.Path == "" {
		origin = model.Origin{Implied: model.FromImplicit}
	}
	if unitname.Valid(name, unitname.PlainForm, unitname.InstanceForm) != nil {
		return
	}
	b.stated(origin, name, model.Before, model.Triggers)
}

// implyWatchedPaths: systemd.path(5), Implicit Dependencies.
func (b *builder) implyWatchedPaths() {
	if b.unit.Type != model.TypePath {
		return
	}
	for _, s := range b.private {
		switch s.name {
		case "PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty":
			if path, err := b.ctx.Specifiers(s.value); err == nil {
				b.mountsFor(path)
			}
		}
	}
}

// implyMount: systemd.mount(5), Implicit Dependencies.
func (b *builder) implyMount() {
	if where, err := unitname.ToPath(b.unit.Name); err == nil && where != "/" {
		b.mountsFor(parent(where))
	}
	what, _ := b.last("What")
	if strings.HasPrefix(what, "/") && !strings.HasPrefix(what, "/dev/") {
		b.mountsFor(what)
	}
	b.implyDevice(what, model.BindsTo)
}

// implyAutomount: systemd.automount(5), Implicit Dependencies.
func (b *builder) implyAutomount() {
	if where, err := unitname.ToPath(b.unit.Name); err == nil && where != "/" {
		b.mountsFor(parent(where))
	}
	b.implicit(unitname.Stem(b.unit.Name)+".mount", model.Before, model.Triggers)
}

// implyDevice binds a unit to the device it stands on.
func (b *builder) implyDevice(path string, kind model.Dependency) {
	if !strings.HasPrefix(path, "/dev/") {
		return
	}
	if name, err := unitname.FromPath(path, ".device"); err == nil {
		b.implicit(name, kind, model.After)
	}
}

// implySlice puts the unit into its slice. systemd.slice(5); systemd.resource-control(5), Slice=.
func (b *builder) implySlice() {
	slice := b.slice()
	if slice == "" {
		return
	}
	b.stated(model.Origin{Implied: model.FromSlice}, slice, model.InSlice, model.Requires, model.After)
}

// slice is the name of the slice a unit is in, "" for types that have no processes and for the root.
func (b *builder) slice() string {
	u := b.unit
	stated := ""
	switch u.Type {
	case model.TypeSlice:
		over, err := unitname.SliceParent(u.Name)
		if err != nil {
			return ""
		}
		return over
	case model.TypeService:
		stated = u.Service.Control.Slice
	case model.TypeScope:
		stated = u.Scope.Control.Slice
	case model.TypeSocket, model.TypeMount, model.TypeSwap:
		stated, _ = b.last("Slice")
	default:
		return ""
	}
	switch {
	case stated != "":
		return stated
	case u.Name == initScope, b.isExtrinsic():
		return rootSlice
	}
	own := systemSlice
	if b.path.Mode == User {
		own = appSlice
	}
	if unitname.IsInstance(u.Name) {
		return unitname.Stem(own) + "-" + unitname.Escape(unitname.Prefix(u.Name)) + ".slice"
	}
	return own
}

// isExtrinsic says whether a unit is not the manager's to begin and end: what the system came up with, and in a user
// manager whatever is mounted.
func (b *builder) isExtrinsic() bool {
	u := b.unit
	if u.Type != model.TypeMount && u.Type != model.TypeSwap {
		return false
	}
	if b.path.Mode == User {
		return true
	}
	where, err := unitname.ToPath(u.Name)
	if err != nil || u.Type == model.TypeSwap {
		return false
	}
	for _, top := range []string{"/dev", "/proc", "/sys", "/run/initramfs"} {
		if where == top || strings.HasPrefix(where, top+"/") {
			return true
		}
	}
	return where == "/" || where == "/etc" || where == "/usr"
}

// mountsFor records that the unit needs a path.
func (b *builder) mountsFor(path string) {
	if strings.HasPrefix(path, "/") {
		b.paths = append(b.paths, path)
	}
}

// implyMounts orders the unit after the mount units of every path it needs. systemd.unit(5), RequiresMountsFor=.
func (b *builder) implyMounts() {
	for _, path := range append(b.unit.RequiresMountsFor, b.paths...) {
		path = Clean(path)
		for end := 1; end <= len(path); end++ {
			if end < len(path) && path[end] != '/' && end > 1 {
				continue
			}
			b.implyMountAt(path[:end])
		}
	}
}

func (b *builder) implyMountAt(path string) {
	name, err := unitname.FromPath(path, ".mount")
	if err != nil {
		return
	}
	if f, ok := b.catalog.Lookup(name); ok && !f.Masked {
		b.stated(model.Origin{Implied: model.FromMountsFor}, name, model.Requires, model.After)
	}
}

// imposeDefaults adds what DefaultDependencies=no leaves out; each type's page has it under "Default Dependencies".
func (b *builder) imposeDefaults() {
	switch b.unit.Type {
	case model.TypeService:
		if b.path.Mode == System {
			b.byDefault(sysinitTarget, model.Requires, model.After)
		} else {
			b.byDefault(basicTarget, model.Requires)
		}
		b.byDefault(basicTarget, model.After)
	case model.TypeSocket:
		b.early("sockets.target")
	case model.TypeTimer:
		b.early("timers.target")
		b.afterClock()
	case model.TypePath:
		b.early("paths.target")
	case model.TypeMount:
		b.defaultMount()
		return
	case model.TypeAutomount:
		b.byDefault("local-fs-pre.target", model.After)
		b.byDefault("local-fs.target", model.Before)
		b.byDefault(umountTarget, model.Before, model.Conflicts)
		return
	case model.TypeSwap:
		b.byDefault("swap.target", model.Before)
		b.byDefault(umountTarget, model.Before, model.Conflicts)
		return
	case model.TypeDevice:
		return
	}
	b.byDefault(shutdownTarget, model.Before, model.Conflicts)
}

// early is for units that are up before the services: they go before the target of their type.
func (b *builder) early(target string) {
	b.byDefault(target, model.Before)
	if b.path.Mode == System {
		b.byDefault(sysinitTarget, model.Requires, model.After)
	}
}

// afterClock: timers of the wall clock wait for it to be set.
func (b *builder) afterClock() {
	if calendar, _ := b.last("OnCalendar"); calendar != "" && b.path.Mode == System {
		b.byDefault("time-sync.target", model.After)
		b.byDefault("time-set.target", model.After)
	}
}

// defaultMount: systemd.mount(5), Default Dependencies. The root and /usr are never unmounted.
func (b *builder) defaultMount() {
	if b.unit.Name == "-.mount" || b.unit.Name == "usr.mount" || b.path.Mode != System {
		return
	}
	options, _ := b.last("Options")
	kind, _ := b.last("Type")
	pre, target := "local-fs-pre.target", "local-fs.target"
	if hasOption(options, "_netdev") || isNetwork(kind) {
		pre, target = "remote-fs-pre.target", "remote-fs.target"
		b.byDefault("network.target", model.After)
		b.byDefault("network-online.target", model.Wants, model.After)
	}
	b.byDefault(pre, model.After)
	if !hasOption(options, "nofail") {
		b.byDefault(target, model.Before)
	}
	b.byDefault(umountTarget, model.Before, model.Conflicts)
}

// hasOption looks for a word in mount options.
func hasOption(options, word string) bool {
	for option := range strings.SplitSeq(options, ",") {
		if option == word {
			return true
		}
	}
	return false
}

// isNetwork says whether a type of file system is reached by the network.
func isNetwork(kind string) bool {
	kind = strings.TrimPrefix(kind, "fuse.")
	switch kind {
	case "afs", "ceph", "cifs", "gfs", "gfs2", "glusterfs", "lustre", "ncp", "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs",
		"pvfs2", "smb3", "smbfs", "sshfs", "davfs":
		return true
	}
	return false
}
