package systemctl

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/steward-init/steward/wire/dbus"
)

// run1 runs a program on our terminal and returns its exit status.
func (s *session) run1(argv []string) (int, error) {
	return s.runAs(argv[0], argv)
}

// runAs is run1 for a program whose path is not its argv[0].
func (s *session) runAs(program string, argv []string) (int, error) {
	s.flush()
	cmd := exec.CommandContext(s.ctx, program, argv[1:]...)
	cmd.Args[0] = argv[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return statusOf(exit), nil
	case err != nil:
		return 1, errors.New("Failed to execute " + argv[0] + ": " + errorText(err))
	}
	return 0, nil
}

// statusOf is the exit status that tells how a program ended: its own, or that of shells for one that a signal killed.
func statusOf(exit *exec.ExitError) int {
	if wait, ok := exit.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return 128 + int(wait.Signal())
	}
	return exit.ExitCode()
}

// help shows the manual pages of units.
func (s *session) help(_ string, args []string) (int, error) {
	if len(args) == 0 {
		return 1, errors.New("'help' command expects one or more unit names.\n" +
			"(Alternatively, help for systemctl itself may be shown with --help)")
	}
	names, _, err := s.expand(args, ".service")
	if err != nil {
		return 1, err
	}
	for _, name := range names {
		unit, err := s.all(unitPath(name))
		if err != nil {
			return 1, errors.New("Failed to get properties: " + errorText(err))
		}
		if unit.text("LoadState") == "not-found" {
			return 1, errors.New("Unit " + name + " could not be found.")
		}
		if len(unit.list("Documentation")) == 0 {
			s.announce("Documentation for " + name + " not known.")
		}
		for _, doc := range unit.list("Documentation") {
			page, isPage := strings.CutPrefix(doc, "man:")
			if !isPage {
				s.announce("Can't show: " + doc)
				continue
			}
			argv := []string{"man", page}
			if title, section, ok := strings.Cut(strings.TrimSuffix(page, ")"), "("); ok {
				argv = []string{"man", section, title}
			}
			if _, err := s.run1(argv); err != nil {
				s.complain(err)
			}
		}
	}
	return 0, nil
}

// rescue is default, rescue and emergency: the state of the whole system.
func (s *session) rescue(name string, _ []string) (int, error) {
	if s.opt.has("dry-run") {
		return 0, nil
	}
	mode := "isolate"
	if s.opt.has("fail") || s.opt.jobMode != "replace" {
		mode = s.opt.jobMode
	}
	return s.startAll(jobVerbOf("start"), mode, []string{name + ".target"})
}

// power is halt, poweroff, reboot and kexec.
func (s *session) power(name string, args []string) (int, error) {
	if s.opt.has("dry-run") {
		return 0, nil
	}
	if s.opt.rebootArgument != "" {
		if _, err := s.call("SetRebootParameter", s.opt.rebootArgument); err != nil && !isUnknownMethod(err) {
			return 1, failed("set reboot parameter", err)
		}
	}
	if s.opt.forced > 0 {
		return s.powerForced(name)
	}
	// The manager is asked itself: where a login manager runs, its inhibitors are for users, not for root.
	s.opt.set["no-block"] = true
	return s.startAll(jobVerbOf("start"), "replace-irreversibly", []string{name + ".target"})
}

// powerForced has the manager end the system at once, without stopping units.
func (s *session) powerForced(name string) (int, error) {
	if s.opt.forced > 1 {
		return 1, errors.New("Refusing to " + name + " without the manager: --force may be given once only.")
	}
	member := map[string]string{"halt": "Halt", "poweroff": "PowerOff", "reboot": "Reboot", "kexec": "KExec"}[name]
	if _, err := s.call(member); err != nil && refusalName(err) != "" {
		return 1, failed("execute operation", err)
	}
	return 0, nil
}

// switchRoot has the manager go on in another root.
func (s *session) switchRoot(_ string, args []string) (int, error) {
	init := ""
	if len(args) > 1 {
		init = args[1]
	}
	if _, err := s.call("SwitchRoot", args[0], init); err != nil {
		return 1, failed("switch root", err)
	}
	return 0, nil
}

// exit ends a user's manager, or a container's.
func (s *session) exit(_ string, args []string) (int, error) {
	private := s.really()
	if private && !s.reachable() {
		return 0, nil // there is none, and to end one is no reason to start it
	}
	if len(args) > 0 {
		code, err := parseExitCode(args[0])
		if err != nil {
			return 1, err
		}
		_, err = s.callBody("SetExitCode", "y", func(w *dbus.Writer) { w.Byte(code) })
		if err != nil {
			return 1, failed("set exit code", err)
		}
	}
	if s.opt.forced > 0 {
		if _, err := s.call("Exit"); err != nil && refusalName(err) != "" {
			return 1, failed("exit", err)
		}
		return 0, nil
	}
	if private && !s.opt.has("no-block") {
		// What comes next in a build may be its end, which kills what still runs.
		if err := s.endManager(); err != nil {
			return 1, err
		}
		return 0, nil
	}
	s.opt.set["no-block"] = true
	return s.startAll(jobVerbOf("start"), "replace-irreversibly", []string{"exit.target"})
}
