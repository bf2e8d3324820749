package analyze

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/ui"
)

// folder has unit files: name, then text.
func folder(t *testing.T, files ...string) string {
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(files[i+1]), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// verifies is a command line with some standard input, in a folder.
func verifies(input string, args ...string) (stdout, stderr string, status int) {
	var out, err bytes.Buffer
	u := ui.IO{In: strings.NewReader(input), Out: &out, Err: &err}
	status = Run(context.Background(), u, append([]string{"systemd-analyze", "verify", "--man=no"}, args...))
	return out.String(), err.String(), status
}

// verifyUnits are units each with something wrong, or nothing.
func verifyUnits(t *testing.T) string {
	const head = "[Unit]\nDescription=x\n"
	return folder(t,
		"good.service", head+"[Service]\nExecStart=/bin/true\n",
		"key.service", head+"Foo=1\n[Service]\nExecStart=/bin/true\n",
		"wants.service", head+"Wants=key.service\n[Service]\nExecStart=/bin/true\n",
		"requires.service", head+"Requires=nothing.service\nAfter=nothing.service\n[Service]\nExecStart=/bin/true\n",
		"program.service", head+"[Service]\nExecStart=/nonexistent/program\n",
		"relative.service", head+"[Service]\nExecStart=rel/program\n",
		"empty.service", head+"[Service]\nType=oneshot\n",
		"masked.service", "",
		"alone.socket", head+"[Socket]\nListenStream=1\n",
		"inst@.service", head+"[Service]\nExecStart=/bin/echo %i\nExecStartPre=nothing-of-that-name\n",
		"bare.service", "[Service]\nExecStart=/bin/true\nPIDFile=/var/run/x\n")
}

// TestVerify compares the exit status with the oracle's, and shows what is printed. The texts are our own: they have
// columns and advice.
func TestVerify(t *testing.T) {
	dir := verifyUnits(t)
	for _, c := range []struct {
		args, want string
		status     int
	}{
		{"good.service", "", 0},
		{"key.service", "key.service:3:1: warning: unknown key Foo= in section [Unit], ignoring", 0},
		{"wants.service", "key.service:3:1: warning: unknown key Foo=", 0},
		{"--recursive-errors=no wants.service", "", 0},
		{"--recursive-errors=yes wants.service", "key.service:3:1: warning: unknown key Foo=", 1},
		{"--recursive-errors=no key.service", "key.service:3:1: warning: unknown key Foo=", 1},
		{"requires.service", "requires.service: Failed to create requires.service/start: Unit nothing.service not found.", 1},
		{"program.service", "program.service: Command /nonexistent/program is not executable: No such file or directory", 1},
		{"program.service:other.service", "other.service: Command /nonexistent/program is not executable", 1},
		{"relative.service", "Unit relative.service has a bad unit file setting.", 1},
		{"empty.service", "Unit empty.service has a bad unit file setting.", 1},
		{"masked.service", "Unit masked.service is masked.", 1},
		{"alone.socket", "alone.socket: service alone.service not loaded, socket cannot be started.", 1},
		{"inst@.service", "inst@i.service: Command nothing-of-that-name is not executable: No such file", 1},
		{"missing.service", "Unit missing.service not found.", 1},
		{"good.service:bad", "Failed to prepare filename", 1},
		{"good.service key.service", "key.service:3:1: warning: unknown key Foo=", 0},
		{"--rules=x good.service", "Unknown rule x", 1},
	} {
		words := strings.Fields(c.args)
		for i, w := range words {
			if !strings.HasPrefix(w, "-") {
				words[i] = filepath.Join(dir, w)
			}
		}
		stdout, stderr, status := verifies("", words...)
		if stdout != "" || status != c.status || !strings.Contains(stderr, c.want) || c.want == "" && stderr != "" {
			t.Errorf("%s: status %d, want %d; %s\n%s\nwant %s", c.args, status, c.status, stdout, stderr, c.want)
		}
		if strings.HasPrefix(c.args, "--rules") {
			continue
		}
		oracle := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, words...)...)
		err := oracle.Run()
		if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
			t.Skip("systemd-analyze is not installed: the exit statuses are not compared")
		}
		if got := oracle.ProcessState.ExitCode(); got != c.status {
			t.Errorf("%s: the oracle's status is %d", c.args, got)
		}
	}
}

func TestVerifyStandardInput(t *testing.T) {
	const text = "[Unit]\nDescription=x\nAfter=syslog.target\n[Service]\nExecStart=/bin/true\n"
	_, stderr, status := verifies(text, "-")
	if !strings.HasPrefix(stderr, "<stdin>:3:7: warning: syslog.target has no meaning any more [obsolete-target]") ||
		status != 0 {
		t.Errorf("status %d, %s", status, stderr)
	}
	if _, stderr, status = verifies(text, "--rules=var-run", "-"); stderr != "" || status != 0 {
		t.Errorf("another rule: status %d, %s", status, stderr)
	}
	stdout, _, status := verifies(text, "--fix", "--unit=x.service", "-")
	if stdout != strings.Replace(text, "After=syslog.target\n", "", 1) || status != 0 {
		t.Errorf("--fix: status %d, %s", status, stdout)
	}
}

func TestVerifyFix(t *testing.T) {
	dir := folder(t, "real/x.service",
		"[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\nType=forking\nPIDFile=/var/run/x\nKillMode=process\n")
	file, link := filepath.Join(dir, "real/x.service"), filepath.Join(dir, "x.service")
	if err := os.Chmod(file, 0o775); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real/x.service", link); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := verifies("", "--fix", "--recursive-errors=no", link)
	data, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(data), "PIDFile=/run/x\n") {
		t.Errorf("%v: %s", err, data)
	}
	if info, err := os.Lstat(file); err != nil || info.Mode() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the symlink is gone: %v", err)
	}
	// What could not be mended counts.
	if status != 1 || !strings.Contains(stderr, "[var-run] (mended)") ||
		!strings.Contains(stderr, "[weak-kill-mode] (drop") {
		t.Errorf("status %d, %s", status, stderr)
	}
}

func TestVerifyForPrograms(t *testing.T) {
	dir := verifyUnits(t)
	stdout, stderr, status := verifies("", "--json=short", filepath.Join(dir, "bare.service"))
	var list []map[string]any
	if err := json.Unmarshal([]byte(stdout), &list); err != nil || stderr != "" || status != 0 {
		t.Fatalf("%v, status %d, %s%s", err, status, stdout, stderr)
	}
	got := map[string]string{}
	for _, f := range list {
		got[f["code"].(string)] = fmt.Sprintf("%v %v %v %v %v", f["line"], f["column"], f["severity"], f["fixable"],
			f["reason"] != "")
	}
	if got["no-description"] != "1 0 warning false true" || got["var-run"] != "3 9 warning true true" || len(got) != 2 {
		t.Errorf("%v", got)
	}
	stdout, _, _ = verifies("", "--json=sarif", filepath.Join(dir, "bare.service"), filepath.Join(dir, "program.service"))
	var log sarifLog
	if err := json.Unmarshal([]byte(stdout), &log); err != nil || log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("%v: %s", err, stdout)
	}
	rules := map[string]bool{}
	for _, r := range log.Runs[0].Tool.Driver.Rules {
		rules[r.ID] = true
	}
	levels := ""
	for _, r := range log.Runs[0].Results {
		if !rules[r.RuleID] || r.Locations[0].Physical.Artifact.URI == "" {
			t.Errorf("result %+v", r)
		}
		levels += r.Level + " "
	}
	if levels != "warning warning error " {
		t.Errorf("levels %s", levels)
	}
}

// Each place is a reference that a code host can follow: into the repository, where one stands.
func TestSARIFPlaces(t *testing.T) {
	for _, c := range []struct{ file, dir, want string }{
		{"/repo/debian/a.service", "/repo", "debian/a.service"},
		{"/repo/my units/a\\x2d%i.service", "/repo", "my%20units/a%5Cx2d%25i.service"},
		{"/repository/a.service", "/repo", "file:///repository/a.service"},
		{"/a.service", "/", "a.service"},
		{"/a b.service", "", "file:///a%20b.service"},
		{stdin, "/repo", "stdin"},
	} {
		if got := uri(c.file, c.dir); got != c.want {
			t.Errorf("%s in %s: %s, want %s", c.file, c.dir, got, c.want)
		}
	}
}

// An image's files are looked at in the image: programs, the units that are needed, symlinks.
func TestVerifyRoot(t *testing.T) {
	dir := folder(t, "etc/systemd/system/a.service",
		"[Unit]\nDescription=a\n[Service]\nExecStart=/bin/here\nExecStop=/bin/true\n", "bin/here", "")
	if err := os.Chmod(filepath.Join(dir, "bin/here"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, stderr, status := verifies("", "--root="+dir, "/etc/systemd/system/a.service")
	want := "a.service: Command /bin/true is not executable: No such file or directory\n" +
		"/etc/systemd/system/a.service: warning: a package's unit file lies in /etc/systemd/system [file-place] " +
		"(install it below /usr/lib/systemd)\n"
	if stderr != want || status != 1 {
		t.Errorf("status %d, %s\nwant %s", status, stderr, want)
	}
}

// TestVerifyUnusable compares which lines make a unit unusable when they can't be read: those without which it would
// run as somebody else, or somewhere else.
func TestVerifyUnusable(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "u.service")
	for _, line := range []string{"User=-1", "User=a:b", "User=%z", "User=65535", "User=", "User=0",
		"User=a.b", "Group=/a", "SupplementaryGroups=root /x", "SupplementaryGroups=%z",
		"WorkingDirectory=srv", "WorkingDirectory=-srv",
		"WorkingDirectory=/a/../b", "WorkingDirectory=~x", "WorkingDirectory=~", "RootDirectory=a", "RootDirectory=-/a",
		"RootImage=a", "DynamicUser=x", "DynamicUser=",
		"Nice=x", "UMask=9", "NoNewPrivileges=x", "StateDirectory=/a",
		"ProtectSystem=x", "CapabilityBoundingSet=x", "Environment=x", "ExecStop=a", "ExecStop=/a \"b"} {
		text := "[Unit]\nDescription=A\n[Service]\nExecStart=/bin/true\n" + line + "\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		const bad = "bad unit file setting"
		_, stderr, _ := verifies("", file)
		theirs, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput()
		if _, isExit := err.(*exec.ExitError); err != nil && !isExit {
			t.Skip("systemd-analyze is not installed: nothing can be compared")
		}
		if ours := strings.Contains(stderr, bad); ours != strings.Contains(string(theirs), bad) {
			t.Errorf("%s: unusable %v, the oracle says otherwise:\n%s\nours:\n%s", line, ours, theirs, stderr)
		}
	}
}
