package sysvgenerator

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/ui"
)

// oracle is systemd's generator. It reads directories that variables name, and writes to those it is given.
const oracle = "/lib/systemd/system-generators/systemd-sysv-generator"

// world is a folder with init scripts, runlevels and unit files.
type world struct {
	t   *testing.T
	dir string
}

func newWorld(t *testing.T) world {
	w := world{t, t.TempDir()}
	for _, dir := range []string{"init.d", "units", "rc1.d", "rc2.d", "rc3.d", "rc4.d", "rc5.d", "rcS.d", "rc0.d"} {
		w.check(os.Mkdir(filepath.Join(w.dir, dir), 0o755))
	}
	return w
}

func (w world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// script writes an init script.
func (w world) script(name, text string) {
	w.check(os.WriteFile(filepath.Join(w.dir, "init.d", name), []byte("#!/bin/sh\n"+text), 0o755))
}

// link links a script in a runlevel.
func (w world) link(level, name, script string) {
	w.check(os.Symlink("../init.d/"+script, filepath.Join(w.dir, "rc"+level+".d", name)))
}

func (w world) environment() map[string]string {
	return map[string]string{"SYSTEMD_SYSVINIT_PATH": w.dir + "/init.d", "SYSTEMD_SYSVRCND_PATH": w.dir,
		"SYSTEMD_UNIT_PATH": w.dir + "/units", "SYSTEMD_LOG_TARGET": "console"}
}

// ours runs our generator and returns what it wrote.
func (w world) ours() map[string]string {
	tree, _ := w.oursAt("info")
	return tree
}

// oursAt runs our generator at a log level and returns what it wrote, and said.
func (w world) oursAt(level string) (map[string]string, string) {
	out, env := filepath.Join(w.t.TempDir(), "late"), w.environment()
	env["SYSTEMD_LOG_LEVEL"] = level
	w.check(os.Mkdir(out, 0o755))
	var stderr bytes.Buffer
	u := ui.IO{Err: &stderr, Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	if status := Run(context.Background(), u, []string{"systemd-sysv-generator", out, out, out}); status != 0 {
		w.t.Fatalf("status %d: %s", status, &stderr)
	}
	return w.tree(out), stderr.String()
}

// theirs runs the oracle's.
func (w world) theirs() map[string]string {
	tree, _ := w.theirsAt("info")
	return tree
}

func (w world) theirsAt(level string) (map[string]string, string) {
	if _, err := os.Stat(oracle); err != nil {
		w.t.Skip("systemd's generator is not installed")
	}
	top := w.t.TempDir()
	out := filepath.Join(top, "late")
	for _, dir := range []string{"normal", "early", "late"} {
		w.check(os.Mkdir(filepath.Join(top, dir), 0o755))
	}
	cmd := exec.Command(oracle, filepath.Join(top, "normal"), filepath.Join(top, "early"), out)
	cmd.Env = append(cmd.Env, "SYSTEMD_LOG_LEVEL="+level)
	for name, value := range w.environment() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	text, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("the oracle: %v: %s", err, text)
	}
	return w.tree(out), string(text)
}

// What is told at each reload of a manager is only what is wrong.
func TestMessages(t *testing.T) {
	w := newWorld(t)
	w.script("old", begin+"# Provides: old\n"+end)
	w.check(os.Symlink("nothing", filepath.Join(w.dir, "init.d", "dead")))
	_, got := w.oursAt("info")
	if want := "stat() failed on " + w.dir + "/init.d/dead, ignoring: No such file or directory\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if _, got := w.oursAt("debug"); !strings.Contains(got, "/init.d/old' lacks a native systemd unit file") {
		t.Errorf("at debug: %q", got)
	}
	if _, want := w.theirsAt("info"); got != want {
		t.Errorf("%q, the oracle %q", got, want)
	}
}

// tree is what is in a folder: the settings of files in the order of the alphabet, because the oracle has no order, and
// once, and where symlinks lead.
func (w world) tree(dir string) map[string]string {
	tree := map[string]string{}
	w.check(filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		name := strings.TrimPrefix(path, dir)
		switch {
		case err != nil:
			return err
		case e.Type()&fs.ModeSymlink != 0:
			tree[name], err = os.Readlink(path)
		case e.Type().IsRegular():
			data, readErr := os.ReadFile(path)
			lines := strings.Split(strings.TrimSpace(string(data)), "\n")
			slices.Sort(lines)
			tree[name], err = strings.Join(slices.Compact(lines), "\n"), readErr
		}
		return err
	}))
	return tree
}

// same compares our units with the oracle's.
func (w world) same() {
	w.t.Helper()
	got, want := w.ours(), w.theirs()
	for name := range want {
		if _, ok := got[name]; !ok {
			w.t.Errorf("%s is missing:\n%s", name, want[name])
		}
	}
	for name, text := range got {
		if text != want[name] {
			w.t.Errorf("%s:\n%s\nthe oracle's:\n%s", name, text, want[name])
		}
	}
}

const begin, end = "### BEGIN INIT INFO\n", "### END INIT INFO\n"

func TestScripts(t *testing.T) {
	w := newWorld(t)
	w.script("all", begin+"# Provides: all other\n# Required-Start: $network $remote_fs $local_fs $syslog $named $time\n"+

		"# Should-Start: $portmap late $mine\n# Required-Stop: $network\n# X-Start-Before: after.sh\n# X-Start-After: x\n"+
		"# Default-Start: 2 3 4 5\n# Short-Description: 100% \"mine\"\n# Description: Long\n"+end+
		"# pidfile: /run/all.pid\n")
	w.script("facility.sh", begin+"# Provides: $network $named $own facility\n# Description: first\n#   second\n"+
		"#\tthird\n# not: any\n"+end)
	w.script("chk", "# chkconfig: 2345 20 80\n# description: Chk \\\n#  more\n# pidfile: /var/run/chk.pid\n"+
		"echo \"Usage: $0 {start|stop|reload}\"\n")
	w.script("force", "echo \"Usage: $0 {start|force-reload}\"\n# pidfile: relative\n")
	w.script("usage", "echo Usage: start \\\n  reload\n")
	w.script("open", "# description: one\n# description: two\n"+begin+"# Provides: open\n")
	w.script("native", begin+"# Provides: native\n"+end)
	w.script("strange", begin+"# Provides: strange\n# Required-Start: +$local_fs $all we/ird a@b $x.y\n"+
		"# X-Interactive: yes\n# Short-Description:   \n"+end)
	w.check(os.WriteFile(filepath.Join(w.dir, "units/native.service"), []byte("[Service]\nExecStart=/bin/true\n"), 0o644))
	w.script("off", "")
	w.check(os.Chmod(filepath.Join(w.dir, "init.d/off"), 0o644))
	w.link("2", "S05all", "all")
	w.link("3", "S02all", "all")
	w.link("5", "S20chk", "chk")
	w.link("1", "S03force", "force")
	w.link("S", "S03open", "open")
	w.link("4", "S30facility.sh", "facility.sh")
	w.link("0", "K01usage", "usage")
	w.link("2", "S99gone", "gone")
	w.same()
}

// TestUsage compares what is made of what scripts say of their usage, and of descriptions in several places.
func TestUsage(t *testing.T) {
	w := newWorld(t)
	for n, text := range []string{
		"echo Usage: x {start|reload}", "echo usage x {start|reload}", "echo {start|reload}", "Usage: {reload|start}",
		"Usage: reload", "Usage: <reload>", "Usage: start|reload|stop", "Usage: [reload]", "Usage: {start | reload}",
		"Usage: {reload}", "Usage: {start|force-reload}", "Usage: {start|reload-x}",
		"echo \"Usage: {reload\"", "USAGE {RELOAD|x}",
		"Usage: {start|\\\n|reload|stop}", "Usage: {start|\\\nreload}",
		"Usage: {start|\\\n# x\n|reload}", "# usage: {reload}",
		"echo \"Usage: start|stop|reload\"", "Usage: start, reload", "Usage: (start|reload)",
		"usage() { echo '{start|reload}'; }",
		"# description: a \\\nfoo\n# b\nUsage: {reload}", "# description: a \\\nUsage: {reload}",
		begin + "# Provides: q\nUsage: {reload}",
		begin + "# Description: long\n" + end + "# description: chk",
		"# description: chk\n" + begin + "# Description: long\n" + end,
		begin + "# Short-Description: s\n# Description: long\n" + end + "# description: chk",
		begin + "# Description: x\nfoo\n#   more\n" + end + "Usage: {reload}",
	} {
		w.script(fmt.Sprintf("s%02d", n), text+"\n")
	}
	for _, name := range []string{"a.dpkg-old", "b~", "c.rpmsave", "d.ucf-dist", ".e", "f.orig", "g.bak.x", "h.swp",
		"lost+found"} {
		w.script(name, "")
	}
	w.same()
}

// TestGenerated compares random headers.
func TestGenerated(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	words := []string{"$network", "$remote_fs", "$syslog", "$named", "$all", "$odd", "a", "b", "c.sh", "d-e", "none"}
	keys := []string{"Required-Start", "Should-Start", "X-Start-Before", "X-Start-After", "Required-Stop", "Default-Start",
		"Short-Description", "Description", "X-Unknown", "required-start"}
	for round := range 12 {
		w := newWorld(t)
		for n := range 12 {
			name := string(rune('a'+n)) + []string{"", ".sh", "-x"}[random.IntN(3)]
			var b strings.Builder
			lsb := random.IntN(3) > 0
			if lsb {
				fmt.Fprintf(&b, "%s# Provides: %s p%d-%d\n", begin, name, round, n)
			}
			for range random.IntN(6) {
				fmt.Fprintf(&b, "#%s%s:", strings.Repeat(" ", random.IntN(3)), keys[random.IntN(len(keys))])
				for range random.IntN(4) {
					b.WriteString(" " + words[random.IntN(len(words))])
				}
				b.WriteByte('\n')
			}
			if lsb && random.IntN(8) > 0 {
				b.WriteString(end)
			}
			w.script(name, b.String())
			for range random.IntN(3) {
				level, number := 1+random.IntN(5), random.IntN(100)
				if _, err := os.Lstat(fmt.Sprintf("%s/rc%d.d/S%02d%s", w.dir, level, number, name)); err != nil {
					w.link(fmt.Sprint(level), fmt.Sprintf("S%02d%s", number, name), name)
				}
			}
		}
		w.same()
	}
}

// TestHostileScripts has scripts whose names and headers try to write elsewhere, or lines of their own into units.
func TestHostileScripts(t *testing.T) {
	w := newWorld(t)
	const header = "### BEGIN INIT INFO\n# Provides: ../../evil /etc/evil ..\\evil evil\xff \x1bevil\n" +
		"# Short-Description: good\rExecStartPre=/evil \\\n# Required-Start: ../../evil $../evil\n" +
		"# X-Start-Before: a\rUser=evil\n### END INIT INFO\n# pidfile: /run/x\rExecStopPost=/evil\n"
	for _, name := range []string{"good", "line\nExecStartPre=evil", "\xff\xfe", "back\\slash", "a b", "return\rUser=evil",
		strings.Repeat("x", 250), "..good", "per%ncent", "\x1b[31m"} {
		w.script(name, header)
	}
	outside := filepath.Join(t.TempDir(), "secret")
	w.check(os.WriteFile(outside, []byte("untouched"), 0o755))
	init := filepath.Join(w.dir, "init.d")
	for name, target := range map[string]string{"loop": "loop", "nowhere": "/nowhere", "dir": "/etc",
		"device": "/dev/zero"} {
		w.check(os.Symlink(target, filepath.Join(init, name)))
	}
	w.link("2", "S01good", "good")

	top := t.TempDir()
	out := filepath.Join(top, "late")
	w.check(os.Mkdir(out, 0o755))
	w.check(os.Symlink(outside, filepath.Join(out, "good.service")))
	env := w.environment()
	var stderr bytes.Buffer
	u := ui.IO{Err: &stderr, Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
	Run(context.Background(), u, []string{"systemd-sysv-generator", out, out, out})
	if text, err := os.ReadFile(outside); string(text) != "untouched" {
		t.Errorf("a symlink was written through: %q, %v", text, err)
	}
	if list, err := os.ReadDir(top); len(list) != 1 || err != nil {
		t.Errorf("written beside the folder: %v, %v", list, err)
	}
	files := w.tree(out)
	if files["/good.service"] == "" {
		t.Errorf("the good script has no unit: %q, %s", files, &stderr)
	}
	for name, text := range files {
		for line := range strings.FieldsFuncSeq(text, func(c rune) bool { return c == '\n' || c == '\r' }) {
			key, _, _ := strings.Cut(line, "=")
			if key == "ExecStartPre" || key == "ExecStopPost" || key == "User" || strings.HasSuffix(line, "\\") {
				t.Errorf("%q has the line %q", name, line)
			}
		}
	}
}
