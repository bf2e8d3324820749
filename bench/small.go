package main

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// small measures what concerns one unit, and the manager at idle.
func (l *lab) small() error {
	measure := func(s *subject) error {
		for _, part := range []func() error{s.idle, s.asks, s.jobs, s.crashes, s.clients} {
			if err := part(); err != nil {
				s.lab.fail(fmt.Errorf("small machine: %s: %w", s.side.name, err)) // the other parts are still good
			}
		}
		return nil
	}
	return l.each("small machine", smallUnits(), l.runs, measure, l.limitSmall)
}

// pause is the quiet before what is measured after quiet. A write to cgroup.procs then waits for the kernel to agree
// with itself, which takes longer than everything else together.
const pause = 100 * time.Millisecond

// jobTimes is how often a job is started in a run.
const jobTimes = 30

// times is how often something is done, less in a short call.
func (l *lab) times(n int) int {
	if l.short {
		return 2
	}
	return n
}

// idle measures a manager that has nothing to do.
func (s *subject) idle() error {
	if err := s.rest(settled); err != nil {
		return err
	}
	if err := s.weigh(0); err != nil {
		return err
	}
	window := 5 * time.Second
	if s.lab.short {
		window = time.Second
	}
	before, err := s.switches()
	if err != nil {
		return err
	}
	cpu, err := s.cpu()
	if err != nil {
		return err
	}
	if err := s.rest(window); err != nil {
		return err
	}
	after, err := s.switches()
	if err != nil {
		return err
	}
	used, err := s.cpu()
	if err != nil {
		return err
	}
	s.add(figure{part: "idle", name: "idle: wakeups of the manager", measure: "in 5 s"}, float64(after-before))
	s.add(figure{part: "idle", name: "idle: CPU of the manager", measure: "us in 5 s"}, microseconds(used-cpu))
	return nil
}

// jobs measures from StartUnit to JobRemoved: at once after another, and after 100 ms without anything to do.
func (s *subject) jobs() error {
	for _, kind := range []string{"oneshot", "simple", "notify"} {
		before, err := s.cpu()
		if err != nil {
			return err
		}
		k := s.lab.times(jobTimes)
		took, err := s.starts(kind, k, 0)
		if err != nil {
			return err
		}
		s.add(jobFigure(kind, 0), microseconds(middle(took)))
		after, err := s.cpu()
		if err != nil {
			return err
		}
		f := figure{part: "jobs", measure: "us", name: "StartUnit (and StopUnit), " + kind + ": CPU of the manager for each"}
		s.add(f, microseconds(after-before)/float64(k))
		if took, err = s.starts(kind, s.lab.times(jobTimes), pause); err != nil {
			return err
		}
		s.add(jobFigure(kind, pause), microseconds(middle(took)))
	}
	return nil
}

// jobFigure is the figure of StartUnit to JobRemoved.
func jobFigure(kind string, quiet time.Duration) figure {
	f := quietFigure("StartUnit to JobRemoved, "+kind, quiet)
	if f.goal = 0.35; quiet > 0 {
		f.goal = 0.1
	}
	return f
}

// quietFigure is one of what is done after quiet, or without.
func quietFigure(name string, quiet time.Duration) figure {
	f := figure{part: "jobs", name: name + ", back to back", measure: "us"}
	if quiet > 0 {
		f.name = name + ", after 100 ms of quiet"
	}
	return f
}

// asks measures a call that is answered at once: a job can't take less than that and what the kernel needs for it.
func (s *subject) asks() error {
	for _, quiet := range []time.Duration{0, pause} {
		took, err := s.inside("asks", strconv.Itoa(s.lab.times(jobTimes)), quiet.String())
		if err != nil {
			return err
		}
		s.add(quietFigure("Get of a property to its answer", quiet), microseconds(middle(took)))
	}
	return nil
}

// starts starts the unit of a kind several times, and says how long each start took.
func (s *subject) starts(kind string, times int, quiet time.Duration) ([]time.Duration, error) {
	stop := strconv.FormatBool(kind != "oneshot")
	return s.inside("jobs", strconv.Itoa(times), quiet.String(), "job-"+kind+".service", stop)
}

// crashes measures from kill -9 of a service to the first act of the process that replaces it, after quiet.
func (s *subject) crashes() error {
	if _, err := s.inside("jobs", "1", "0s", "crash.service", "false"); err != nil {
		return err
	}
	return s.killed("crash")
}

// killed kills the process that told a word, and waits for its successor, several times.
func (s *subject) killed(what string) error {
	up, err := s.wait(what, 10*time.Second)
	if err != nil {
		return err
	}
	var took []time.Duration
	for range s.lab.times(15) {
		if err := s.rest(pause); err != nil {
			return err
		}
		begun := monotonic()
		if err := unix.Kill(up.pid, unix.SIGKILL); err != nil {
			return fmt.Errorf("kill %d: %w", up.pid, err)
		}
		if up, err = s.wait(what, 10*time.Second); err != nil {
			return err
		}
		took = append(took, up.at-begun)
	}
	s.add(figure{part: "crash", name: "kill -9 to the new process, after 100 ms of quiet", measure: "us", goal: 0.1},
		microseconds(middle(took)))
	return nil
}

// clients measures a client command from its execution to its end.
func (s *subject) clients() error {
	for _, c := range []struct {
		name   string
		client []string
	}{{"systemd's client", []string{systemctl}}, {ownClient, s.side.systemctl}} {
		took, err := s.run(s.lab.times(clientTimes), slices.Concat(c.client, []string{"is-active", "default.target"})...)
		if err != nil {
			return err
		}
		s.add(clientFigure(c.name), milliseconds(middle(took)))
	}
	return nil
}

// ownClient is the client that a side brings; clientTimes is how often one is run.
const (
	ownClient   = "own client"
	clientTimes = 20
)

// clientFigure is the figure of a client's command.
func clientFigure(client string) figure {
	f := figure{part: "clients", name: "systemctl is-active, " + client, measure: "ms"}
	if client == ownClient {
		f.goal = 0.4
	}
	return f
}
