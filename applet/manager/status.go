package manager

import (
	"cmp"
	"os"

	"github.com/steward-init/steward/syntax/quantity"
)

// What is shown on the machine's console of what becomes of units. systemd-system.conf(5), ShowStatus=.
const (
	statusNone int32 = iota
	statusError
	statusAuto // as statusError, until something fails; then as statusAll
	statusAll
)

// statusOf is what a word means: a boolean, error, auto, or temporary.
func statusOf(word string) int32 {
	switch word {
	case "", "temporary":
		return statusAll
	case "error":
		return statusError
	case "auto":
		return statusAuto
	}
	if yes, err := quantity.ParseBool(word); err == nil && !yes {
		return statusNone
	}
	return statusAll
}

// decide settles what several places may say: the manager's command line counts most, then the environment, then the
// configuration, in which the kernel's command line is.
func (m *Manager) decide() {
	o := &m.options
	o.unit = cmp.Or(o.unit, m.kernel.unit, "default.target")
	configured := ""
	if m.defaults.LogLevel >= 0 {
		configured = levels[m.defaults.LogLevel]
	}
	o.logLevel = cmp.Or(o.logLevel, os.Getenv("SYSTEMD_LOG_LEVEL"), configured)
	o.logTarget = cmp.Or(o.logTarget, os.Getenv("SYSTEMD_LOG_TARGET"), m.defaults.LogTarget)
	m.setStatus(statusOf(cmp.Or(o.showStatus, m.defaults.ShowStatus)))
}

func (m *Manager) setStatus(shown int32) {
	m.shown.Store(shown)
	m.busFacts.ShowStatus = m.options.status || m.pid1 && shown == statusAll
}

// SetShowStatus changes what is shown on the console; the empty word brings back what was configured.
func (m *Manager) SetShowStatus(word string) {
	m.setStatus(statusOf(cmp.Or(word, m.options.showStatus, m.defaults.ShowStatus)))
}

// shows says whether the console shows a line about a job that ended so, "" for one that begins.
func (m *Manager) shows(result string) bool {
	failed := result != "" && result != "done"
	if failed {
		m.shown.CompareAndSwap(statusAuto, statusAll)
	}
	shown := m.shown.Load()
	return shown == statusAll || failed && shown >= statusError
}
