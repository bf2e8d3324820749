package load_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/words"
)

// TestImpliedEdges holds what the manual pages promise under AUTOMATIC DEPENDENCIES; the same was compared with the
// oracle on every unit of Debian.
func TestImpliedEdges(t *testing.T) {
	const run = "[Service]\nExecStart=/bin/true\n"
	const shutdown = " Before=shutdown.target Conflicts=shutdown.target"
	const service = " Requires=sysinit.target After=sysinit.target After=basic.target" + shutdown
	const inSlice = " Slice=system.slice Requires=system.slice After=system.slice"
	const journal = " After=systemd-journald.socket"
	for _, c := range []struct {
		mode             load.Mode
		name, text, want string
	}{
		{load.System, "a.service", run, journal + inSlice + service},
		{load.User, "a.service", run, " Slice=app.slice Requires=app.slice After=app.slice Requires=basic.target" +
			" After=basic.target" + shutdown},
		{load.System, "a.service", "[Unit]\nDefaultDependencies=no\n" + run, journal + inSlice},
		{load.System, "a.service", run + "Slice=b.slice\nStandardOutput=null\nStandardError=null\n",
			" Slice=b.slice Requires=b.slice After=b.slice" + service},
		{load.System, "a.service", run + "StandardInput=tty\n", inSlice + service},
		{load.System, "t-u@i.service", run, journal + strings.ReplaceAll(inSlice, "system", `system-t\x2du`) + service},
		{load.System, "a.service", run + "Type=dbus\nBusName=a.b\n", " Requires=dbus.socket After=dbus.socket" + journal +
			inSlice + service},
		{load.System, "a.service", run + "StateDirectory=x\n", " After=systemd-remount-fs.service" + journal + inSlice +
			" Requires=var.mount After=var.mount" + service},
		{load.System, "a.service", run + "PrivateTmp=yes\n", " Wants=tmp.mount After=tmp.mount" +
			" After=systemd-tmpfiles-setup.service" + journal + inSlice + " Requires=var.mount After=var.mount" + service},
		{load.System, "a.service", "[Unit]\nRequiresMountsFor=/var/x\n" + run, journal + inSlice +
			" Requires=var.mount After=var.mount" + service},
		{load.System, "a.service", "[Unit]\nAfter=a.service b.service b.service\n" + run, " After=b.service" + journal +
			inSlice + service},
		{load.System, "a-b.slice", "[Unit]\n", " Slice=a.slice Requires=a.slice After=a.slice" + shutdown},
		{load.System, "-.slice", "[Unit]\n", ""},
		{load.System, "a.target", "[Unit]\n", shutdown},
		{load.System, "a.socket", "[Socket]\nListenStream=1\n", " Before=a.service Triggers=a.service" + inSlice +
			" Before=sockets.target Requires=sysinit.target After=sysinit.target" + shutdown},
		{load.System, "a.socket", "[Socket]\nListenStream=1\nAccept=yes\n", inSlice + " Before=sockets.target" +
			" Requires=sysinit.target After=sysinit.target" + shutdown},
		{load.System, "a.timer", "[Timer]\nOnCalendar=daily\nUnit=b.target\n", " Before=b.target Triggers=b.target" +
			" Before=timers.target Requires=sysinit.target After=sysinit.target After=time-sync.target" +
			" After=time-set.target" + shutdown},
		{load.System, "a.path", "[Path]\nPathExists=/var/x\n", " Before=a.service Triggers=a.service" +
			" Requires=var.mount After=var.mount Before=paths.target Requires=sysinit.target After=sysinit.target" +
			shutdown},
		{load.System, "var-x.mount", "[Mount]\nWhat=/dev/x\nWhere=/var/x\n", " BindsTo=dev-x.device After=dev-x.device" +
			journal + inSlice + " Requires=var.mount After=var.mount After=local-fs-pre.target Before=local-fs.target" +
			" Before=umount.target Conflicts=umount.target"},
	} {
		file := c.name
		if strings.Contains(file, "@") {
			file = "t-u@.service"
		}
		dir := "/etc/systemd/" + c.mode.String() + "/"
		m := memory(dir+"var.mount", "[Mount]\nWhat=x\n", dir+file, c.text)
		u := load.New(load.Options{Files: m, Path: load.Paths(c.mode, nil)}).Unit(c.name)
		got := ""
		for _, e := range u.Edges {
			got += fmt.Sprintf(" %s=%s", e.Kind, e.Unit)
		}
		if got != c.want || u.Load != model.LoadLoaded {
			t.Errorf("%s %q is %s %v:\ngot  %s\nwant %s", c.name, c.text, u.Load, u.LoadError, got, c.want)
		}
	}
}

// TestRefusals: what can't be run is refused in the words of systemd.
func TestRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"[Service]\n": "Service has no ExecStart=, ExecStop=, or SuccessAction=. Refusing.",
		"[Service]\nType=simple\nExecStop=/a\n": "Service has no ExecStart= setting, which is only allowed for" +
			" Type=oneshot services. Refusing.",
		"[Service]\nExecStop=/a\n": "Service has no ExecStart= and no SuccessAction= settings and does not have" +
			" RemainAfterExit=yes set. Refusing.",
		"[Service]\nExecStart=/a\nExecStart=/b\n": "Service has more than one ExecStart= setting, which is only allowed" +
			" for Type=oneshot services. Refusing.",
		"[Service]\nType=oneshot\nExecStart=/a\nRestart=always\n": "Service has Restart= set to either always or" +
			" on-success, which isn't allowed for Type=oneshot services. Refusing.",
		"[Service]\nType=dbus\nExecStart=/a\n": "Service is of type D-Bus but no D-Bus service name has been" +
			" specified. Refusing.",
		"[Unit]\nOnFailure=b.service c.service\nOnFailureJobMode=isolate\n[Service]\nExecStart=/a\n": "More than one" +
			" OnFailure= dependencies specified but OnFailureJobMode=isolate set. Refusing.",
		"[Service]\nExecStart=a/b\n": etc + "a.service:2:11: error: ExecStart=: Neither a valid executable name nor an" +
			" absolute path: a/b",
		// As another user than its author meant, or as root, nothing is ever run.
		"[Service]\nExecStart=/a\nUser=no:such\n":  `a.service:3:6: error: User=: "no:such" is not a valid user or group`,
		"[Service]\nExecStart=/a\nUser=%z\n":       "a.service:3:6: error: User=: cannot resolve the specifiers in",
		"[Service]\nExecStart=/a\nGroup=a/b\n":     "a.service:3:7: error: Group=: ",
		"[Service]\nExecStart=/a\nDynamicUser=x\n": "a.service:3:13: error: DynamicUser=: ",
		"[Service]\nExecStart=/a\nSupplementaryGroups=ok a:b\n": "a.service:3:21: error: SupplementaryGroups=: " +
			`"a:b" is not a valid group`,
		"[Service]\nExecStart=/a\nRootDirectory=a\n":    "a.service:3:15: error: RootDirectory=: ",
		"[Service]\nExecStart=/a\nRootImage=a\n":        "a.service:3:11: error: RootImage=: ",
		"[Service]\nExecStart=/a\nWorkingDirectory=a\n": "a.service:3:18: error: WorkingDirectory=: ",
	} {
		u := loader(memory(etc+"a.service", text)).Unit("a.service")
		if u.Load != model.LoadBadSetting || !strings.Contains(u.LoadError.Message, want) ||
			!strings.HasSuffix(u.LoadError.Error, ".BadUnitSetting") {
			t.Errorf("%q: %s %+v, want %s", text, u.Load, u.LoadError, want)
		}
	}
}

// TestPassedOver: what has no effect but does no harm is told, and the unit runs.
func TestPassedOver(t *testing.T) {
	for _, line := range []string{"WorkingDirectory=-a", "WorkingDirectory=-%z", `SupplementaryGroups="a`, "Nice=x",
		"PrivateTmp=x"} {
		u := loader(memory(etc+"a.service", "[Service]\nExecStart=/a\n"+line+"\n")).Unit("a.service")
		if u.Load != model.LoadLoaded || len(u.Diagnostics) == 0 || u.Diagnostics[0].Severity != unitfile.Warning {
			t.Errorf("%s: %s %v", line, u.Load, u.Diagnostics)
		}
	}
}

func TestPerpetual(t *testing.T) {
	l := loader(memory())
	for _, name := range load.Perpetual(load.System) {
		if u := l.Unit(name); !u.Perpetual || u.Load != model.LoadLoaded || u.UnitSection.DefaultDependencies {
			t.Errorf("%s: %+v", name, u)
		}
	}
	if u := l.Unit("other.slice"); u.Perpetual {
		t.Errorf("%s is perpetual", u.Name)
	}
}

func TestSpecifiers(t *testing.T) {
	m := load.SystemMachine()
	m.MachineID, m.Hostname, m.OSRelease = "0123", "host.domain", map[string]string{"ID": "os"}
	expand := m.Expander(`pre-fix@in\x2dst-x.service`, "/etc/systemd/system/pre-fix@.service")
	for text, want := range map[string]string{
		"%n": `pre-fix@in\x2dst-x.service`, "%N": `pre-fix@in\x2dst-x`, "%p": "pre-fix", "%P": "pre/fix", "%j": "fix",
		"%i": `in\x2dst-x`, "%I": "in-st/x", "%f": "/in-st/x", "%y": "/etc/systemd/system/pre-fix@.service",
		"%Y": "/etc/systemd/system", "%m": "0123", "%H": "host.domain", "%l": "host", "%q": "host.domain", "%o": "os",
		"%w": "", "%t%S%C%L%E": "/run/var/lib/var/cache/var/log/etc", "%T %V": "/tmp /var/tmp", "%u %U": "root 0",
		"%h %s": "/root /bin/sh", "100%": "100%", "%%i": "%i", "%-": "%-", "plain": "plain",
		"%d": `/run/credentials/pre-fix@in\x2dst-x.service`,
	} {
		if got, err := expand(text); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"%z", "%b", "%v", "a%1"} {
		if got, err := expand(text); err == nil {
			t.Errorf("%s: %q, want an error", text, got)
		}
	}
}

func TestTransientIsKnownByItsPlace(t *testing.T) {
	l := loader(memory("/run/systemd/transient/a.service", oneshot, etc+"b.service", oneshot))
	var got []string
	for _, u := range l.Closure([]string{"a.service", "b.service"}, nil) {
		if u.Transient {
			got = append(got, u.Name)
		}
	}
	if !slices.Equal(got, []string{"a.service"}) {
		t.Errorf("transient: %v", got)
	}
}

func TestTransient(t *testing.T) {
	l := loader(memory(etc+"a.service.d/1.conf", "[Unit]\nAfter=b.service\n", etc+"b.service", oneshot))
	set := func(u *model.Unit) error {
		u.Description = "sent"
		u.Service.Commands[model.ExecStart] = append(u.Service.Commands[model.ExecStart], words.Command{Path: "/bin/true"})
		return nil
	}
	units, err := l.Transient("a.service", set, nil)
	if err != nil || units[0].Name != "a.service" || !units[0].Transient || units[0].Load != model.LoadLoaded ||
		edges(units[0]) != "After=b.service" {
		t.Fatalf("%+v, %v", units[0], err)
	}
	if again := l.Reload([]string{"a.service"}); again[0] != units[0] {
		t.Errorf("lost by a reload: %+v", again[0])
	}
	l.Reload(nil)
	if u := l.Unit("a.service"); u.Load != model.LoadNotFound {
		t.Errorf("kept after it was dropped: %+v", u)
	}
	for _, name := range []string{"b.service", "x.target", "bad", "t@.service"} {
		if _, err := l.Transient(name, set, nil); err == nil {
			t.Errorf("%s could be made transient", name)
		}
	}
}

func TestNeedsReload(t *testing.T) {
	for claim, change := range map[string]func(m *load.Memory){
		"":                      func(*load.Memory) {},
		"a newer file":          func(m *load.Memory) { m.Write(lib+"a.service", oneshot) },
		"a file that overrides": func(m *load.Memory) { m.Write(etc+"a.service", oneshot) },
		"a mask":                func(m *load.Memory) { m.Link(etc+"a.service", "/dev/null") },
		"a new drop-in":         func(m *load.Memory) { m.Write(etc+"a.service.d/2.conf", "[Unit]") },
		"a changed drop-in":     func(m *load.Memory) { m.Write(etc+"a.service.d/1.conf", "[Unit]") },
		"no drop-in any more":   func(m *load.Memory) { m.Remove(etc + "a.service.d/1.conf") },
		"no file any more":      func(m *load.Memory) { m.Remove(lib + "a.service") },
	} {
		m := memory(lib+"a.service", oneshot, etc+"a.service.d/1.conf", "[Unit]")
		l := loader(m)
		u := l.Unit("a.service")
		change(m)
		if got := l.NeedsReload(u); got != (claim != "") {
			t.Errorf("%s: %v", claim, got)
		}
	}
}

// TestMaskedNeedsReload: a masked unit is as old as its mask and its drop-ins.
func TestMaskedNeedsReload(t *testing.T) {
	for claim, change := range map[string]func(m *load.Memory){
		"":                  func(*load.Memory) {},
		"no mask any more":  func(m *load.Memory) { m.Remove(etc + "a.service") },
		"a new drop-in":     func(m *load.Memory) { m.Write(etc+"a.service.d/2.conf", "[Unit]") },
		"a changed drop-in": func(m *load.Memory) { m.Write(etc+"a.service.d/1.conf", "[Unit]") },
	} {
		for _, mask := range []string{"-> /dev/null", ""} { // a link, and an empty file
			m := memory(lib+"a.service", oneshot, etc+"a.service.d/1.conf", "[Unit]", etc+"a.service", mask)
			l := loader(m)
			u := l.Unit("a.service")
			if u.Load != model.LoadMasked || len(u.DropIns) != 1 {
				t.Fatalf("%q: %s with drop-ins %q", mask, u.Load, u.DropIns)
			}
			change(m)
			if got := l.NeedsReload(u); got != (claim != "") {
				t.Errorf("%q: %s: %v", mask, claim, got)
			}
		}
	}
}
