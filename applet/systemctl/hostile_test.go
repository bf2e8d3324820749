package systemctl_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/steward-init/steward/applet/systemctl"
	"github.com/steward-init/steward/applet/ui"
)

// inRoot does a command on a root and returns its output, messages and status.
func inRoot(t *testing.T, root string, args ...string) (out, stderr string, status int) {
	t.Helper()
	var o, e bytes.Buffer
	status = systemctl.Run(t.Context(), ui.IO{In: strings.NewReader("[Unit]\n"), Out: &o, Err: &e},
		append([]string{"systemctl", "--root=" + root}, args...))
	return o.String(), e.String(), status
}

// everything is commands that read and change what there is of a unit.
func everything(unit string) [][]string {
	return [][]string{{"enable", unit}, {"enable", "--force", unit}, {"is-enabled", unit}, {"mask", unit},
		{"mask", "--force", "--runtime", unit}, {"unmask", unit}, {"disable", unit}, {"reenable", unit}, {"preset", unit},
		{"preset-all"}, {"list-unit-files"}, {"link", "--force", "/opt/" + unit}, {"add-wants", "a.target", unit},
		{"set-default", "a.target"}, {"get-default"}, {"cat", unit}, {"edit", "--stdin", unit},
		{"edit", "--stdin", "--full", "--force", "--runtime", unit}, {"revert", unit}, {"disable", "--runtime", unit}}
}

// TestHostileRoots does everything in roots whose symlinks lead out of them, in circles, or nowhere. What is outside
// stays as it is, whatever the commands say.
func TestHostileRoots(t *testing.T) {
	outside := t.TempDir()
	units := outside + "/systemd/system"
	if err := os.MkdirAll(units+"/a.target.wants", 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{"/a.service": "[Install]\nWantedBy=a.target\n", "/a.target": "[Unit]\n",
		"/a.service.d/x.conf": "[Unit]\n"} {
		writeFile(t, units+path, text)
	}
	if err := os.Symlink("../a.service", units+"/a.target.wants/a.service"); err != nil {
		t.Fatal(err)
	}
	before := listAll(t, outside)
	for name, links := range map[string]map[string]string{
		"config":     {"/etc/systemd/system": units, "/run/systemd": outside + "/systemd"},
		"etc":        {"/etc": outside, "/run": outside, "/opt": outside},
		"dots":       {"/etc/systemd": strings.Repeat("../", 30) + outside + "/systemd"},
		"wants":      {"/etc/systemd/system/a.target.wants": units + "/a.target.wants"},
		"drop-ins":   {"/etc/systemd/system/a.service.d": units + "/a.service.d", "/etc/systemd/system.control": units},
		"unit":       {"/etc/systemd/system/a.service": units + "/a.service", "/opt/a.service": units + "/a.service"},
		"loop":       {"/etc/systemd/system": "system", "/run/systemd/system": "../systemd/system"},
		"unit loop":  {"/etc/systemd/system/a.service": "b.service", "/etc/systemd/system/b.service": "a.service"},
		"wants loop": {"/etc/systemd/system/a.target.wants": "../system/a.target.wants"},
		"nowhere":    {"/etc/systemd/system": "/nowhere/at/all", "/run": "/nowhere"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range map[string]string{"a.service": "[Install]\nWantedBy=a.target\n", "a.target": "[Unit]\n",
				"b.service": "[Install]\nAlias=c.service\n"} {
				writeFile(t, root+"/usr/lib/systemd/system/"+name, text)
			}
			for path, target := range links {
				err := os.MkdirAll(filepath.Dir(root+path), 0o755)
				if err = errors.Join(err, os.Symlink(target, root+path)); err != nil {
					t.Fatal(err)
				}
			}
			for _, args := range everything("a.service") {
				_, stderr, status := inRoot(t, root, args...)
				if status > 1 || strings.Contains(stderr, "panic") {
					t.Errorf("%s: %s", args, stderr)
				}
				if after := listAll(t, outside); after != before {
					t.Fatalf("%s changed what is outside:\n%s", args, firstDifference(before, after))
				}
			}
		})
	}
}

// TestHostileNames has files in the search path whose names are no text, or forged lines.
func TestHostileNames(t *testing.T) {
	root := t.TempDir()
	const dir = "/etc/systemd/system/"
	for _, name := range []string{"a.service", "b\nCreated symlink x.service", "\xff\xfe.service", "a\x1b[31m.service",
		".service", "@.service", "a@b@c.service", strings.Repeat("x", 240) + ".service", "a.service.wants", "-.service"} {
		writeFile(t, root+dir+name, "[Install]\nWantedBy=\"x\ny.target\" \xff.target a/../../b.target\nWantedBy=a.target\n"+
			"Alias=../x.service /etc/passwd\nAlso=\xff ../../x.service\n")
	}
	out, stderr, status := inRoot(t, root, "list-unit-files", "--no-legend")
	if status != 0 || strings.Contains(out, "\xff") || strings.Contains(out, "\x1b") || strings.Contains(out, "Created") {
		t.Errorf("list-unit-files: %q, %q, status %d", out, stderr, status)
	}
	for _, args := range everything("a.service") {
		inRoot(t, root, args...)
	}
	for line := range strings.Lines(listAll(t, root)) {
		if path, _, _ := strings.Cut(line, " "); !strings.HasPrefix(path, "/etc/systemd/system") && line[0] == '/' &&
			!strings.HasPrefix(path, "/run/systemd/system") && path != "/etc" && path != "/run" && path != "/etc/systemd" &&
			path != "/run/systemd" && strings.TrimSpace(path) != "/" {
			t.Errorf("made %q", line)
		}
	}
}

// What a command may take with very many units: 100,000 need some seconds of the processor and 300 MiB. The machine may
// do much else.
const (
	patience  = 5 * time.Minute
	processor = time.Minute
	memory    = 400 << 10 // KiB
)

// inProcess does a command on a root in a process of its own, which must end in time and with bounded memory.
func inProcess(t *testing.T, root string, args ...string) (out, stderr string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", append([]string{"--root=" + root}, args...)...)
	var o, e bytes.Buffer
	cmd.Args[0], cmd.Stdout, cmd.Stderr = "systemctl", &o, &e
	err := cmd.Run()
	used := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("%s: %v of the processor, %d MiB", args[0], took, used>>10)
	if err != nil {
		t.Errorf("%.100s: %v, %.300s", args, err, e.String())
	}
	if used > memory || took > processor {
		t.Errorf("%.100s took %d MiB and %v", args, used>>10, took)
	}
	return o.String(), e.String()
}

// TestManyUnits works in a root with 100,000 unit files.
func TestManyUnits(t *testing.T) {
	root := t.TempDir()
	const dir, many = "/usr/lib/systemd/system/", 100_000
	name := func(i int) string { return root + dir + fmt.Sprintf("u%d.service", i) }
	for i := range many {
		first := i - i%1000 // a file has some thousand names at most
		if i == first {
			writeFile(t, name(i), "[Install]\nWantedBy=multi-user.target\n")
		} else if err := os.Link(name(first), name(i)); err != nil {
			t.Fatal(err)
		}
	}
	state := func(word string) int {
		out, _ := inProcess(t, root, "list-unit-files", "--no-legend")
		n := 0
		for line := range strings.Lines(out) {
			if fields := strings.Fields(line); len(fields) == 3 && fields[1] == word {
				n++
			}
		}
		return n
	}
	if n := state("disabled"); n != many {
		t.Errorf("%d unit files are disabled", n)
	}
	for _, args := range [][]string{{"enable", "u7.service"}, {"is-enabled", "u7.service"}, {"disable", "u7.service"}} {
		inProcess(t, root, args...)
	}
	if _, stderr := inProcess(t, root, "preset-all"); strings.Count(stderr, "Created symlink") != many {
		t.Errorf("preset-all made %d symlinks", strings.Count(stderr, "Created symlink"))
	}
	if n := state("enabled"); n != many {
		t.Errorf("%d unit files are enabled", n)
	}
	inProcess(t, root, "disable", "u99999.service")
	if n := state("enabled"); n != many-1 {
		t.Errorf("%d unit files are enabled but for one", n)
	}
}

// TestManyOfAKind has as many unit files that have to do with each other: names of one unit, names of names, policies
// about each, and units that want each other. Nothing may take a time that grows with the square of their number.
func TestManyOfAKind(t *testing.T) {
	const many, config = 10_000, "/etc/systemd/system/"
	for name, c := range map[string]struct {
		unit     func(i int) (path, text string)
		commands []string
	}{
		"aliases": {func(i int) (path, text string) { return config + fmt.Sprintf("u%d.service", i+1), "-> u0.service" },
			[]string{"list-unit-files", "preset-all", "disable u0.service"}},
		"chain": {func(i int) (path, text string) {
			return config + fmt.Sprintf("u%d.service", many-i), fmt.Sprintf("-> u%d.service", many-i-1)
		}, []string{"list-unit-files", "disable u0.service"}},
		"wants": {func(i int) (path, text string) {
			return config + fmt.Sprintf("u%d.service", i+1), fmt.Sprintf("[Install]\nAlias=x%d.service\n"+
				"Also=u%d.service\nWantedBy=u%d.target\n", i, (i+2)%many, i)
		}, []string{"list-unit-files", "enable u1.service", "reenable u1.service", "disable u1.service"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			writeFile(t, root+config+"u0.service", "[Install]\nWantedBy=a.target\n")
			var policy strings.Builder
			for i := range many {
				fmt.Fprintf(&policy, "disable u%d.service\n", i)
				path, text := c.unit(i)
				if target, link := strings.CutPrefix(text, "-> "); !link {
					writeFile(t, root+path, text)
				} else if err := os.Symlink(target, root+path); err != nil {
					t.Fatal(err)
				}
			}
			writeFile(t, root+"/etc/systemd/system-preset/a.preset", policy.String())
			for _, command := range c.commands {
				inProcess(t, root, strings.Fields(command)...)
			}
		})
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err = errors.Join(err, os.WriteFile(path, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}

// listAll is all that is in a directory: paths, contents, targets.
func listAll(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target, _ := os.Readlink(path) // "" for others
		var text []byte
		if d.Type().IsRegular() {
			text, err = os.ReadFile(path)
		}
		fmt.Fprintf(&out, "%s %s %q\n", "/"+strings.TrimPrefix(strings.TrimPrefix(path, dir), "/"), target, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}
