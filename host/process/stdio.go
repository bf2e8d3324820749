package process

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/syntax/exitstatus"
)

// descriptors opens the standard streams and collects the passed ones. systemd.exec(5), StandardInput= and below.
func (l *Launcher) descriptors(p *plan, r *Request, env *block) error {
	var err error
	s := &p.spec
	handed := [3]int{-1, -1, -1}
	if l.Handed != nil {
		handed = l.Handed(r.Unit.Name)
		for i, fd := range handed {
			if handed[i], err = p.share(fd); err != nil {
				return at(exitstatus.FDs, err)
			}
		}
	}
	if s.Stdin = handed[0]; s.Stdin < 0 {
		if s.Stdin, err = l.input(p); err != nil {
			return at(exitstatus.Stdin, fmt.Errorf("StandardInput=: %w", err))
		}
	}
	if s.Stdout = handed[1]; s.Stdout < 0 {
		if s.Stdout, err = l.out(p, p.exec.Stdout, s.Stdin, "StandardOutput="); err != nil {
			return at(exitstatus.Stdout, err)
		}
	}
	if handed[2] >= 0 {
		s.Stderr = handed[2]
	} else if p.exec.Stderr.Output == model.OutputInherit {
		s.Stderr = s.Stdout
	} else if s.Stderr, err = l.out(p, p.exec.Stderr, s.Stdout, "StandardError="); err != nil {
		return at(exitstatus.Stderr, err)
	}
	return l.passed(p, r, env)
}

// passed gives stored descriptors by the protocol of sd_listen_fds(3).
func (l *Launcher) passed(p *plan, r *Request, env *block) error {
	var names []string
	for _, named := range r.FDs {
		fd, ok := r.Keep(named.FD)
		if !ok {
			return fmt.Errorf("descriptor %s: no longer kept", named.Name)
		}
		blocks := r.Unit.Service == nil || !r.Unit.Service.NonBlocking
		_ = unix.SetNonblock(fd, !blocks) // best effort: a descriptor without the flag is passed as it is
		own, err := p.share(fd)
		if err != nil {
			return at(exitstatus.FDs, fmt.Errorf("descriptor %s: %w", named.Name, err))
		}
		p.spec.Extra = append(p.spec.Extra, own)
		names = append(names, named.Name)
	}
	if len(names) > 0 {
		env.set("LISTEN_FDS", strconv.Itoa(len(names)))
		env.set("LISTEN_FDNAMES", strings.Join(names, ":"))
	}
	if r.Watchdog > 0 {
		env.set("WATCHDOG_USEC", strconv.FormatUint(uint64(r.Watchdog), 10))
	}
	return nil
}

// share makes a copy for the launch of a descriptor that others may close, -1 for none.
func (p *plan) share(fd int) (int, error) {
	if fd < 0 {
		return -1, nil
	}
	own, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	p.close = append(p.close, own)
	return own, nil
}

func (l *Launcher) input(p *plan) (int, error) {
	in := p.exec.Stdin
	switch in.Input {
	case model.InputTTY, model.InputTTYForce, model.InputTTYFail:
		if p.spawn.Control {
			return l.null, nil // only the main process owns the terminal
		}
		l.terminal(p, in.Input)
		return sandbox.TerminalFD, nil
	case model.InputData:
		return p.data(p.exec.InputData)
	case model.InputFile:
		return p.open(in.Path, unix.O_RDONLY)
	case model.InputNamedFD, model.InputSocket:
		return l.named(p, in.Path)
	}
	return l.null, nil
}

var acquires = map[model.Input]sandbox.Acquire{model.InputTTY: sandbox.AcquireWait,
	model.InputTTYForce: sandbox.AcquireForce, model.InputTTYFail: sandbox.AcquireFail}

func (l *Launcher) terminal(p *plan, in model.Input) {
	path := p.exec.TTYPath
	if path == "" {
		path = "/dev/console"
	}
	p.spec.Terminal = &sandbox.Terminal{Path: path, Acquire: acquires[in], Reset: p.exec.TTYReset,
		VHangup: p.exec.TTYHangup}
}

// out opens standard output or error. inherited is the stream that inherit copies: what is not a terminal, socket or
// file of standard input goes to the journal, as systemd's default output does.
func (l *Launcher) out(p *plan, o model.Stdio, inherited int, option string) (fd int, err error) {
	switch o.Output {
	case model.OutputNull:
		fd = l.null
	case model.OutputTTY:
		if p.spec.Terminal == nil {
			l.terminal(p, model.InputNull)
		}
		fd = sandbox.TerminalFD
	case model.OutputFile:
		fd, err = p.open(o.Path, unix.O_WRONLY|unix.O_CREAT)
	case model.OutputAppend:
		fd, err = p.open(o.Path, unix.O_WRONLY|unix.O_CREAT|unix.O_APPEND)
	case model.OutputTruncate:
		fd, err = p.open(o.Path, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC)
	case model.OutputNamedFD, model.OutputSocket:
		fd, err = l.named(p, o.Path)
	case model.OutputInherit:
		if inherited != l.null || p.exec.Stdin.Input != model.InputNull {
			return inherited, nil
		}
		fd = l.null
	default:
		fd, err = l.journal(p)
	}
	if err != nil {
		return -1, fmt.Errorf("%s%s: %w", option, o.Output, err)
	}
	return fd, nil
}

// journal opens the invocation's stream, once for both outputs so that their order is kept.
func (l *Launcher) journal(p *plan) (int, error) {
	if p.stream >= 0 {
		return p.stream, nil
	}
	fd, began, err := l.Streams.Open(p.spawn)
	if err != nil {
		return -1, err
	}
	p.began = began
	p.stream = fd
	p.close = append(p.close, fd)
	return fd, nil
}

// open opens a file of the unit without waiting: a FIFO without a reader fails, and a terminal does not become ours.
func (p *plan) open(path string, flags int) (int, error) {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC|unix.O_NOCTTY|unix.O_NONBLOCK, 0o666&^p.exec.UMask)
	if err != nil {
		return -1, fmt.Errorf("%s: %w", path, err)
	}
	p.close = append(p.close, fd)
	return fd, unix.SetNonblock(fd, false)
}

// data serves StandardInputText= from a sealed memory file.
func (p *plan) data(content []byte) (int, error) {
	fd, err := unix.MemfdCreate("exec-input", unix.MFD_CLOEXEC)
	if err != nil {
		return -1, err
	}
	p.close = append(p.close, fd)
	for len(content) > 0 {
		n, err := unix.Write(fd, content)
		if err != nil {
			return -1, err
		}
		content = content[n:]
	}
	_, err = unix.Seek(fd, 0, unix.SEEK_SET)
	return fd, err
}

// named finds a passed descriptor by its name ("" for the first).
func (l *Launcher) named(p *plan, name string) (int, error) {
	return -1, fmt.Errorf("no descriptor named %q is passed by a socket unit", name)
}
