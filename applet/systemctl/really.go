package systemctl

import (
	"errors"
	"os"
	"syscall"

	"github.com/steward-init/steward/syntax/quantity"
)

// reallyVariable is --really for commands that others call.
const reallyVariable = "STEWARD_REALLY"

// withManager is the verb that runs a command while a private manager runs. docs/decisions/0006-really.md
const withManager = "with-manager"

// really says whether units are to be started even in a chroot or in an image that is being built: by a private manager
// of this root.
func (s *session) really() bool {
	on, err := quantity.ParseBool(s.Getenv(reallyVariable))
	return s.opt.has("really") || err == nil && on
}

// foreign says whether the manager that listens at a socket is that of the system around this root: a chroot may share
// /run with it, and a build must not touch its services.
func (s *session) foreign(socket string) bool {
	same, _ := asFirst(socket)
	return same && s.really() && otherRoot()
}

// errForeign is what is told then.
var errForeign = errors.New("This is the socket of a manager outside of this root.\n" +
	"Give this root a /run of its own: mount a tmpfs there.")

// withManager runs a command while a manager runs, started if there is none. What was started is stopped, and the exit
// status is the command's.
func (s *session) withManager(_ string, args []string) (int, error) {
	if s.opt.set["really"] = true; len(args) > 1 && args[0] == "--" {
		args = args[1:]
	}
	if s.reachable() {
		return s.runReally(args)
	}
	if _, err := s.manager(); err != nil {
		return 1, err
	}
	s.bus.Close() // nobody reads from it meanwhile
	s.bus = nil
	status, err := s.runReally(args)
	if !s.reachable() {
		return status, err // the command has ended it
	}
	if stopping := s.endManager(); err == nil && stopping != nil {
		s.complain(stopping)
		status = max(status, 1)
	}
	return status, err
}

// runReally runs a command whose systemctl works in earnest.
func (s *session) runReally(argv []string) (int, error) {
	if err := os.Setenv(reallyVariable, "1"); err != nil {
		return 1, err
	}
	return s.run1(argv)
}

// endManager has the manager stop all units and end, and waits until it is gone.
func (s *session) endManager() error {
	s.opt.set["no-block"] = true
	status, err := s.startAll(jobVerbOf("start"), "replace-irreversibly", []string{"exit.target"})
	if err != nil || status != 0 {
		return errors.Join(errors.New("Failed to end the manager."), err)
	}
	for {
		_, err := s.bus.Next()
		switch {
		case errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, os.ErrDeadlineExceeded):
			continue
		case err != nil:
			return nil // it closed the connection: that is its end
		}
	}
}
