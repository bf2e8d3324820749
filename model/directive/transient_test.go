package directive

import (
	"errors"
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
)

// set gives a unit a property as a client would.
func set(u *model.Unit, name, sig string, value any) error {
	w := dbus.NewWriter(nil)
	w.Value(sig, value)
	if w.Err() != nil {
		return w.Err()
	}
	r := dbus.NewReader(w.Bytes(), false)
	if err := SetProperty(u, name, sig, &r, nil); err != nil {
		return err
	}
	return r.Done()
}

func TestSetPropertyGivesWhatAFileWould(t *testing.T) {
	command := dbus.Struct{"/bin/sleep", []string{"sleep", "5 s"}, true}
	flagged := dbus.Struct{"/bin/sleep", []string{"/bin/sleep", "50%"}, []string{"privileged", "no-env-expand"}}
	for _, c := range []struct {
		name, sig string
		value     any
		want      string
	}{
		{"Description", "s", "50% done", "Unit Description=50%% done"},
		{"After", "as", []string{"a.service", "b.target"}, "Unit After=,After=a.service b.target"},
		{"DefaultDependencies", "b", false, "Unit DefaultDependencies=no"},
		{"JobTimeoutUSec", "t", uint64(1500000), "Unit JobTimeoutSec=1.500000s"},
		{"ExecStart", "a(sasb)", []any{command}, `Service ExecStart=,ExecStart=-@/bin/sleep sleep "5 s"`},
		{"ExecStartEx", "a(sasas)", []any{flagged}, `Service ExecStart=,ExecStart=:+/bin/sleep "50%%"`},
		{"Type", "s", "oneshot", "Service Type=oneshot"},
		{"RestartUSec", "t", uint64(2000000), "Service RestartSec=2s"},
		{"KillSignal", "i", int32(10), "Service KillSignal=SIGUSR1"},
		{"LogExtraFields", "aay", []any{[]byte("FOO=two 50%")},
			`Service LogExtraFields=,LogExtraFields="FOO=two 50%%"`},
		{"KillMode", "s", "none", "Service KillMode=none"}, // of which a file's author would be warned
		{"UMask", "u", uint32(0o27), "Service UMask=0027"},
		{"Environment", "as", []string{"A=1", "B=two words"}, `Service Environment=,Environment=A=1 "B=two words"`},
		{"EnvironmentFiles", "a(sb)", []any{dbus.Struct{"/etc/x", true}},
			"Service EnvironmentFile=,EnvironmentFile=-/etc/x"},
		{"LimitNOFILE", "t", uint64(4096), "Service LimitNOFILE=1024:4096"},
		{"LimitNOFILESoft", "t", uint64(2048), "Service LimitNOFILE=2048:4096"},
		{"StandardOutputFileToAppend", "s", "/var/log/x", "Service StandardOutput=append:/var/log/x"},
		{"CPUAffinity", "ay", []byte{5}, "Service CPUAffinity=,CPUAffinity=0 2"},
		{"SuccessExitStatus", "(aiai)", dbus.Struct{[]any{int32(75)}, []any{int32(10)}},
			"Service SuccessExitStatus=75 SIGUSR1"},
		{"MemoryMax", "t", uint64(1 << 20), "Service MemoryMax=1048576"},
		{"CPUQuotaPerSecUSec", "t", uint64(500000), "Service CPUQuota=50%"},
		{"TasksMaxScale", "u", uint32(1 << 31), "Service TasksMax=50%"},
		{"PrivateTmp", "b", true, "Service PrivateTmp=yes"},
		{"WorkingDirectory", "s", "!/srv", "Service WorkingDirectory=-/srv"},
		{"Slice", "s", "a-b.slice", "Service Slice=a-b.slice"},
		{"CapabilityBoundingSet", "t", uint64(3),
			"Service CapabilityBoundingSet=~,CapabilityBoundingSet=cap_chown cap_dac_override"},
	} {
		u := NewUnit("run-1.service", model.TypeService, nil)
		if c.name == "LimitNOFILESoft" {
			_ = set(u, "LimitNOFILE", "t", uint64(4096)) // tested above
		}
		if err := set(u, c.name, c.sig, c.value); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		name := c.name
		switch {
		case strings.HasPrefix(name, "Limit"):
			name = "LimitNOFILE"
		case strings.HasPrefix(name, "StandardOutput"):
			name = "StandardOutput"
		}
		section, lines := Lines(u, name)
		if got := section + " " + strings.Join(lines, ","); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

func TestSetPropertyRefuses(t *testing.T) {
	u := NewUnit("x.scope", model.TypeScope, nil)
	for _, c := range []struct {
		name, sig string
		value     any
	}{
		{"NoSuchThing", "s", "x"}, {"ExecStart", "a(sasb)", []any{}}, {"Id", "s", "y"}, {"MainPID", "u", uint32(1)},
	} {
		if err := set(u, c.name, c.sig, c.value); !errors.Is(err, ErrProperty) {
			t.Errorf("%s: %v, want ErrProperty", c.name, err)
		}
	}
	for _, c := range []struct {
		name, sig string
		value     any
	}{
		{"KillSignal", "i", int32(99)}, {"KillSignal", "s", "SIGTERM"}, {"After", "as", []string{"not a unit"}},
		{"KillMode", "s", "sometimes"},
	} {
		if err := set(u, c.name, c.sig, c.value); err == nil || errors.Is(err, ErrProperty) {
			t.Errorf("%s=%v: %v, want another error", c.name, c.value, err)
		}
	}
	if err := set(u, "PIDs", "au", []any{uint32(4), uint32(5)}); err != nil || len(u.Scope.PIDs) != 2 {
		t.Errorf("PIDs: %v, %v", u.Scope.PIDs, err)
	}
	if !Live(u, "MemoryMax") || !Live(u, "Description") || Live(u, "KillMode") || Live(u, "Slice") {
		t.Error("the wrong properties are live")
	}
}

// A client can send anything.
func FuzzSetProperty(f *testing.F) {
	f.Add("ExecStart", "a(sasb)", []byte("\x20\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00/\x00"))
	f.Add("Environment", "as", []byte("\x08\x00\x00\x00\x03\x00\x00\x00A=1\x00"))
	f.Add("LimitNOFILESoft", "t", []byte("\x08\x00\x00\x00\x03\x00\x00\x00"))
	f.Add("MemoryMaxScale", "u", []byte("\x08\x00\x00\x00"))
	f.Add("IPAddressDeny", "a(iayu)", []byte("\x08\x00\x00\x00"))
	f.Add("CPUAffinity", "ay", []byte("\x01\x00\x00\x00\x05"))
	f.Fuzz(func(t *testing.T, name, sig string, value []byte) {
		u := NewUnit("a.service", model.TypeService, nil)
		r := dbus.NewReader(value, false)
		if err := SetProperty(u, name, sig, &r, nil); err != nil {
			return
		}
		if _, lines := Lines(u, name); strings.Contains(strings.Join(lines, ""), "\n") {
			t.Errorf("%s=% x is written as %q, which is more than its lines", name, value, lines)
		}
	})
}
