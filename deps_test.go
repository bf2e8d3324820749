package steward_test

// importPolicy says which package of this module may import which, in the notation of go/build/deps_test.go:
//
//	a, b < c, d;
//
// reads "c and d may import a and b, and everything a and b may import". A chain a < b < c is short for a < b; b < c.
// NONE stands for no package of ours, and a !< b asserts that b can not reach a by any of the other lines.
//
// It is a statement of policy: a change here changes the architecture, so don't edit it to fix a build. A line may name
// a package that is still to be written. Tests may import what they like.
const importPolicy = `
# Bytes and values: no policy, no operating system, nothing of each other's but what is named here.
NONE < sys;
NONE < rootfs;
NONE < syntax/unitfile, syntax/unitname, syntax/span, syntax/glob, syntax/exitstatus, syntax/recorded,
syntax/version, syntax/syscalls, syntax/filesystems;
NONE < syntax/id128, syntax/architecture;
syntax/version < syntax/disk;
NONE < syntax/ellipsis < journal/output, applet/manager;
syntax/unitfile < syntax/words;
syntax/span < syntax/quantity;
NONE < wire/dbus, wire/varlink, wire/notify;
syntax/span < syntax/calendar;

# What a unit is.
syntax/unitfile, syntax/words, syntax/unitname, syntax/span, syntax/quantity, syntax/glob, syntax/exitstatus,
syntax/calendar, syntax/version, syntax/syscalls, syntax/filesystems
< model < model/dependency;
model/dependency, wire/dbus < model/directive;

# From files to complete units.
model/directive < load < install;
model/directive < lint;
load < host/files;
NONE < units;

# What files a system wants: the meaning of lines, pure, then doing it.
syntax/words, syntax/quantity, syntax/span < tmpfiles;
tmpfiles, syntax/glob, sys < tmpfiles/apply;

# The manager, pure.
model, wire/notify < engine/port;
engine/port, model/dependency < engine/kind, engine/transaction;
engine/kind, engine/transaction, model/directive < engine;

# Files below a root that is not to be trusted, and a root that is in a disk image.
rootfs < host/files, host/process, tmpfiles/apply, sysusers, applet/systemctl;
rootfs, sys, syntax/disk, syntax/architecture < image;
syntax/disk, syntax/architecture < image/fixture;

# Logs.
sys < journal/file < journal/query, journal/output, journal/ingest;

# The world. Nothing below host knows the engine, and each part of host knows only its own facility.
wire/dbus, sys < wire/dbus/transport;
sys < wire/dbus/transport/transporttest;
model/directive, sys < sandbox;
engine/port, model/directive, sys, wire/notify
< host/process, host/cgroup, host/mount, host/device, host/clock, host/watch, host/listen, host/inbox,
  host/credential, host/boot, host/shutdown, host/keeper, host/probe, host/condition;
sandbox < host/process, host/boot;
sys < host/virtualization < host/probe, host/condition;
syntax/architecture < host/probe;
sys, syntax/id128 < host/machineid;
host/clock, journal/file, journal/ingest < host/output;
engine, load,
host/process, host/cgroup, host/mount, host/device, host/clock, host/watch, host/listen, host/inbox,
host/credential, host/boot, host/shutdown, host/keeper, host/probe, host/files,
host/condition, host/output
< host;

# What a command would do, and units without a manager.
engine, install < plan;
load, units, host/files, host/probe < offline;
plan, offline, lint, rootfs < verify;

# The bus. It meets host only in applet/manager.
engine, install, plan, wire/dbus/transport < bus;

# The library for daemons, and those who show how it is used.
wire/notify < sdk < example/satellite;

# Proof: virtual time, the specification as text, the oracle beside us, throw-away machines.
engine, load < sim < sim/explore;
NONE < scenario;
sys < machine < machine/debian;
NONE < machine/vm;
sim, machine, wire/dbus/transport, scenario < conform;
sim, machine, wire/dbus/transport, journal/query < bench;
NONE < bench/payload/word;
model/directive, engine/kind, bus, lint < gen;
machine, wire/dbus < gen/oracle;

# Commands. Clients see no engine and no host.
NONE < applet/ui < applet;
applet, syntax/unitname < applet/escape;
applet/ui < applet/beside;
applet, syntax/id128, syntax/architecture, syntax/disk, host/machineid < applet/id128;
image < applet/systemctl, applet/analyze, applet/plan, applet/sysusers, applet/tmpfiles, applet/machineidsetup;
applet, load, syntax/architecture, sys < applet/path;
applet, syntax/quantity, host/virtualization < applet/detectvirt;
syntax/words < sysusers;
applet, sysusers, host/machineid, load, syntax/architecture < applet/sysusers;
rootfs, host/virtualization < host/machineid < host/boot;
syntax/words, syntax/quantity, sys < host/cmdline < host/condition, host/boot;
applet, syntax/quantity < applet/delta;
applet, host/machineid < applet/machineidsetup;
applet, wire/notify, sys, sdk < applet/notify;
applet, tmpfiles/apply, syntax/architecture, host/machineid < applet/tmpfiles;
applet, install, units, host/files, wire/dbus/transport, journal/query, journal/output
< applet/systemctl, applet/journalctl, applet/analyze, applet/run, applet/cat, applet/busctl;
applet, wire/dbus/transport < applet/connect;
syntax/unitname < sysv;
applet, sysv, load, host/files < applet/sysvgenerator;
applet, sysv, rootfs < applet/sysvinstall;
verify, applet/connect < applet/analyze;
plan, offline, applet/connect < applet/plan;
applet/connect < applet/systemctl;
host/condition, host/probe, rootfs < applet/analyze;
applet, journal/ingest, wire/varlink, sys < applet/journald;
applet, sandbox < applet/sandbox;
applet, host/process < applet/remover;
applet, host, bus, units, sdk, journal/ingest < applet/manager;
applet/id128, applet/path, applet/detectvirt, applet/tmpfiles < applet/all;
applet/sysusers, applet/delta, applet/machineidsetup < applet/all;
applet, model/directive < applet/manual < applet/complete < applet/all;
applet/all < gen;
applet/escape, applet/notify, applet/systemctl, applet/journalctl, applet/analyze, applet/run, applet/cat,
applet/busctl, applet/journald, applet/sandbox, applet/remover,
applet/manager, applet/sysvgenerator, applet/sysvinstall, applet/plan
< applet/all < cmd/steward;

sys !< engine;
sys !< load;
host !< engine;
bus !< engine;
host !< bus;
bus !< host;
host !< sim;
engine !< sandbox;
engine !< applet/systemctl;
engine !< applet/escape;
engine !< sdk;
`

// modulePolicy says which packages may import which packages of other modules: "package: importers", where dir/...
// stands for a package and all below it. A new module needs a note in docs/decisions. Tests may import what they like.
const modulePolicy = `
golang.org/x/sys/unix: sys rootfs verify tmpfiles/apply sysusers sandbox host/... journal/... sdk
golang.org/x/sys/unix: wire/dbus/transport/...
golang.org/x/sys/unix: image applet/... machine machine/vm bench/...
github.com/dchest/siphash: journal/...
github.com/spf13/pflag: applet/... gen/... bench/...
`

// pureTrees are the packages that must stay functions of their arguments, with the imports that each may still have
// of those that purity forbids.
var pureTrees = map[string][]string{
	"syntax":         nil,
	"wire/dbus":      nil,
	"wire/notify":    nil,
	"wire/varlink":   nil,
	"model":          nil,
	"load":           {"io/fs"},
	"engine":         nil,
	"journal/ingest": nil,
	"tmpfiles":       nil,
}

// notPure are packages inside those trees that are about connections on purpose.
var notPure = []string{"wire/dbus/transport", "wire/dbus/transport/transporttest", "tmpfiles/apply"}

// impureImports are what a pure package may not import: each is a way to the clock, the kernel or chance.
var impureImports = []string{
	"io/fs", "io/ioutil", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "net", "net/http", "os",
	"os/exec", "os/signal", "os/user", "runtime/debug", "syscall",
}

// impureTime are the names of package time that read or wait for the clock.
var impureTime = []string{"Now", "Since", "Until", "After", "AfterFunc", "Sleep", "Tick", "NewTimer", "NewTicker"}

// stepCallers are the only packages that may call a method named Step of the engine: one owner in production, one in
// the simulator; a plan has an engine of its own, in which nothing runs.
var stepCallers = []string{"host", "sim", "sim/explore", "plan", "engine"}

// unsafeImporters are the only packages that may import unsafe.
var unsafeImporters = []string{"sys"}
