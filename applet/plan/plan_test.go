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
		{"dance|web", "", noPlan("dance"), failed},
		{"daemon-reload", "", noPlan("daemon-reload"), failed},
		{"kill|web", "", noPlan("kill"), failed},
		{"restart|w*", "Nothing would be done.\n", "", nothing},
		{"condrestart|web", "Nothing would be done.\n", "", nothing},
		{"isolate|web|db", "", "Too many arguments.\n", failed},
		{"poweroff|web", "", "Too many arguments.\n", failed},
		{"start|/mnt/x", "", "start mnt-x.mount would fail: Unit mnt-x.mount not found.\n", failed},
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

func noPlan(verb string) string {
	return "No plan for " + verb + ": it is no command that queues jobs or edits unit files. " +
		"\"steward plan --help\" lists those.\n"
}

// Commands without units are plans of one that they imply.
func TestWithoutUnit(t *testing.T) {
	out, stderr, status := run("--root="+root(t, etc+"rescue.target",
		"[Unit]\nDefaultDependencies=no\nAllowIsolate=yes\n"), "rescue")
	if out != "start rescue.target (inactive)  asked for\n" || stderr != "" || status != changes {
		t.Errorf("status %d, %s\n%s", status, stderr, out)
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

// Edits come with the line that asks for them, and --now with the jobs.
func TestEdits(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	const unit = "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/a\nSlice=-.slice\n[Install]\n"
	dir := root(t,
		etc+"a.service", unit+"WantedBy=multi-user.target\nAlso=b.service\n",
		etc+"b.service", unit+"Alias=c.service\n",
		etc+"on.service", unit+"WantedBy=multi-user.target\n",
		etc+"multi-user.target", "[Unit]\n",
		etc+"multi-user.target.wants/on.service", "-> /"+etc+"on.service",
		"usr/lib/systemd/system-preset/90.preset", "disable on.service\nenable a.service\n")
	const wants = "/etc/systemd/system/multi-user.target.wants/"
	const enables = "link " + wants + "a.service → /etc/systemd/system/a.service  WantedBy= of a.service, " +
		"/etc/systemd/system/a.service:7\n" +
		"link /etc/systemd/system/c.service → /etc/systemd/system/b.service  Alias= of b.service, " +
		"/etc/systemd/system/b.service:7, through Also=b.service, /etc/systemd/system/a.service:8\n"
	for _, c := range []struct {
		args, out, stderr string
		status            int
	}{
		{"enable|a", enables, "", changes},
		{"enable|on", "Nothing would be done.\n", "", nothing},
		{"enable|--now|on", "start on.service (inactive)  asked for\n", "", changes},
		{"disable|on", "remove " + wants + "on.service  asked for\n", "", changes},
		{"disable|a", "Nothing would be done.\n", "", nothing},
		{"preset|on", "remove " + wants + "on.service  asked for, through disable=on.service, " +
			"/usr/lib/systemd/system-preset/90.preset:1\n", "", changes},
		{"mask|--runtime|a", "link /run/systemd/system/a.service → /dev/null  asked for\n", "", changes},
		{"mask|on", "", "mask on.service would fail: File /etc/systemd/system/on.service already exists.\n", failed},
		{"enable|nothing", "", "enable nothing.service would fail: Unit file nothing.service does not exist.\n", failed},
		{"add-wants|multi-user", "", "Too few arguments.\n", failed},
		{"add-wants|basic|a", "", "add-wants basic.target a.service would fail: Unit file basic.target does not exist.\n",
			failed},
		{"add-wants|multi-user|a", "link " + wants + "a.service → /etc/systemd/system/a.service  asked for\n", "", changes},
		{"disable|/somewhere/on.service", "remove " + wants + "on.service  asked for\n", "", changes},
		{"link|/" + etc + "a.service|x/y.service", "", "link /" + etc + "a.service " + here + "/x/y.service would fail: " +
			"Unit file " + here + "/x/y.service does not exist.\n", failed},
		{"set-default|a|b", "", "Too many arguments.\n", failed},
		{"preset-all|a", "", "Too many arguments.\n", failed},
		{"preset-all|--preset-mode=none", "", "Failed to parse preset mode: none\n", failed},
	} {
		out, stderr, status := run(append([]string{"--root=" + dir}, strings.Split(c.args, "|")...)...)
		if out != c.out || stderr != c.stderr || status != c.status {
			t.Errorf("%s: status %d\n%s%s\nwant %d\n%s%s", c.args, status, out, stderr, c.status, c.out, c.stderr)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, wants, "a.service")); err == nil {
		t.Error("a plan was carried out")
	}
}
