package directive

import (
	"os"
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
)

func TestItemsAreTheOracles(t *testing.T) {
	want, err := os.ReadFile("testdata/oracle-items.txt")
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Split(Items(), "\n")
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(got) || got[i] != line {
			t.Fatalf("line %d: got %q, want %q", i+1, got[min(i, len(got)-1)], line)
		}
	}
	if Items() != string(want) {
		t.Error("the list goes on after the oracle's end")
	}
}

func TestNamesAreUniqueAndHaveAReason(t *testing.T) {
	for _, s := range Sections() {
		seen := map[string]bool{}
		for _, d := range s.Directives() {
			if seen[d.Name] {
				t.Errorf("[%s] %s is there twice", s.Name, d.Name)
			}
			seen[d.Name] = true
			if d.Status == Ignored && d.Reason == "" {
				t.Errorf("[%s] %s is ignored without a reason", s.Name, d.Name)
			}
			if d.Target != "" && Find(s.Name, d.Target) == nil && Find("Unit", d.Target) == nil {
				t.Errorf("[%s] %s stands for %s, which is not there", s.Name, d.Name, d.Target)
			}
			if d.Since > 0 && d.Since <= 252 {
				t.Errorf("[%s] %s: the oracle would know it", s.Name, d.Name)
			}
		}
	}
}

// load applies a text to a new unit.
func load(name, text string) (*model.Unit, []unitfile.Diagnostic) {
	kind, _ := model.ParseType(name[strings.LastIndexByte(name, '.')+1:])
	u := NewUnit(name, kind, nil)
	file, found := unitfile.Parse(name, []byte(text))
	ctx := Context{}
	for line := range file.Assignments() {
		found = append(found, Apply(u, line, &ctx)...)
	}
	Complete(u, nil)
	return u, found
}

func TestApplyDebianUnit(t *testing.T) {
	u, found := load("web.service", `[Unit]
Description=A web server
After=network.target remote-fs.target
ConditionPathExists=|!/etc/nope
[Service]
Type=forking
PIDFile=/run/web.pid
ExecStart=/usr/sbin/web -g 'daemon on; master on;'
TimeoutStopSec=5
KillMode=mixed
LimitNOFILE=1024:4096
ProtectSystem=strict
StateDirectory=web web/cache
[Install]
WantedBy=multi-user.target
`)
	want := "web.service:12:1: info: ProtectSystem=strict is not applied by this version"
	if len(found) != 1 || found[0].String() != want {
		t.Errorf("diagnostics %v", found)
	}
	s := u.Service
	switch {
	case u.Description != "A web server", len(u.Edges) != 2, u.Edges[1].Origin.String() != "web.service:3",
		u.Conditions[0] != (model.Condition{Kind: "PathExists", Trigger: true, Negate: true, Value: "/etc/nope"}):
		t.Errorf("[Unit]: %+v", u)
	case s.Type != model.ServiceForking, s.PIDFile != "/run/web.pid", s.Commands[model.ExecStart][0].Args[2] !=
		"daemon on; master on;", s.TimeoutStop.String() != "5s", s.Kill.Mode != model.KillMixed:
		t.Errorf("[Service]: %+v", s)
	case s.Exec.Limits[0] != model.Rlimit{Resource: 7, Soft: 1024, Hard: 4096}, len(s.Exec.Directories[0].Paths) != 2,
		s.Exec.Sandbox[0] != model.Setting{Name: "ProtectSystem", Value: "strict"}:
		t.Errorf("exec: %+v", s.Exec)
	case u.Install.WantedBy[0] != "multi-user.target":
		t.Errorf("install: %+v", u.Install)
	}
}

func TestApplyManager(t *testing.T) {
	d := NewDefaults(false)
	ctx := Context{}
	file, found := unitfile.Parse("system.conf", []byte(`[Manager]
DefaultTimeoutStopSec=5
DefaultLimitNOFILE=2048:4096
DefaultEnvironment=A=1 B=2
LogColor=no
DefaultTimeoutStartSecs=3
DefaultStandardOutput=file:/x
`))
	for line := range file.Assignments() {
		found = append(found, ApplyManager(d, line, &ctx)...)
	}
	u := NewUnit("a.service", model.TypeService, d)
	if u.Service.TimeoutStop.String() != "5s" || u.Service.Exec.Limits[0].Hard != 4096 || len(d.Environment) != 2 {
		t.Errorf("not applied: %+v", u.Service)
	}
	if d.Setting("LogColor") != "no" {
		t.Errorf("settings %v", d.Settings)
	}
	want := []string{
		"system.conf:5:1: info: LogColor=no is not applied by this version",
		"system.conf:6:1: warning: unknown key DefaultTimeoutStartSecs= in section [Manager], ignoring" +
			" (did you mean DefaultTimeoutStartSec=?)",
		"system.conf:7:23: warning: DefaultStandardOutput=: an output that needs a name can't be the default: " +
			"\"file:/x\", ignoring",
	}
	for i := range want {
		if i >= len(found) || found[i].String() != want[i] {
			t.Errorf("diagnostics %v, want %v", found, want)
			break
		}
	}
}
