package systemctl

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/ui"
)

// TestEdit edits units below a root: by a script as the editor, and from standard input.
func TestEdit(t *testing.T) {
	root := t.TempDir()
	write := func(path, text string) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write("usr/lib/systemd/system/a.service", "[Service]\nExecStart=/bin/true\n")
	write("etc/systemd/system/b.service", "[Service]\nExecStart=/bin/false\n")
	if err := os.Symlink("/dev/null", root+"/etc/systemd/system/m.service"); err != nil {
		t.Fatal(err)
	}
	const config, runtime = "etc/systemd/system/", "run/systemd/system/"
	for _, c := range []struct {
		editor, args, in string
		file, want       string // what the file holds then, "" if it is not to be there
		status           int
	}{
		{`sed -i '4s/^/[Unit]/'`, "edit a", "", config + "a.service.d/override.conf", "[Unit]\n", 0},
		{`sed -i '4i# more'`, "edit a", "", config + "a.service.d/override.conf", "# more\n[Unit]\n", 0},
		{"true", "edit --drop-in=x a", "", config + "a.service.d/x.conf", "", 0},
		{"sed -i d", "edit a", "", config + "a.service.d/override.conf", "# more\n[Unit]\n", 0},
		{"false", "edit --drop-in=y a", "", config + "a.service.d/y.conf", "", 1},
		{"/none/editor", "edit a", "", config + "a.service.d/y.conf", "", 1},
		{"sed -i 1s/^/#x/", "edit --full a", "", config + "a.service", "#x[Service]\nExecStart=/bin/true\n", 0},
		{"true", "edit --full b", "", config + "b.service", "[Service]\nExecStart=/bin/false\n", 0},
		{"", "edit --stdin --runtime --drop-in=r a", "[Unit]\n", runtime + "a.service.d/r.conf", "[Unit]\n", 0},
		{"", "edit --stdin --runtime --full b", "[Unit]\n", runtime + "b.service", "", 1},
		{"", "edit --stdin --full none", "[Unit]\n", config + "none.service", "", 1},
		{"", "edit --stdin --full --force none", "[Unit]\n", config + "none.service", "[Unit]\n", 0},
		{"", "edit --stdin m", "[Unit]\n", config + "m.service.d/override.conf", "", 1},
		{"", "edit --stdin --drop-in=../x a", "[Unit]\n", config + "x.conf", "", 1},
		{"", "edit --stdin --drop-in=e a", "\n", config + "a.service.d/e.conf", "", 0},
	} {
		env := map[string]string{"SYSTEMD_EDITOR": c.editor, "SYSTEMD_COLORS": "no"}
		var out, stderr bytes.Buffer
		io := ui.IO{In: strings.NewReader(c.in), Out: &out, Err: &stderr, Terminal: true,
			Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok }}
		status := Run(t.Context(), io, append([]string{"systemctl", "--root=" + root}, strings.Fields(c.args)...))
		text, _ := os.ReadFile(filepath.Join(root, c.file)) // "" where it is not there
		if status != c.status || string(text) != c.want {
			t.Errorf("%s: status %d, %q, want %d, %q\n%s%s", c.args, status, text, c.status, c.want, out.Bytes(),
				stderr.Bytes())
		}
	}
	var out, stderr bytes.Buffer
	args := []string{"systemctl", "--root=" + root, "cat", "a", "m", "no"}
	status := Run(t.Context(), ui.IO{Out: &out, Err: &stderr}, args)
	want := "# ROOT/etc/systemd/system/a.service\n#x[Service]\nExecStart=/bin/true\n\n" +
		"# ROOT/etc/systemd/system/a.service.d/override.conf\n# more\n[Unit]\n\n" +
		"# ROOT/run/systemd/system/a.service.d/r.conf\n[Unit]\n\n# Unit m.service is masked.\n"
	if got := strings.ReplaceAll(out.String(), root, "ROOT"); got != want || status != 1 ||
		stderr.String() != "No files found for no.service.\n" {
		t.Errorf("cat: %q, %q, status %d", got, stderr.Bytes(), status)
	}
}

// TestDryRun shows what would be done and why, and does nothing.
func TestDryRun(t *testing.T) {
	root := t.TempDir()
	dir := root + "/usr/lib/systemd/system"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"a.service": "[Install]\nAlso=b.socket\nAlias=other.service\n",
		"b.socket": "[Unit]\n[Install]\nWantedBy=sockets.target\n", "sockets.target": ""} {
		if err := os.WriteFile(dir+"/"+name, []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out, stderr bytes.Buffer
	args := []string{"systemctl", "--root=" + root, "--dry-run", "enable", "a"}
	status := Run(t.Context(), ui.IO{Out: &out, Err: &stderr}, args)
	want := "Would create symlink ROOT/etc/systemd/system/other.service → /usr/lib/systemd/system/a.service.\n" +
		"    for a.service: Alias=other.service (/usr/lib/systemd/system/a.service:3)\n" +
		"Would create symlink ROOT/etc/systemd/system/sockets.target.wants/b.socket → /usr/lib/systemd/system/b.socket.\n" +
		"    for b.socket: WantedBy=sockets.target (/usr/lib/systemd/system/b.socket:3), " +
		"through Also=b.socket (/usr/lib/systemd/system/a.service:2)\n"
	if got := strings.ReplaceAll(out.String(), root, "ROOT"); got != want || status != 0 || stderr.Len() > 0 {
		t.Errorf("%s%s, status %d", got, stderr.Bytes(), status)
	}
	if _, err := os.Stat(root + "/etc"); err == nil {
		t.Error("something was done")
	}
}
