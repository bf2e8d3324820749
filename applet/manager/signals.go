package manager

import (
	"os"
	"os/signal"
	"syscall"

	"github.com/steward-init/steward/model"
)

// watchSignals turns signals into what systemd does for them. systemd(1), SIGNALS. SIGCHLD is the children's.
func (m *Manager) watchSignals() {
	children := make(chan os.Signal, 1)
	signal.Notify(children, syscall.SIGCHLD)
	others := make(chan os.Signal, 16)
	signal.Notify(others, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2,
		syscall.SIGPWR, syscall.SIGWINCH)
	for number := rtmin; number <= rtmax; number++ {
		signal.Notify(others, syscall.Signal(number))
	}
	signal.Ignore(syscall.SIGPIPE)
	go func() {
		for {
			select {
			case <-children:
				m.loop.Post(m.world.Reap)
			case s := <-others:
				m.loop.Post(func() { m.signalled(s.(syscall.Signal)) })
			}
		}
	}()
}

// The real-time signals that systemd listens to: SIGRTMIN+0 to +29; glibc's SIGRTMIN is 34.
const (
	rtmin = 34
	rtmax = 34 + 29
)

// targets are the units that SIGRTMIN+n starts, and the mode of the job.
var targets = map[int]struct {
	unit string
	mode model.JobMode
}{
	0: {"default.target", model.ModeIsolate},
	1: {"rescue.target", model.ModeIsolate},
	2: {"emergency.target", model.ModeIsolate},
	3: {"halt.target", model.ModeReplaceIrreversibly},
	4: {"poweroff.target", model.ModeReplaceIrreversibly},
	5: {"reboot.target", model.ModeReplaceIrreversibly},
	6: {"kexec.target", model.ModeReplaceIrreversibly},
}

func (m *Manager) signalled(s syscall.Signal) {
	switch {
	case s == syscall.SIGTERM && !m.pid1, s == syscall.SIGINT && !m.pid1,
		s == syscall.SIGHUP && m.options.status: // the terminal that it shows its status on is gone
		if m.leaving != "" || m.stopping {
			m.log(4, "Asked twice to exit: leaving at once")
			m.loop.Stop(nil)
			return
		}
		m.stopping = true
		m.startTarget("exit.target", model.ModeReplaceIrreversibly)
	case s == syscall.SIGINT:
		m.startTarget("ctrl-alt-del.target", model.ModeReplaceIrreversibly)
	case s == syscall.SIGPWR:
		m.startTarget("sigpwr.target", model.ModeReplace)
	case s == syscall.SIGWINCH:
		m.startTarget("kbrequest.target", model.ModeReplace)
	case s == syscall.SIGHUP:
		m.Reload(func(error) {})
	case s == syscall.SIGTERM:
		if err := m.reexecute(); err != nil {
			m.log(4, err.Error())
		}
	case int(s) == rtmin+24 && m.options.user:
		m.startTarget("exit.target", model.ModeReplaceIrreversibly)
	case s == syscall.SIGUSR1:
		m.joinBus()
	case s == syscall.SIGUSR2:
		for _, text := range m.server.Dump() {
			m.log(6, text)
		}
	case int(s) >= rtmin:
		m.signalledAbove(int(s) - rtmin)
	}
}

// signalledAbove takes SIGRTMIN+n.
func (m *Manager) signalledAbove(n int) {
	switch n {
	case 13, 14, 15, 16:
		if m.pid1 {
			_ = m.Exit([]string{"halt", "poweroff", "reboot", "kexec"}[n-13], 0) // it knows these
		}
	case 20:
		m.setStatus(statusAll)
	case 21:
		m.setStatus(statusNone)
	case 22:
		m.SetLogLevel("debug")
	case 23:
		m.SetLogLevel(m.options.logLevel)
	default:
		if t, ok := targets[n]; ok {
			m.startTarget(t.unit, t.mode)
		}
	}
}
