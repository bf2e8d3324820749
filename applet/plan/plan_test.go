package plan

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/plan"
)

// root makes a root with unit files: name, then text.
func root(t *testing.T, files ...string) string {
	dir := t.TempDir()
	for i := 0; i < len(files); i += 2 {
		name := filepath.Join(dir, files[i])
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		text, isLink := strings.CutPrefix(files[i+1], "-> ")
		if isLink {
			if err := os.Symlink(text, name); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run is a command line.
func run(args ...string) (stdout, stderr string, status int) {
	var out, err bytes.Buffer
	status = Run(context.Background(), ui.IO{Out: &out, Err: &err}, append([]string{"plan"}, args...))
	return out.String(), err.String(), status
}

const etc = "etc/systemd/system/"

func shop(t *testing.T) string {
	return root(t,
		etc+"web.service", "[Unit]\nDefaultDependencies=no\nRequires=db.service\nAfter=db.service\n"+
			"Conflicts=old.service\n[Service]\nExecStart=/bin/web\nSlice=-.slice\n",
		etc+"db.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/db\nSlice=-.slice\n",
		etc+"log.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/log\nSlice=-.slice\n",
		etc+"web.service.wants/log.service", "-> ../log.service",
		etc+"round.service", "[Unit]\nDefaultDependencies=no\nRequires=trip.service\nAfter=trip.service\n"+
			"[Service]\nExecStart=/bin/x\n",
		etc+"trip.service", "[Unit]\nDefaultDependencies=no\nRequires=round.service\nAfter=round.service\n"+
			"[Service]\nExecStart=/bin/x\n")
}

func TestTree(t *testing.T) {
	dir := shop(t)
	out, stderr, status := run("--root="+dir, "start", "web")
	want := `start web.service (inactive)    asked for
├─start db.service (inactive)   Requires= of web.service, /etc/systemd/system/web.service:3
└─start log.service (inactive)  Wants= of web.service, /etc/systemd/system/web.service.wants/log.service
`
	if out != want || stderr != "" || status != changes {
		t.Errorf("status %d, %s\n%s\nwant\n%s", status, stderr, out, want)
	}
}

func TestStatuses(t *testing.T) {
	dir := shop(t)
	for _, c := range []struct {
		args, out, stderr string
		status            int
	}{
		{"stop|web", "Nothing would be done.\n", "", nothing},
		{"try-restart|web", "Nothing would be done.\n", "", nothing},
		{"start|nothing", "", "start nothing.service would fail: Unit nothing.service not found.\n", failed},
		{"dance|web", "", "Unknown command dance: \"steward plan --help\" lists them.\n", failed},
		{"start", "", "Too few arguments.\n", failed},
		{"--job-mode=x|start|web", "", "Failed to parse argument to --job-mode=: x\n", failed},
		{"--json=x|start|web", "", "Unknown JSON output mode: x\n", failed},
	} {
		out, stderr, status := run(append([]string{"--root=" + dir}, strings.Split(c.args, "|")...)...)
		if out != c.out || stderr != c.stderr || status != c.status {
			t.Errorf("%s: status %d, %q, %q; want %d, %q, %q", c.args, status, out, stderr, c.status, c.out, c.stderr)
		}
	}
}

// A cycle is refused with its edges, each with the line that states it.
func TestCycle(t *testing.T) {
	_, stderr, status := run("--root="+shop(t), "start", "round")
	for _, want := range []string{"round.service:4", "trip.service:4"} {
		if !strings.Contains(stderr, want) || status != failed {
			t.Errorf("status %d, no %s in %s", status, want, stderr)
		}
	}
}

func TestJSON(t *testing.T) {
	out, _, status := run("--root="+shop(t), "--json=short", "start", "web")
	var p plan.Plan
	if err := json.Unmarshal([]byte(out), &p); err != nil || status != changes {
		t.Fatalf("%v, status %d", err, status)
	}
	if p.Source != "files" || len(p.Jobs) != 3 || p.Jobs[0].After[0] != "db.service" || p.Edits == nil {
		t.Errorf("%+v", p)
	}
}
