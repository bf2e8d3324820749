package load

import (
	"slices"
	"strings"
)

// Mode says for whom a manager runs.
type Mode uint8

// The modes.
const (
	System Mode = iota
	User
)

func (m Mode) String() string {
	if m == User {
		return "user"
	}
	return "system"
}

// SearchPath is where unit files are, in order of precedence, with the directories among them that have a meaning of
// their own. A field is "" where the mode or the environment does not have it. systemd.unit(5), UNIT FILE LOAD PATH.
type SearchPath struct {
	Mode Mode
	Dirs []string

	Config, RuntimeConfig                          string // what enable and mask write to, for good and until reboot
	Control, RuntimeControl                        string // what set-property writes to
	Attached, RuntimeAttached                      string // portable services
	Transient                                      string // units of StartTransientUnit
	GeneratorEarly, GeneratorNormal, GeneratorLate string
	env                                            func(string) string
}

// Paths gives the search path of a mode. env is the manager's environment, of which SYSTEMD_UNIT_PATH, HOME and the
// XDG_ variables matter (a nil env has none). A missing HOME or XDG_RUNTIME_DIR leaves out what depends on it.
func Paths(mode Mode, env func(string) string) SearchPath {
	if env == nil {
		env = func(string) string { return "" }
	}
	p := SearchPath{Mode: mode, env: env}
	if mode == User {
		p.user()
	} else {
		p.system()
	}
	if list := env("SYSTEMD_UNIT_PATH"); list != "" {
		p.override(list)
	}
	return p
}

// Global gives the search path for all users' managers, as "systemctl --global" has it.
func Global() SearchPath {
	return SearchPath{Mode: User, Config: "/etc/systemd/user", RuntimeConfig: "/run/systemd/user",
		env: func(string) string { return "" },
		Dirs: []string{"/etc/systemd/user", "/run/systemd/user", "/usr/local/share/systemd/user",
			"/usr/share/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"}}
}

func (p *SearchPath) system() {
	p.Config, p.RuntimeConfig = "/etc/systemd/system", "/run/systemd/system"
	p.Control, p.RuntimeControl = "/etc/systemd/system.control", "/run/systemd/system.control"
	p.Attached, p.RuntimeAttached = "/etc/systemd/system.attached", "/run/systemd/system.attached"
	p.Transient = "/run/systemd/transient"
	p.generators("/run/systemd/")
	p.Dirs = []string{p.Control, p.RuntimeControl, p.Transient, p.GeneratorEarly, p.Config, p.Attached,
		p.RuntimeConfig, p.RuntimeAttached, p.GeneratorNormal, "/usr/local/lib/systemd/system",
		"/lib/systemd/system", "/usr/lib/systemd/system", p.GeneratorLate}
}

func (p *SearchPath) generators(prefix string) {
	p.GeneratorEarly, p.GeneratorNormal = prefix+"generator.early", prefix+"generator"
	p.GeneratorLate = prefix + "generator.late"
}

func (p *SearchPath) user() {
	config := p.configHome()
	data := p.absolute("XDG_DATA_HOME", p.env("HOME"), "/.local/share")
	if config != "" {
		p.Config, p.Control = config+"/systemd/user", config+"/systemd/user.control"
	}
	if run := p.absolute("XDG_RUNTIME_DIR", "", ""); run != "" {
		p.RuntimeConfig, p.RuntimeControl = run+"/systemd/user", run+"/systemd/user.control"
		p.Transient = run + "/systemd/transient"
		p.generators(run + "/systemd/")
	}
	dirs := []string{p.Control, p.RuntimeControl, p.Transient, p.GeneratorEarly, p.Config}
	for _, dir := range p.list("XDG_CONFIG_DIRS", "/etc/xdg") {
		dirs = append(dirs, dir+"/systemd/user")
	}
	dirs = append(dirs, "/etc/systemd/user", p.RuntimeConfig, "/run/systemd/user", p.GeneratorNormal)
	if data != "" {
		dirs = append(dirs, data+"/systemd/user")
	}
	for _, dir := range p.list("XDG_DATA_DIRS", "/usr/local/share:/usr/share") {
		dirs = append(dirs, dir+"/systemd/user")
	}
	p.Dirs = distinct(append(dirs, "/usr/local/lib/systemd/user", "/usr/local/share/systemd/user",
		"/usr/lib/systemd/user", "/usr/share/systemd/user", p.GeneratorLate))
}

// absolute is a variable's path, or a place below home if it is not set; a relative path counts as not set.
func (p *SearchPath) absolute(variable, home, below string) string {
	if dir := p.env(variable); strings.HasPrefix(dir, "/") {
		return Clean(dir)
	}
	if !strings.HasPrefix(home, "/") {
		return ""
	}
	return strings.TrimSuffix(Clean(home), "/") + below
}

// list is a variable's list of absolute paths, or a default one.
func (p *SearchPath) list(variable, otherwise string) []string {
	text := p.env(variable)
	if text == "" {
		text = otherwise
	}
	var dirs []string
	for dir := range strings.SplitSeq(text, ":") {
		if strings.HasPrefix(dir, "/") {
			dirs = append(dirs, Clean(dir))
		}
	}
	return dirs
}

// override applies SYSTEMD_UNIT_PATH: with a trailing colon the usual path follows.
func (p *SearchPath) override(list string) {
	list, more := strings.CutSuffix(list, ":")
	var dirs []string
	for dir := range strings.SplitSeq(list, ":") {
		if strings.HasPrefix(dir, "/") {
			dirs = append(dirs, Clean(dir))
		}
	}
	if more {
		dirs = append(dirs, p.Dirs...)
	}
	p.Dirs = distinct(dirs)
}

// distinct keeps the first of equal names and drops empty ones.
func distinct(names []string) []string {
	var kept []string
	for _, name := range names {
		if name != "" && !slices.Contains(kept, name) {
			kept = append(kept, name)
		}
	}
	return kept
}
