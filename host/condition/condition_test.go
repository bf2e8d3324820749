package condition

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"

	"github.com/steward-init/steward/host/cmdline"
	"github.com/steward-init/steward/model"
)

func checker() *Checker {
	return &Checker{Architecture: "x86-64", Virtualization: "docker", Container: true, FirstBoot: "/nonexistent",
		CommandLine: cmdline.Parse(`quiet root=/dev/x "a b"=c x="y z"`),
		MachineID:   "0123456789abcdef0123456789abcdef", Hostname: func() string { return "lab-7.example" },
		Environment: func() []string { return []string{"LANG=C.UTF-8", "EMPTY="} }, Controllers: []string{"cpu", "memory"}}
}

// TestConditions has a line for each kind, true and false, with paths below a folder of the test for %.
func TestConditions(t *testing.T) {
	dir := t.TempDir()
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o600))
	must(os.WriteFile(filepath.Join(dir, "empty"), nil, 0o600))
	must(os.WriteFile(filepath.Join(dir, "program"), []byte("#!/bin/sh\n"), 0o700))
	must(os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	must(os.WriteFile(filepath.Join(dir, ".hidden"), nil, 0o600))
	must(os.Symlink("file", filepath.Join(dir, "link")))
	must(os.Symlink("nowhere", filepath.Join(dir, "dangling")))
	for _, c := range []struct {
		kind, value string
		want        bool
	}{
		{"PathExists", "%/file", true}, {"PathExists", "%/none", false}, {"PathExists", "%/dangling", false},
		{"PathExistsGlob", "%/fil[!a]", true}, {"PathExistsGlob", "%/fil[!e]", false},
		{"PathExistsGlob", "%/{none,fi{x,le}}", true}, {"PathExistsGlob", "%/{none,fi{x,l}}", false},
		{"PathExistsGlob", "%/{}", false}, {"PathExistsGlob", "%/fi{le", false}, {"PathExistsGlob", "%/[", false},
		{"PathExistsGlob", "%/folder/*", false}, {"PathExistsGlob", "%/*idden", false},
		{"PathExistsGlob", "%/.h*", true}, {"PathExistsGlob", "%/fo*/../fil?", true},
		{"PathExistsGlob", "%/dang*", true}, {"PathExistsGlob", `%/f\ile`, true},
		{"PathExistsGlob", "%/{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}", false},
		{"PathExistsGlob", "%/f*", true}, {"PathExistsGlob", "%/z*", false},
		{"PathIsDirectory", "%/folder", true}, {"PathIsDirectory", "%/file", false},
		{"PathIsSymbolicLink", "%/link", true}, {"PathIsSymbolicLink", "%/file", false},
		{"PathIsMountPoint", "/proc", true}, {"PathIsMountPoint", "/", true}, {"PathIsMountPoint", "%/folder", false},
		{"PathIsReadWrite", "%/folder", true}, {"PathIsReadWrite", "%/none", false},
		{"PathIsEncrypted", "%/folder", false},
		{"DirectoryNotEmpty", "%", true}, {"DirectoryNotEmpty", "%/folder", false}, {"DirectoryNotEmpty", "%/none", false},
		{"FileNotEmpty", "%/file", true}, {"FileNotEmpty", "%/empty", false}, {"FileNotEmpty", "%/folder", false},
		{"FileIsExecutable", "%/program", true}, {"FileIsExecutable", "%/file", false},
		{"Architecture", "x86-64", true}, {"Architecture", "native", true}, {"Architecture", "arm64", false},
		{"Virtualization", "yes", true}, {"Virtualization", "no", false}, {"Virtualization", "container", true},
		{"Virtualization", "vm", false}, {"Virtualization", "docker", true}, {"Virtualization", "kvm", false},
		{"Host", "lab-*", true}, {"Host", "LAB-7.example", true}, {"Host", "other", false},
		{"Host", "0123456789ABCDEF0123456789abcdef", true}, {"Host", "00000000000000000000000000000000", false},
		{"Host", "01234567-89ab-cdef-0123-456789abcdef", true}, {"Host", "01234567-89ab-cdef-0123-456789abcdee", false},
		{"Firmware", "device-tree-compatible(no-such-device)", false},
		{"Environment", "LANG", true}, {"Environment", "LANG=C.UTF-8", true}, {"Environment", "LANG=de", false},
		{"Environment", "NONE", false},
		{"KernelVersion", ">=1.0", true}, {"KernelVersion", "< 1.0", false}, {"KernelVersion", ">=1.0 <1.1", false},
		{"KernelVersion", "*", true},
		{"ControlGroupController", "cpu", true}, {"ControlGroupController", "cpu io", false},
		{"ControlGroupController", "no-such-controller", true}, {"ControlGroupController", "other io", false},
		{"Memory", ">=1M", true}, {"Memory", "<1M", false}, {"Memory", "1M", true},
		{"CPUs", ">=1", true}, {"CPUs", strconv.Itoa(runtime.NumCPU()), true}, {"CPUs", "<1", false},
		{"FirstBoot", "no", true}, {"FirstBoot", "yes", false},
		{"User", strconv.Itoa(os.Geteuid()), true}, {"User", "nobody-of-that-name", false},
		{"Group", strconv.Itoa(os.Getegid()), true}, {"Group", "no-group-of-that-name", false},
		{"NeedsUpdate", "%", true}, {"Credential", "none", false}, {"CPUFeature", "no-such-feature", false},
		{"Security", "no-such-module", false}, {"Firmware", "no-such-firmware", false},
		{"KernelCommandLine", "no-such-argument", false}, {"KernelCommandLine", "root", true},
		{"KernelCommandLine", "root=/dev/x", true}, {"KernelCommandLine", "root=/dev/y", false},
		{"KernelCommandLine", "x=y z", true}, {"KernelCommandLine", "z", false}, {"KernelCommandLine", "a b", true},
	} {
		value := c.value
		if value[0] == '%' {
			value = dir + value[1:]
		}
		for _, negate := range []bool{false, true} {
			unit := &model.Unit{Conditions: []model.Condition{{Kind: c.kind, Value: value, Negate: negate}}}
			verdicts, _ := checker().Check(unit)
			if got := verdicts[0]; got.True != (c.want != negate) || got.Err != "" {
				t.Errorf("Condition%s=%s, negated %v: %+v", c.kind, c.value, negate, got)
			}
		}
	}
}

// TestUndecided sees that what can't be decided counts as false and says why, negated or not.
func TestUndecided(t *testing.T) {
	for _, c := range []model.Condition{{Kind: "NoSuchKind", Value: "x"}, {Kind: "Memory", Value: "much"},
		{Kind: "KernelVersion", Value: ">="}, {Kind: "CPUs", Value: "few"},
		{Kind: "Capability", Value: "CAP_NOTHING"}, {Kind: "ACPower", Value: "perhaps"}} {
		for _, negate := range []bool{false, true} {
			c.Negate = negate
			_, verdicts := checker().Check(&model.Unit{Asserts: []model.Condition{c}})
			if v := verdicts[0]; v.True || v.Err == "" {
				t.Errorf("%+v: %+v, want false with an error", c, v)
			}
		}
	}
}

func FuzzConditions(f *testing.F) {
	for kind := range tests {
		f.Add(kind, ">=1 <2")
	}
	f.Fuzz(func(t *testing.T, kind, value string) {
		if kind == "PathExistsGlob" {
			return // would walk this machine's whole file system
		}
		unit := &model.Unit{Conditions: []model.Condition{{Kind: kind, Value: value}}}
		if verdicts, _ := checker().Check(unit); len(verdicts) != 1 {
			t.Errorf("%d verdicts", len(verdicts))
		}
	})
}
