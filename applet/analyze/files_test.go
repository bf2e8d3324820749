package analyze

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tree makes files below a new directory: "path text", "path -> target" or "path/".
func tree(t *testing.T, lines ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, line := range lines {
		name, text, _ := strings.Cut(line, " ")
		place := filepath.Join(root, name)
		dir := filepath.Dir(place)
		if strings.HasSuffix(name, "/") {
			dir = place
		}
		err := os.MkdirAll(dir, 0o755)
		if target, link := strings.CutPrefix(text, "-> "); err == nil && link {
			err = os.Symlink(target, place)
		} else if err == nil && !strings.HasSuffix(name, "/") {
			err = os.WriteFile(place, []byte(strings.ReplaceAll(text, `\n`, "\n")), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestLists(t *testing.T) {
	for _, line := range []string{
		"capability", "capability 0 CAP_KILL 0x5", "capability 70", "capability kill", "syscall-filter",
		"--quiet syscall-filter", "syscall-filter @swap @known", "syscall-filter @swap x @sync", "unit-paths",
		"--user unit-paths", "--global unit-paths", "--user --global unit-paths", "unit-paths x", "cat-config",
	} {
		same(t, plain, strings.Fields(line)...)
		same(t, coloured, strings.Fields(line)...)
	}
	same(t, map[string]string{"SYSTEMD_UNIT_PATH": "/a:/b:", "TZ": "UTC"}, "unit-paths")
	same(t, map[string]string{"XDG_RUNTIME_DIR": "/x", "XDG_DATA_DIRS": "/y:/z", "TZ": "UTC"}, "unit-paths", "--user")
}

func TestFilesystems(t *testing.T) {
	r := ours(plain, "filesystems", "@temporary", "@security")
	if want := "@temporary\n    # in memory\n    ramfs\n    tmpfs\n\n@security\n"; !strings.HasPrefix(r.out, want) {
		t.Errorf("got %q, want %q", r.out, want)
	}
	if r := ours(plain, "filesystems", "tmpfs"); r.err != "Filesystem set \"tmpfs\" not found.\n" || r.status != 1 {
		t.Errorf("got %+v", r)
	}
	all, quiet := ours(plain, "filesystems"), ours(plain, "--quiet", "filesystems")
	if !strings.Contains(all.out, "\n@network\n") || all.status != 0 {
		t.Errorf("got %+v", all)
	}
	// What this kernel has stands in a set, or below them.
	kernel, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(kernel)) {
		words := strings.Fields(line)
		if name := words[len(words)-1]; !strings.Contains(all.out, " "+name+"\n") {
			t.Errorf("%s is not listed", name)
		}
	}
	if !strings.Contains(all.out, "\n# Ungrouped filesystems (") || strings.Contains(quiet.out, "Ungrouped") {
		t.Errorf("quiet: %+v", quiet)
	}
}

func TestCatConfig(t *testing.T) {
	root := tree(t, `etc/systemd/system.conf [Manager]\n`, `etc/systemd/system.conf.d/10-a.conf no end of line`,
		`usr/lib/systemd/system.conf.d/10-a.conf hidden\n`, `run/systemd/system.conf.d/20-b.conf b\n`,
		`etc/systemd/system.conf.d/30-c.conf -> /dev/null`, `usr/lib/systemd/system.conf.d/30-c.conf hidden\n`,
		`etc/systemd/system.conf.d/40-empty.conf `, `etc/systemd/system.conf.d/50-link.conf -> ../../../there`,
		`there text\n`, `etc/systemd/system.conf.d/readme.txt hidden`, `etc/systemd/system.conf.d/60-dir.conf/`,
		`usr/local/lib/only.conf.d/x.conf x\n`, `lib/only.conf.d/y.conf y\n`, `etc/dir.conf/`, `etc/y.d/00.conf -> nowhere`,
		`etc/y.d/00-a.conf a\n`, `etc/udev/rules.d/1.rules r\n`, `etc/udev/rules.d/1.conf hidden`,
		`etc/systemd/system-preset/1.preset p\n`, `usr/lib/tmpfiles.d/t.conf t\n`, `etc/environment e\n`,
		`etc/environment.d/90.conf 90\n`, `usr/lib/environment.d/99.conf -> ../../../etc/environment`,
		`etc/kernel/install.d/1.install i\n`, `etc/udev/hwdb.d/1.hwdb h\n`)
	for _, names := range []string{
		"systemd/system.conf", "/usr/lib/systemd/system.conf only.conf", "only.conf", "nothing", "nothing /run/only.conf",
		"systemd/system.conf.d", "dir.conf", "y.d", "y.d only.conf", "udev/rules.d", "systemd/system-preset", "tmpfiles.d",
		"/etc/tmpfiles.d/", "environment.d", "environment", "kernel/install.d udev/hwdb.d", "/elsewhere/x", "../etc/x",
		"/etcetera", "only.conf /x nothing",
	} {
		args := append([]string{"cat-config", "--root=" + root}, strings.Fields(names)...)
		same(t, plain, args...)
		same(t, coloured, args...)
	}
	same(t, plain, "cat-config", "--root="+root+"/nowhere", "x")
	same(t, plain, "cat-config", "systemd/journald.conf", "tmpfiles.d")
}

// TestCatConfigStaysInside has links that lead out of the root.
func TestCatConfigStaysInside(t *testing.T) {
	outside := tree(t, "secret outside")
	root := tree(t, "etc/a.conf -> "+outside+"/secret", "etc/b.conf -> ../../../../../../../../.."+outside+"/secret",
		"etc/c.conf.d -> "+outside, "etc/d.conf -> /etc/real.conf", `etc/real.conf inside\n`, "etc/loop.conf -> loop.conf")
	for name, want := range map[string]string{"a.conf": "not found", "b.conf": "not found", "c.conf": "not found",
		"d.conf": "inside", "loop.conf": "not found"} {
		r := ours(plain, "--root="+root, "cat-config", name)
		if !strings.Contains(r.out, want) || strings.Contains(r.out, "outside") {
			t.Errorf("%s: %+v, want %s", name, r, want)
		}
	}
}

// TestUnitFiles compares with the oracle what has no order there.
func TestUnitFiles(t *testing.T) {
	root := tree(t, `a/x.service [Unit]\n`, "a/masked.service -> /dev/null", "a/y.service -> x.service",
		"a/z.service -> y.service", "a/linked.service -> ../../elsewhere/l.service", `b/x.service [Unit]\n`,
		`b/only.socket [Unit]\n`, "b/empty.service ", `b/t@.service [Unit]\n`, "b/t@i.service -> t@.service", "b/readme x",
		"b/dangling.service -> nowhere.service", "b/loop1.service -> loop2.service", "b/loop2.service -> loop1.service",
		`b/q.service.d/1.conf [Unit]\n`, "a/o2.socket -> ../b/only.socket", "a/from.service -> ../b/x.service",
		"b/u@.service -> t@.service", "a/only.socket -> ../b/only.socket", "b/v@.service -> u@.service")
	env := map[string]string{"SYSTEMD_UNIT_PATH": root + "/a:" + root + "/b", "TZ": "UTC"}
	for _, patterns := range []string{"", "x.service", "*.socket", "t@*", "[yz].service", "nothing"} {
		args := append([]string{"unit-files"}, strings.Fields(patterns)...)
		got, want := ours(env, args...), oracle(t, env, args...)
		if got, want := sorted(got.out), sorted(want.out); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", patterns, got, want)
		}
	}
}

// sorted sorts the lines, and the names in each.
func sorted(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if head, names, ok := strings.Cut(line, " ← "); ok {
			list := strings.Split(names, ", ")
			slices.Sort(list)
			lines[i] = head + " ← " + strings.Join(list, ", ")
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func TestCondition(t *testing.T) {
	for _, args := range [][]string{
		{"ConditionKernelVersion = ! <4.0", "ConditionKernelVersion = >=5.1", "ConditionACPower=|false",
			"ConditionArchitecture=|!arm", "AssertPathExists=/etc/os-release"},
		{"ConditionPathExists=/nope", "AssertPathExists=/nope"}, {"Bogus=1"}, {"ConditionBogus=1"}, {"Description=x"},
		{"ConditionPathExists"}, {"ConditionPathExists=", "ConditionPathExists=/"}, {"conditionPathExists=/"},
		{"ConditionPathExists=|/nope", "ConditionPathExists=|!/nope"}, {"ConditionPathExists=/%n"},
		{"ConditionUser=root", "ConditionEnvironment=PATH", "ConditionFirstBoot=no", "ConditionUser=@system"},
		{"ConditionPathExists=/", "ConditionPathExists=/nope", "ConditionPathIsDirectory=/"},
		{"ConditionVirtualization=no", "ConditionSecurity=selinux", "ConditionCapability=CAP_SYS_ADMIN"},
		{"ConditionMemory=>=1G", "ConditionCPUs=>0", "ConditionPathIsMountPoint=/", "ConditionPathIsReadWrite=/tmp"},
		{"ConditionFileNotEmpty=/etc/passwd", "ConditionFileIsExecutable=/bin/sh", "ConditionDirectoryNotEmpty=/etc"},
		{"ConditionPathExistsGlob=/etc/pass*", "ConditionPathIsSymbolicLink=/proc/self", "ConditionGroup=root"},
		{"ConditionOSRelease=ID=debian VERSION_ID>=12", "ConditionKernelCommandLine=nothing"},
		{"ConditionHost=nobody", "ConditionNeedsUpdate=!/etc", "ConditionControlGroupController=cpu"},
		{"--unit=dbus"}, {"--unit=nope"}, {"--unit=systemd-sysctl.service"}, {"--unit=getty@tty1"},
	} {
		if os.Geteuid() != 0 && strings.HasSuffix(args[len(args)-1], "=cpu") {
			continue // the oracle sees other control groups then, if the machine has those of version 1
		}
		same(t, plain, append([]string{"condition"}, args...)...)
		same(t, coloured, append([]string{"condition"}, args...)...)
	}
}
