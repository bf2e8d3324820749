package systemctl

import (
	"slices"

	"github.com/steward-init/steward/wire/dbus/transport"
)

// isActive prints the state of each unit; the status is 0 if one is active, 3 if none is, 4 if there is none.
func (s *session) isActive(_ string, args []string) (int, error) {
	return s.checkStates(args, 3, "active", "reloading")
}

// isFailed prints the state of each unit; the status is 0 if one has failed.
func (s *session) isFailed(_ string, args []string) (int, error) {
	return s.checkStates(args, 1, "failed")
}

// checkStates prints the states of units, and says by the status whether one is in one of the good ones.
func (s *session) checkStates(args []string, bad int, good ...string) (int, error) {
	if !s.reachable() && s.mayLaunch() { // in a manager that is not there, nothing is active
		for range args {
			if !s.opt.has("quiet") {
				s.printf("inactive\n")
			}
		}
		return bad, nil
	}
	if _, err := s.manager(); err != nil {
		return 1, err
	}
	names, _, err := s.expand(args, ".service")
	if err != nil {
		return 1, err
	}
	status := bad
	for states := range s.statesOf(names) {
		if !s.opt.has("quiet") {
			s.printf("%s\n", states)
		}
		if slices.Contains(good, states) {
			status = 0
		}
	}
	return status, nil
}

// window is how many calls are under way at a time: enough to keep the manager busy, and little enough to hold.
const window = 64

// statesOf gives the ActiveState of each unit; one that can not be asked for is "unknown".
func (s *session) statesOf(names []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		s.pipeline(len(names), func(i int) (transport.Ticket, error) {
			return s.beginGet(unitPath(names[i]), unitInterface, "ActiveState")
		}, func(_ int, p transport.Ticket, err error) bool {
			state := "unknown"
			if err == nil {
				if text, err := s.waitString(p); err == nil {
					state = text
				}
			}
			return yield(state)
		})
	}
}

// pipeline makes n calls, of which no more than window are under way at a time, and takes their answers in order until
// take wants no more.
func (s *session) pipeline(n int, begin func(i int) (transport.Ticket, error),
	take func(i int, p transport.Ticket, err error) bool) {
	type call struct {
		pending transport.Ticket
		err     error
	}
	calls := make([]call, 0, min(n, window))
	for taken := range n {
		for next := taken + len(calls); next < n && len(calls) < window; next++ {
			p, err := begin(next)
			calls = append(calls, call{p, err})
		}
		if !take(taken, calls[0].pending, calls[0].err) {
			return
		}
		calls = append(calls[:0], calls[1:]...)
	}
}
