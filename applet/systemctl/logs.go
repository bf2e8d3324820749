package systemctl

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"

	"github.com/steward-init/steward/journal/file"
	"github.com/steward-init/steward/journal/output"
	"github.com/steward-init/steward/journal/query"
)

// journal prints the last lines that the unit logged since it was started.
func (p *report) journal() {
	s := p.session
	if s.opt.lines == 0 {
		return
	}
	id := p.unit.text("Id")
	match := query.Unit(id)
	if s.opt.scope != systemScope {
		match = query.UserUnit(id, uint32(os.Getuid()))
	}
	j, _ := query.Open(s.journalFolders()...) // what can not be opened has nothing to show
	defer func() { _ = j.Close() }()          // best effort: they were only read
	since, boot := p.unit.number("InactiveExitTimestampMonotonic"), bootID()
	entries, _ := j.Tail(s.opt.lines, query.Query{Match: match, Boot: boot, Since: since}) // what is damaged shows no more
	first, some := j.Oldest(boot)
	rotated := some && since > 0 && since < first && len(entries) < s.opt.lines && !s.opt.has("quiet")
	if len(entries) > 0 || rotated {
		s.printf("\n")
	}
	o := output.Options{Mode: s.opt.output, Zone: p.zone, All: s.opt.has("all"), Color: s.Color()}
	if !s.wide() {
		o.Width = s.Width()
	}
	var text []byte
	var before *file.Entry
	for i := range entries {
		var cut bool
		text, cut = output.Append(text[:0], &entries[i], before, o)
		s.ellipsized = s.ellipsized || cut
		s.printf("%s", text)
		before = &entries[i]
	}
	if rotated {
		s.printf("Notice: journal has been rotated since unit was started, output may be incomplete.\n")
	}
}

// journalFolders are where the journal's files of this machine are, and those of a user manager of ours.
func (s *session) journalFolders() []string {
	var all []string
	if id, err := os.ReadFile("/etc/machine-id"); err == nil {
		name := strings.TrimSpace(string(id))
		all = []string{"/run/log/journal/" + name, "/var/log/journal/" + name}
	}
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" && s.opt.scope != systemScope {
		own, _ := filepath.Glob(filepath.Join(dir, "steward/journal/*")) // a name of its own where there is no machine ID
		all = append(all, own...)
	}
	return all
}

// bootID is the identity of this boot.
func bootID() (id file.ID) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id
	}
	b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(string(text)), "-", ""))
	if err == nil && len(b) == len(id) {
		copy(id[:], b)
	}
	return id
}
