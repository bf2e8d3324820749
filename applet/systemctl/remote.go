package systemctl

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/wire/dbus/transport"
)

// remoteTime is how long a connection to another host may take: a password may have to be typed.
const remoteTime = 5 * time.Minute

// remote is the message bus of another host, reached as systemd's clients do: by ssh(1), which runs
// systemd-stdio-bridge there. systemctl(1), --host=.
func (s *session) remote() (*peer, error) {
	argv, err := bridge(s.opt.host)
	if err != nil {
		return nil, err
	}
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	theirs := os.NewFile(uintptr(pair[1]), "bridge")
	cmd := exec.CommandContext(s.ctx, argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, os.Stderr
	err = cmd.Start()
	_ = theirs.Close() // best effort: the child has its own
	if err != nil {
		_ = unix.Close(pair[0]) // best effort: nobody is at the other end
		return nil, err
	}
	go func() { _ = cmd.Wait() }() // it ends with the connection, which tells what is wrong
	caller, err := transport.JoinBus(pair[0], remoteTime)
	if err != nil {
		return nil, err
	}
	return &peer{caller, false}, nil
}

// bridge is the command that reaches a bus at "[user@]host[:port][/container]".
func bridge(host string) ([]string, error) {
	host, container, isContainer := strings.Cut(host, "/")
	argv := []string{"ssh", "-xT"}
	if name, port, ok := strings.Cut(host, ":"); ok && !strings.Contains(port, ":") {
		host = name
		argv = append(argv, "-p", port)
	}
	if host == "" || strings.HasPrefix(host, "-") || isContainer && container == "" {
		return nil, errors.New("Invalid argument")
	}
	argv = append(argv, "--", host, "systemd-stdio-bridge")
	if isContainer {
		argv = append(argv, "--machine="+container)
	}
	return argv, nil
}

// checkMachine refuses what -M names, unless it is this machine: ".host", for the caller or, with --user, for the
// user that the caller is.
func (s *session) checkMachine() error {
	if s.opt.machine == "" {
		return nil
	}
	name, host, ok := strings.Cut(s.opt.machine, "@")
	if !ok {
		name, host = "", s.opt.machine
	}
	if host != ".host" {
		return fmt.Errorf("Failed to connect to bus of machine %s: containers are not known here. "+
			"Run systemctl inside, or use --host=root@ADDRESS.", host)
	}
	if me, err := user.Current(); name != "" && s.opt.scope == userScope && (err != nil || me.Username != name) {
		return fmt.Errorf("Failed to connect to user bus of %s: run systemctl --user as that user, for example by "+
			"runuser(1) with XDG_RUNTIME_DIR=/run/user/UID.", name)
	}
	return nil
}
