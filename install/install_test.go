package install_test

import (
	"os"
	"testing"

	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
)

func memoryView(files map[string]string) *install.View {
	m := &load.Memory{}
	for path, text := range files {
		m.Write(path, text)
	}
	machine := load.SystemMachine()
	return install.New(m, load.Paths(load.System, nil), &machine, nil)
}

func TestPresets(t *testing.T) {
	m := &load.Memory{}
	m.Write("/usr/lib/systemd/system-preset/90-b.preset", "enable a.service\ndisable *\n")
	m.Write("/etc/systemd/system-preset/10-a.preset", "# no\n; no\ndisable x*.service\nignore i.service\n"+
		"enable t@.service p q\n")
	m.Write("/usr/lib/systemd/system-preset/10-a.preset", "enable x1.service\n")
	p := install.ReadPresets(m, load.System)
	for name, want := range map[string]install.Preset{"a.service": "enabled", "x1.service": "disabled",
		"i.service": "ignored", "t@p.service": "enabled", "t@r.service": "disabled", "t@.service": "enabled",
		"other.timer": "disabled"} {
		if got, _ := p.Query(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if got, _ := (install.Presets{}).Query("a.service"); got != "enabled" {
		t.Errorf("without rules: %s", got)
	}
}

func TestDefault(t *testing.T) {
	v := memoryView(map[string]string{"/lib/systemd/system/a.target": "[Unit]\n"})
	if _, err := v.Default(); err == nil {
		t.Error("there is a default target")
	}
	plan, err := v.SetDefault("a.target", true)
	want := install.Change{Type: "symlink", Path: "/etc/systemd/system/default.target",
		Target: "/lib/systemd/system/a.target"}
	want.Reason.Unit = "a.target"
	if err != nil || len(plan.Changes) != 1 || plan.Changes[0] != want {
		t.Errorf("%v, %v", plan, err)
	}
	for _, name := range []string{"default.target", "a.service", "none.target"} {
		if _, err := v.SetDefault(name, true); err == nil {
			t.Errorf("%s can be the default", name)
		}
	}
}

func TestFaultsHaveBusErrors(t *testing.T) {
	v := memoryView(map[string]string{"/lib/systemd/system/a.service": "[Install]\nAlias=a.target\n",
		"/run/systemd/generator/g.service": "[Install]\nWantedBy=a.target\n", "/etc/systemd/system/m.service": ""})
	for name, want := range map[string]string{"none.service": "NoSuchUnit", "g.service": "UnitGenerated",
		"m.service": "UnitMasked"} {
		_, err := v.Enable([]string{name}, install.Options{})
		if fault, ok := err.(*install.Fault); !ok || fault.BusError() != "org.freedesktop.systemd1."+want {
			t.Errorf("%s: %v", name, err)
		}
	}
	plan, err := v.Enable([]string{"a.service"}, install.Options{})
	if err != nil || len(plan.Faults) != 1 || plan.Faults[0].Error() != "Cannot alias a.service as a.target." {
		t.Errorf("%+v, %v", plan, err)
	}
}

// BenchmarkList lists the unit files of this machine as list-unit-files does.
func BenchmarkList(b *testing.B) {
	if _, err := os.Stat("/lib/systemd/system"); err != nil {
		b.Skip("this machine has no unit files")
	}
	for b.Loop() {
		view("").List(nil, nil)
	}
}
