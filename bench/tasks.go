package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// task is a command that needs no manager, with the words that both sides get. In them and in env ROOT stands for a
// folder that is a machine's root, UNITS for all units of it, UNIT for another one in each call, and _ for a space.
// What a task changes is there for those behind it.
type task struct {
	name, line string
	goal       float64
	calls      int    // in each run, of what takes a short time
	writes     bool   // it changes files
	anyStatus  bool   // how it ends says something about the machine
	env        string // further variables
}

// verifyAll grows with the number of units more than others do.
var verifyAll = task{name: "analyze verify of a target with all",
	line: "systemd-analyze --root=ROOT --man=no verify all.target", goal: 0.2}

// generatorPath is where Debian has the reference's generator.
const generatorPath = "/lib/systemd/system-generators/systemd-sysv-generator"

// generator has its folders by variables and arguments, and no option for a root.
var generator = task{name: "sysv-generator, as many scripts", goal: 1, writes: true,
	line: generatorPath + " ROOT/generated ROOT/generated.early ROOT/generated.late",
	env:  "SYSTEMD_SYSVINIT_PATH=ROOT/etc/init.d SYSTEMD_SYSVRCND_PATH=ROOT/etc SYSTEMD_UNIT_PATH=ROOT/etc/systemd/system"}

// tasks are what packages, image builders and administrators run without a manager: first what is asked about one unit
// or about nothing, then what is done with all.
func tasks() []task {
	var list []task
	one := func(line string) { list = append(list, task{name: short(line), line: line, goal: 1, calls: 5}) }
	change := func(line string) {
		list = append(list, task{name: short(line), line: line, goal: 1, calls: 5, writes: true})
	}
	all := func(line string) { list = append(list, task{name: short(line), line: line, goal: 1}) }
	changeAll := func(line string) { list = append(list, task{name: short(line), line: line, goal: 1, writes: true}) }

	change("systemctl --root=ROOT enable UNIT")
	one("systemctl --root=ROOT is-enabled UNIT")
	change("systemctl --root=ROOT disable UNIT")
	change("systemctl --root=ROOT preset UNIT")
	change("systemctl --root=ROOT mask UNIT")
	change("systemctl --root=ROOT unmask UNIT")
	change("systemctl --root=ROOT add-wants basic.target UNIT")
	change("systemctl --root=ROOT set-default multi-user.target")
	one("systemctl --root=ROOT get-default")
	one("systemctl --root=ROOT list-unit-files UNIT")
	one("systemd-escape --template=foo@.service /a/b_c")
	one("systemd-escape --unescape --instance foo@-a-b\\x20c.service")
	one("systemd-path")
	one("systemd-path systemd-system-unit")
	one("systemd-id128 new")
	one("systemd-id128 machine-id")
	one("systemd-id128 show")
	list = append(list, task{name: "detect-virt", line: "systemd-detect-virt", goal: 1, calls: 5, anyStatus: true})
	one("systemd-analyze timespan 1h_30min")
	one("systemd-analyze timestamp 2026-01-01_12:00")
	one("systemd-analyze calendar --iterations=10 Mon..Fri_*-*-1..7_04:00")
	one("systemd-analyze condition ConditionPathExists=/etc")
	one("systemd-analyze compare-versions 1.2~rc1 lt 1.2")
	one("systemd-analyze syscall-filter")
	one("systemd-analyze capability")
	one("systemd-analyze exit-status")
	one("systemd-analyze unit-paths")
	one("systemd-analyze --root=ROOT cat-config systemd/system.conf")
	one("systemd-analyze --root=ROOT --man=no verify UNIT")
	one("systemd-analyze --root=ROOT --offline=true security UNIT")
	one("systemd-delta --no-pager --diff=no")
	changeAll("systemd-machine-id-setup --root=ROOT")

	all("systemctl --root=ROOT list-unit-files")
	changeAll("systemctl --root=ROOT enable UNITS")
	all("systemctl --root=ROOT is-enabled UNITS")
	changeAll("systemctl --root=ROOT disable UNITS")
	changeAll("systemctl --root=ROOT preset-all")
	changeAll("systemctl --root=ROOT mask UNITS")
	changeAll("systemctl --root=ROOT unmask UNITS")
	changeAll("systemd-tmpfiles --root=ROOT --create")
	changeAll("systemd-tmpfiles --root=ROOT --clean")
	changeAll("systemd-tmpfiles --root=ROOT --remove")
	all("systemd-tmpfiles --root=ROOT --cat-config")
	changeAll("systemd-sysusers --root=ROOT")
	all("systemd-sysusers --root=ROOT --cat-config")
	all("systemd-analyze --root=ROOT --offline=true security UNITS")
	return append(list, verifyAll, generator)
}

// short is what a command line is called in the tables.
func short(line string) string {
	return strings.TrimPrefix(strings.ReplaceAll(strings.ReplaceAll(line, " --root=ROOT", ""), "_", " "), "systemd-")
}

// variables are those of the task's environment.
func (t task) variables(root string) []string {
	return strings.Fields(strings.ReplaceAll(t.env, "ROOT", root))
}

// argv is the command line in a root with n units.
func (t task) argv(root string, n, call int) []string {
	var argv []string
	for word := range strings.FieldsSeq(t.line) {
		if word == "UNITS" {
			for i := range n {
				argv = append(argv, unitName(i))
			}
			continue
		}
		word = strings.ReplaceAll(strings.ReplaceAll(word, "ROOT", root), "UNIT", unitName(call))
		argv = append(argv, strings.ReplaceAll(word, "_", " "))
	}
	return argv
}

// unitName is what unit i of a root is called.
func unitName(i int) string { return "unit" + strconv.Itoa(i) + ".service" }

// fillRoot makes a root with n services and a target that wants them, presets, as many lines for tmpfiles.d(5) and
// sysusers.d(5), and as many init scripts.
func fillRoot(root string, n int) error {
	var wants, temporary, users strings.Builder
	files := map[string]string{
		"bin/true": "", "etc/systemd/system.conf": "[Manager]\nDefaultTimeoutStopSec=10s\n",
		"usr/lib/systemd/system-preset/50-all.preset": "disable unit1*\nenable *\n",
		"usr/lib/systemd/system/basic.target":         "[Unit]\nDescription=Basic\n",
		"usr/lib/systemd/system/sysinit.target":       "[Unit]\nDescription=System\n",
		"usr/lib/systemd/system/shutdown.target":      "[Unit]\nDefaultDependencies=no\n",
		"usr/lib/systemd/system/multi-user.target":    "[Unit]\nRequires=basic.target\nAfter=basic.target\n",
		"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/group": "root:x:0:\n",
	}
	for i := range n {
		fmt.Fprintf(&wants, "Wants=%s\n", unitName(i))
		fmt.Fprintf(&temporary, "d /var/lib/unit%d 0750 - - 10d\nr /run/unit%d.pid\n", i, i)
		fmt.Fprintf(&users, "u unit%d - \"Service %d\" /var/lib/unit%d\n", i, i, i)
		files["usr/lib/systemd/system/"+unitName(i)] = fmt.Sprintf("[Unit]\nDescription=Service %d\n"+
			"After=basic.target\n[Service]\nExecStart=/bin/true --number=%d\nRestart=on-failure\n"+
			"[Install]\nWantedBy=multi-user.target\n", i, i)
		files["etc/init.d/script"+strconv.Itoa(i)] = fmt.Sprintf("#!/bin/sh\n### BEGIN INIT INFO\n"+
			"# Provides: script%d\n# Required-Start: $remote_fs $syslog\n# Default-Start: 2 3 4 5\n"+
			"# Short-Description: Script %d\n### END INIT INFO\n", i, i)
		files["run/unit"+strconv.Itoa(i)+".pid"] = strconv.Itoa(i)
	}
	files["usr/lib/systemd/system/all.target"] = "[Unit]\n" + wants.String()
	files["usr/lib/tmpfiles.d/units.conf"], files["usr/lib/sysusers.d/units.conf"] = temporary.String(), users.String()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.Contains(name, "bin/") || strings.Contains(name, "init.d/") {
			mode = 0o755
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			return err
		}
	}
	for _, dir := range []string{"var/lib", "run", "tmp", "proc", "sys", "dev", "generated", "generated.early",
		"generated.late"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	return nil
}
