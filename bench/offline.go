package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

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

// offlineRun has the sides perform tasks in turn, call by call, each in a root with n units. Who begins changes with
// every run.
func (l *lab) offlineRun(run, n int, list []task) (err error) {
	fmt.Fprintf(l.progress, "%s offline %d units run %d\n", time.Now().Format(time.TimeOnly), n, run+1)
	roots := make([]string, len(l.sides))
	for i := range roots {
		if roots[i], err = os.MkdirTemp(l.dir, "root-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(roots[i])) }()
		if err := fillRoot(roots[i], n); err != nil {
			return fmt.Errorf("make root: %w", err)
		}
	}
	for _, t := range list {
		for call := range l.times(max(t.calls, 1)) {
			for i := range l.sides {
				i = (i + run) % len(l.sides)
				if err := l.ctx.Err(); err != nil {
					return err
				}
				l.offlineCall(i, n, t, roots[i], call)
			}
		}
	}
	return nil
}

// offlineCall notes how long a side takes for a command.
func (l *lab) offlineCall(i, n int, t task, root string, call int) {
	argv := t.argv(root, n, call)
	if i > 0 && l.candidate != "systemd" {
		argv = append([]string{l.candidate, filepath.Base(argv[0])}, argv[1:]...)
	}
	took, err := l.perform(t, argv, root)
	if err != nil {
		l.fail(fmt.Errorf("offline: %s: %s: %w", l.sides[i].name, t.name, err))
		return
	}
	of := figure{part: "offline", name: t.name, units: n, measure: "ms", goal: t.goal}
	l.figures.add(l.sides[i].name, of, took.Seconds()*1000)
}

// perform runs a command, and says how long it took.
func (l *lab) perform(t task, argv []string, root string) (time.Duration, error) {
	cmd := exec.CommandContext(l.ctx, argv[0], argv[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TZ=UTC"}, t.variables(root)...)
	if t.writes {
		unix.Sync() // what others wrote, the side before among them, must not be waited for by this one
	}
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(begin)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		if t.anyStatus && exit.Exited() {
			return took, nil
		}
		err = fmt.Errorf("%w: %.300s", err, out)
	}
	return took, err
}
