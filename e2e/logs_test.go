package e2e_test

import (
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/journal/query"
)

// journal is the folder of the manager's journal files, "" before there is one.
func (m *manager) journal() string {
	dirs, err := filepath.Glob(filepath.Join(m.runtime, "steward/journal/*"))
	m.check(err)
	if len(dirs) == 0 {
		return ""
	}
	return dirs[0]
}

// entries are what the journal has for a match, oldest first.
func (m *manager) entries(match query.Match) []file.Entry {
	dir := m.journal()
	if dir == "" {
		return nil
	}
	j, err := query.Open(dir)
	if err != nil {
		return nil // it is just being made
	}
	defer j.Close()
	list, err := j.Tail(10000, query.Query{Match: match})
	if err != nil {
		return nil // as above
	}
	return list
}

func messages(entries []file.Entry) []string {
	var list []string
	for i := range entries {
		list = append(list, string(entries[i].Get("MESSAGE")))
	}
	return list
}

// logs are the lines that a unit's processes wrote and the manager wrote of it.
func (m *manager) logs(unit string) []string {
	return messages(m.entries(query.UserUnit(unit, m.who.uid)))
}

func (m *manager) allLogs() []string { return messages(m.entries(nil)) }

// awaitLog waits for a line that a unit's processes or the manager wrote and returns it.
func (m *manager) awaitLog(unit, part string) (line string) {
	m.t.Helper()
	m.awaitChange(filepath.Join(m.runtime, "steward/journal"), "the line "+part, func() bool {
		logs := m.logs(unit)
		i := slices.IndexFunc(logs, func(l string) bool { return strings.Contains(l, part) })
		if i < 0 {
			return false
		}
		line = logs[i]
		return true
	})
	return line
}

// awaitLogs waits for so many lines of a unit with a text, and refuses more.
func (m *manager) awaitLogs(unit, part string, count int) {
	m.t.Helper()
	lines := 0
	m.awaitChange(filepath.Join(m.runtime, "steward/journal"), "the line "+part, func() bool {
		lines = 0
		for _, line := range m.logs(unit) {
			if strings.Contains(line, part) {
				lines++
			}
		}
		return lines >= count
	})
	if lines != count {
		m.t.Errorf("the line %q of %s: %d times, want %d", part, unit, lines, count)
	}
}

// TestDumpSignal: SIGUSR2 has the manager log its complete state, which is what Dump() answers. systemd(1), SIGNALS.
func TestDumpSignal(t *testing.T) {
	each(t, func(t *testing.T, w who) {
		m := start(t, w, config{units: map[string]string{"dumped.service": "[Service]\nExecStart=/bin/sleep infinity\n"}})
		m.up("dumped.service")
		m.check(m.cmd.Process.Signal(syscall.SIGUSR2))
		want := strings.TrimSuffix(m.manage("Dump", "")[0].(string), "\n")
		found := func() bool {
			return strings.Contains(strings.Join(m.allLogs(), "\n"), want)
		}
		m.awaitChange(filepath.Join(m.runtime, "steward/journal"), "the state "+want, found)
		for _, part := range []string{"Manager: systemd ", "\n-> Unit dumped.service:\n", "\tService State: running\n"} {
			if !strings.Contains(want, part) {
				t.Errorf("the state has no %q:\n%s", part, want)
			}
		}
	})
}
