package sysvinstall

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/ui"
)

// links are the runlevels' links below a root.
func links(t *testing.T, root string) string {
	var list []string
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type()&fs.ModeSymlink != 0 && strings.Contains(path, "/etc/rc") {
			list = append(list, strings.TrimPrefix(path, root+"/etc/"))
			if target, _ := os.Readlink(path); target != "../init.d/"+filepath.Base(path)[3:] {
				t.Errorf("%s leads to %s", path, target)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestLinks(t *testing.T) {
	for _, c := range []struct{ name, script, on, off string }{
		{"lsb", "### BEGIN INIT INFO\n# Provides: lsb\n# Default-Start: 3 5\n# Default-Stop: 0 6\n### END INIT INFO\n",
			"rc0.d/K80lsb rc3.d/S20lsb rc5.d/S20lsb rc6.d/K80lsb", "rc0.d/K80lsb rc3.d/K80lsb rc5.d/K80lsb rc6.d/K80lsb"},
		{"chk", "# chkconfig: 345 9 91\n", "rc0.d/K91chk rc1.d/K91chk rc2.d/K91chk rc3.d/S09chk rc4.d/S09chk rc5.d/S09chk " +
			"rc6.d/K91chk", "rc0.d/K91chk rc1.d/K91chk rc2.d/K91chk rc3.d/K91chk rc4.d/K91chk rc5.d/K91chk rc6.d/K91chk"},
		{"early", "### BEGIN INIT INFO\n# Default-Start: S\n# Default-Stop:\n### END INIT INFO\n", "rcS.d/S20early",
			"rcS.d/K80early"},
	} {
		root := t.TempDir()
		script := filepath.Join(root, "etc/init.d", c.name)
		if err := os.MkdirAll(filepath.Dir(script), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(script, []byte("#!/bin/sh\n"+c.script), 0o755); err != nil {
			t.Fatal(err)
		}
		run := func(verb string) int {
			var out bytes.Buffer
			return Run(context.Background(), ui.IO{Out: &out, Err: &out},
				[]string{"systemd-sysv-install", "--root=" + root, verb, c.name})
		}
		for _, step := range []struct {
			verb   string
			status int
			links  string
		}{{"is-enabled", 1, ""}, {"enable", 0, c.on}, {"is-enabled", 0, c.on}, {"enable", 0, c.on},
			{"disable", 0, c.off}, {"is-enabled", 1, c.off}, {"enable", 0, c.on}} {
			if status := run(step.verb); status != step.status || links(t, root) != step.links {
				t.Errorf("%s %s: status %d, %s; want %d, %s", step.verb, c.name, status, links(t, root), step.status,
					step.links)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for _, args := range [][]string{{}, {"enable"}, {"dance", "x"}, {"enable", "../x"}, {"--nothing", "enable", "x"},
		{"--root=" + t.TempDir(), "enable", "missing"}} {
		var out bytes.Buffer
		u := ui.IO{Out: &out, Err: &out}
		if status := Run(context.Background(), u, append([]string{"systemd-sysv-install"}, args...)); status != 1 {
			t.Errorf("%q: status %d", args, status)
		}
	}
}
