package conform_test

import (
	"encoding/json"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/syntax/span"
)

// The places of the tests inside a machine.
const (
	home      = "/lib/conform"
	program   = home + "/program" // an actor, whatever name a link gives it
	stewardAt = home + "/steward"
	meeting   = home + "/meet" // the folder with both sockets
)

// hello is what an actor says first.
type hello struct {
	PID, Parent int
	Unit        string
	Args        []string
	Env         []string
	Child       bool
}

// order is what an actor is told. It answers each with a line; those that end it, by its end.
type order struct {
	Do     string // exit, signal, notify, fork, ignore
	Number int
	Text   string
	Socket string
}

// childName is argv[0] of an actor that another one forked.
const childName = "conform-child"

// agentName is argv[0] of the process that carries the bus out of the machine: a manager speaks only with peers whose
// process it can see.
const agentName = "conform-agent"

// act is the life of a program of a scenario: it does what it is told.
func act() int {
	name := filepath.Base(os.Args[0])
	if name == agentName {
		l, err := net.Listen("unix", meeting+"/bus")
		if err != nil {
			return 96
		}
		go carry(l)
	}
	for _, s := range []syscall.Signal{syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGTERM, syscall.SIGINT,
		syscall.SIGSEGV, syscall.SIGHUP} {
		byDefault(s)
	}
	signal.Ignore(syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGCONT, syscall.SIGWINCH, syscall.SIGPIPE)
	conn, err := net.Dial("unix", meeting+"/actors")
	if err != nil {
		return 99
	}
	say := json.NewEncoder(conn)
	hear := json.NewDecoder(conn)
	if say.Encode(hello{PID: os.Getpid(), Parent: os.Getppid(), Unit: ownUnit(), Args: os.Args, Env: os.Environ(),
		Child: name == childName}) != nil {
		return 98
	}
	for {
		var o order
		if hear.Decode(&o) != nil {
			return 97
		}
		switch o.Do {
		case "go": // it was heard of; the rest is up to the program
			if status, ends := byItself(name); ends {
				return status
			}
		case "exit":
			return o.Number
		default:
			if err := obey(o); err != nil {
				_ = say.Encode(err.Error()) // best effort: the driver sees the end of the connection
			} else {
				_ = say.Encode("") // best effort: as above
			}
		}
	}
}

// byItself is what programs with a meaning do.
func byItself(name string) (status int, ends bool) {
	switch name {
	case "true":
		return 0, true
	case "false":
		return 1, true
	case "sleep":
		if d, err := span.Parse(os.Args[1]); err == nil {
			<-time.After(time.Duration(d) * time.Microsecond)
		}
		return 0, true
	}
	return 0, false
}

func obey(o order) error {
	switch o.Do {
	case "signal":
		byDefault(syscall.Signal(o.Number))
		return syscall.Kill(os.Getpid(), syscall.Signal(o.Number))
	case "ignore":
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGABRT, syscall.SIGHUP)
	case "fork":
		p, err := os.StartProcess(program, []string{childName}, &os.ProcAttr{Env: os.Environ()})
		if err == nil {
			go func() { _, _ = p.Wait() }() // only so that it is not left a zombie
		}
		return err
	case "notify":
		socket := o.Socket
		if socket == "" {
			socket = os.Getenv("NOTIFY_SOCKET")
		}
		if socket == "" {
			socket = "/run/systemd/notify" // of a service that is not to notify
		}
		return tell(socket, o.Text, o.Number)
	}
	return nil
}

// tell sends a datagram with some descriptors.
func tell(socket, text string, fds int) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var give []int
	for range fds {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
		if err != nil {
			return err
		}
		defer unix.Close(fd)
		give = append(give, fd)
	}
	var rights []byte
	if len(give) > 0 {
		rights = unix.UnixRights(give...)
	}
	return unix.Sendmsg(fd, []byte(text), rights, &unix.SockaddrUnix{Name: socket}, 0)
}

// byDefault gives a signal its meaning for programs that are not Go's: to end the process.
func byDefault(s syscall.Signal) {
	var action [4]uint64 // handler, flags, restorer, mask: all of SIG_DFL
	_, _, _ = syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(s), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	runtime.KeepAlive(&action)
}

// ownUnit is the unit in whose control group the process is.
func ownUnit() string {
	text, _ := os.ReadFile("/proc/self/cgroup") // without one, the driver finds no unit
	for part := range strings.SplitSeq(strings.TrimSpace(string(text)), "/") {
		if strings.HasSuffix(part, ".service") || strings.HasSuffix(part, ".scope") {
			return part
		}
	}
	return ""
}

// carry hands connections on to the private socket of the manager.
func carry(l net.Listener) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("unix", "/run/systemd/private")
		if err != nil {
			_ = from.Close() // the driver sees it
			continue
		}
		go func() { _, _ = io.Copy(to, from); _ = to.Close() }()
		go func() { _, _ = io.Copy(from, to); _ = from.Close() }()
	}
}
