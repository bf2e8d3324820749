package main

import (
	"strconv"
	"time"
)

// kernel is the column of what no init can be faster than: the payload is PID 1 and does nothing but to make cgroups
// and processes in them.
const kernel = "kernel"

// limitBoot measures n cgroups with a process each.
func (l *lab) limitBoot(wall, cpu figure, n int) error {
	argv := []string{payloadPath, "start", socketPath, strconv.Itoa(n), "/bin/sleep", "infinity"}
	return l.bare(argv, func(s *subject) error {
		w, err := s.wait("started", patience(n))
		if err != nil {
			return err
		}
		s.add(wall, milliseconds(w.at))
		s.add(cpu, milliseconds(w.cpu-s.executed.cpu))
		return nil
	})
}

// limitSmall measures a cgroup, a process, its end, at once after another and after quiet; a restart; and a command
// that only prints a word.
func (l *lab) limitSmall() error {
	for _, quiet := range []time.Duration{0, pause} {
		times := l.times(jobTimes)
		wait := strconv.Itoa(int(quiet.Milliseconds()))
		argv := []string{payloadPath, "run", socketPath, strconv.Itoa(times), wait, payloadPath}
		measure := func(s *subject) error { return s.told("run", times, jobFigure("oneshot", quiet)) }
		if err := l.bare(argv, measure); err != nil {
			return err
		}
	}
	argv := []string{payloadPath, "restart", payloadPath, "stay", socketPath, "crash"}
	return l.bare(argv, func(s *subject) error {
		if err := s.killed("crash"); err != nil {
			return err
		}
		took, err := s.run(l.times(clientTimes), wordPath)
		if err != nil {
			return err
		}
		s.add(clientFigure(ownClient), milliseconds(middle(took)))
		return nil
	})
}

// bare boots the payload alone.
func (l *lab) bare(argv []string, measure func(*subject) error) error {
	return l.with(side{name: kernel, init: argv}, "", 0, measure)
}

// told notes the median of durations that a payload tells.
func (s *subject) told(what string, times int, f figure) error {
	var took []time.Duration
	for range times {
		w, err := s.wait(what, 10*time.Second)
		if err != nil {
			return err
		}
		took = append(took, w.at)
	}
	s.add(f, microseconds(middle(took)))
	return nil
}
