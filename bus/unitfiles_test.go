package bus

import (
	"fmt"
	"os"
	"strings"
	"testing"

	godbus "github.com/godbus/dbus/v5"

	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
)

// unitFiles are unit files in memory.
type unitFiles struct {
	files
	m       *load.Memory
	machine load.Machine
}

func (u *unitFiles) View() *install.View {
	return install.New(u.m, load.Paths(load.System, nil), &u.machine, nil)
}
func (u *unitFiles) Presets() install.Presets { return install.ReadPresets(u.m, load.System) }
func (u *unitFiles) Edit(p install.Plan) ([]install.Change, error) {
	return install.Apply(p, memoryEditor{u.m})
}

type memoryEditor struct{ *load.Memory }

func (m memoryEditor) Symlink(target, path string, _ bool) error { m.Link(path, target); return nil }
func (m memoryEditor) Unlink(path string) error                  { m.Remove(path); return nil }
func (m memoryEditor) RemoveEmpty(string) error                  { return nil }
func (m memoryEditor) RemoveAll(path string) error               { m.Remove(path); return nil }

// TestUnitFileMethods calls every method that edits unit files, in a row, by a client of its own.
func TestUnitFileMethods(t *testing.T) {
	u := &unitFiles{m: &load.Memory{}, machine: load.SystemMachine()}
	for path, text := range map[string]string{"a.service": "[Install]\nWantedBy=b.target\nAlias=c.service\n",
		"b.target": "[Unit]\n", "t@.service": "[Install]\nWantedBy=b.target\n"} {
		u.m.Write("/lib/systemd/system/"+path, text)
	}
	u.m.Write("/opt/l.service", "[Unit]\n")
	u.m.Write("/etc/systemd/system/a.service.d/x.conf", "[Unit]\n")
	u.m.Write("/lib/systemd/system-preset/1.preset", "enable a.service\nenable t@.service x\ndisable *\n")
	w := newWorld()
	w.files = u
	serve(t, w)
	conn, err := godbus.Dial("unix:path=" + w.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Auth([]godbus.Auth{godbus.AuthExternal(fmt.Sprint(os.Geteuid()))}); err != nil {
		t.Fatal(err)
	}
	signals := make(chan *godbus.Signal, 100)
	conn.Signal(signals)
	object := conn.Object("org.freedesktop.systemd1", "/org/freedesktop/systemd1")
	const etc, run, lib = "/etc/systemd/system/", "/run/systemd/system/", "/lib/systemd/system/"
	a, tx := etc+"b.target.wants/a.service", etc+"b.target.wants/t@x.service"
	made := func(link, file string) string { return "symlink " + link + " " + lib + file }
	on := "true; " + made(etc+"c.service", "a.service") + "; " + made(a, "a.service")
	off := "unlink " + a + " ; unlink " + etc + "c.service "
	for _, c := range []struct {
		method string
		args   []any
		want   string
	}{
		{"EnableUnitFiles", []any{[]string{"a.service"}, false, false}, on},
		{"EnableUnitFiles", []any{[]string{"a.service"}, false, false}, "true"},
		{"GetUnitFileState", []any{"a.service"}, "enabled"},
		{"GetUnitFileState", []any{"no.service"}, "org.freedesktop.DBus.Error.FileNotFound: No such file or directory"},
		{"GetUnitFileLinks", []any{"a.service", false}, "[" + a + " " + etc + "c.service]"},
		{"ReenableUnitFiles", []any{[]string{"a.service"}, false, false}, "true; " + off + "; " + on[6:]},
		{"DisableUnitFiles", []any{[]string{"a.service"}, false}, off},
		{"DisableUnitFiles", []any{[]string{"no.service"}, false},
			"org.freedesktop.systemd1.NoSuchUnit: Unit file no.service does not exist."},
		{"EnableUnitFilesWithFlags", []any{[]string{"a.service"}, uint64(1)}, strings.ReplaceAll(on, etc, run)},
		{"DisableUnitFilesWithFlags", []any{[]string{"a.service"}, uint64(1)}, strings.ReplaceAll(off, etc, run)},
		{"EnableUnitFilesWithFlags", []any{[]string{"a.service"}, uint64(1 << 40)},
			"org.freedesktop.DBus.Error.InvalidArgs: Invalid flags 0x10000000000"},
		{"DisableUnitFilesWithFlagsAndInstallInfo", []any{[]string{"a.service"}, uint64(0)}, "true"},
		{"PresetUnitFiles", []any{[]string{"a.service", "t@.service"}, false, false}, on + "; " + made(tx, "t@.service")},
		{"PresetUnitFilesWithMode", []any{[]string{"b.target"}, "disable-only", false, false}, "false"},
		{"PresetUnitFilesWithMode", []any{[]string{"b.target"}, "no", false, false},
			"org.freedesktop.DBus.Error.InvalidArgs: Invalid argument"},
		{"PresetAllUnitFiles", []any{"full", false, false}, ""},
		{"MaskUnitFiles", []any{[]string{"b.target"}, true, false}, "symlink " + run + "b.target /dev/null"},
		{"EnableUnitFiles", []any{[]string{"b.target"}, false, false},
			"org.freedesktop.systemd1.UnitMasked: Unit file " + run + "b.target is masked."},
		{"UnmaskUnitFiles", []any{[]string{"b.target"}, true}, "unlink " + run + "b.target "},
		{"LinkUnitFiles", []any{[]string{"/opt/l.service"}, false, false}, "symlink " + etc + "l.service /opt/l.service"},
		{"AddDependencyUnitFiles", []any{[]string{"l.service"}, "b.target", "Requires", false, false},
			"symlink " + etc + "b.target.requires/l.service /opt/l.service"},
		{"SetDefaultTarget", []any{"b.target", false}, made(etc+"default.target", "b.target")},
		{"GetDefaultTarget", nil, "b.target"},
		{"RevertUnitFiles", []any{[]string{"a.service"}},
			"unlink " + etc + "a.service.d/x.conf ; unlink " + etc + "a.service.d "},
		{"RevertUnitFiles", []any{[]string{"a.service"}}, ""},
	} {
		call := object.CallWithContext(t.Context(), "org.freedesktop.systemd1.Manager."+c.method, 0, c.args...)
		if got := answer(call); got != c.want {
			t.Errorf("%s%v:\n%s\nwant\n%s", c.method, c.args, got, c.want)
		}
	}
	changed := 0
	for len(signals) > 0 {
		if s := <-signals; s.Name == "org.freedesktop.systemd1.Manager.UnitFilesChanged" {
			changed++
		}
	}
	if changed != 12 {
		t.Errorf("%d times it was told that unit files changed", changed)
	}
}

// answer is an answer as a text: what it carries, then the changes.
func answer(call *godbus.Call) string {
	if e, ok := call.Err.(godbus.Error); ok {
		return fmt.Sprintf("%s: %v", e.Name, e.Body[0])
	}
	var out []string
	for _, value := range call.Body {
		list, ok := value.([][]any)
		if !ok {
			out = append(out, fmt.Sprint(value))
			continue
		}
		for _, change := range list {
			out = append(out, strings.Trim(fmt.Sprint(change), "[]"))
		}
	}
	return strings.Join(out, "; ")
}
