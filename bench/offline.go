package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// task is a command that needs no manager, with the words that both sides get. ROOT stands for a folder that is a
// machine's root; what a task changes is there for those behind it.
type task struct {
	name, line string
	goal       float64
}

// verifyAll grows with the number of units more than others do.
var verifyAll = task{"analyze verify of a target with all",
	"systemd-analyze --root=ROOT --man=no verify all.target", 0.2}

// tasks are what packages, image builders and administrators run without a manager.
func tasks() []task {
	return []task{
		{"list-unit-files", "systemctl --root=ROOT list-unit-files", 1},
		{"enable of all", "systemctl --root=ROOT enable UNITS", 1},
		{"is-enabled of all", "systemctl --root=ROOT is-enabled UNITS", 1},
		{"preset-all", "systemctl --root=ROOT preset-all", 1},
		{"tmpfiles --create", "systemd-tmpfiles --root=ROOT --create", 1},
		{"sysusers", "systemd-sysusers --root=ROOT", 1},
		{"delta", "systemd-delta --no-pager --diff=no", 1},
		verifyAll,
		{"analyze cat-config", "systemd-analyze --root=ROOT cat-config systemd/system.conf", 1},
		{"analyze unit-paths", "systemd-analyze unit-paths", 1},
		{"analyze calendar", "systemd-analyze calendar --iterations=10 Mon..Fri_*-*-1..7_04:00", 1},
	}
}

// offline measures commands without a manager, each side in a root of its own that is made anew for every run.
func (l *lab) offline() error {
	n, many := 1000, large
	if l.short {
		n, many = 10, 20
	}
	for run := range l.runs {
		if err := l.offlineRun(run, n, tasks()); err != nil {
			return err
		}
	}
	for run := range l.large {
		if err := l.offlineRun(run, many, []task{verifyAll}); err != nil {
			return err
		}
	}
	return nil
}

// offlineRun has each side perform tasks in a root with n units.
func (l *lab) offlineRun(run, n int, list []task) error {
	for i, s := range l.sides {
		fmt.Fprintf(l.progress, "%s offline %d units run %d: %s\n", time.Now().Format(time.TimeOnly), n, run+1, s.name)
		root, err := os.MkdirTemp(l.dir, "root-")
		if err != nil {
			return err
		}
		if err := fillRoot(root, n); err != nil {
			return fmt.Errorf("make root: %w", err)
		}
		for _, t := range list {
			if err := l.ctx.Err(); err != nil {
				return err
			}
			took, err := l.perform(i > 0, t, root, n)
			if err != nil {
				l.fail(fmt.Errorf("offline: %s: %s: %w", s.name, t.name, err))
				continue
			}
			of := figure{part: "offline", name: t.name, units: n, measure: "ms", goal: t.goal}
			l.figures.add(s.name, of, took.Seconds()*1000)
		}
		if err := os.RemoveAll(root); err != nil {
			return err
		}
	}
	return nil
}

// perform runs a task, by the candidate or the reference, and says how long it took.
func (l *lab) perform(candidate bool, t task, root string, n int) (time.Duration, error) {
	var argv []string
	if candidate && l.candidate != "systemd" {
		argv = []string{l.candidate}
	}
	for word := range strings.FieldsSeq(t.line) {
		if word == "UNITS" {
			for i := range n {
				argv = append(argv, unitName(i))
			}
			continue
		}
		argv = append(argv, strings.ReplaceAll(strings.ReplaceAll(word, "ROOT", root), "_", " "))
	}
	cmd := exec.CommandContext(l.ctx, argv[0], argv[1:]...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC"}
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(begin)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("%w: %.300s", err, out)
	}
	return took, err
}

// unitName is what unit i of a root is called.
func unitName(i int) string { return "unit" + strconv.Itoa(i) + ".service" }

// fillRoot makes a root with n services and a target that wants them, presets, and as many lines for tmpfiles.d(5) and
// sysusers.d(5).
func fillRoot(root string, n int) error {
	var wants, temporary, users strings.Builder
	files := map[string]string{
		"bin/true": "", "etc/systemd/system.conf": "[Manager]\nDefaultTimeoutStopSec=10s\n",
		"usr/lib/systemd/system-preset/50-all.preset": "disable unit1*\nenable *\n",
		"usr/lib/systemd/system/basic.target":         "[Unit]\nDescription=Basic\n",
		"usr/lib/systemd/system/multi-user.target":    "[Unit]\nRequires=basic.target\nAfter=basic.target\n",
		"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/group": "root:x:0:\n",
	}
	for i := range n {
		fmt.Fprintf(&wants, "Wants=%s\n", unitName(i))
		fmt.Fprintf(&temporary, "d /var/lib/unit%d 0750 - - -\n", i)
		fmt.Fprintf(&users, "u unit%d - \"Service %d\" /var/lib/unit%d\n", i, i, i)
		files["usr/lib/systemd/system/"+unitName(i)] = fmt.Sprintf("[Unit]\nDescription=Service %d\n"+
			"After=basic.target\n[Service]\nExecStart=/bin/true --number=%d\nRestart=on-failure\n"+
			"[Install]\nWantedBy=multi-user.target\n", i, i)
	}
	files["usr/lib/systemd/system/all.target"] = "[Unit]\n" + wants.String()
	files["usr/lib/tmpfiles.d/units.conf"], files["usr/lib/sysusers.d/units.conf"] = temporary.String(), users.String()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	for _, dir := range []string{"var/lib", "run", "tmp", "proc", "sys", "dev"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	return os.Chmod(filepath.Join(root, "bin/true"), 0o755)
}
