package systemctl

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sysvInstall is the program that distributions have for SysV init scripts, systemctl(1).
const sysvInstall = "/lib/systemd/systemd-sysv-install"

// redirectSysV gives units that are init scripts to the program for them, and returns the units that are left. Where
// the distribution has none, this binary is it. The status of is-enabled is 0 when one of the scripts is.
func (s *session) redirectSysV(verb string, names []string) ([]string, int, error) {
	asks, result := verb == "is-enabled", 0
	if asks {
		result = 1
	}
	if s.opt.scope != systemScope || s.opt.root != "" || s.opt.host != "" {
		return names, result, nil
	}
	program := sysvInstall
	if !executable(program) {
		program = "/proc/self/exe"
	}
	var rest []string
	for _, name := range names {
		script, isService := strings.CutSuffix(name, ".service")
		if !isService || strings.Contains(name, "/") || !executable("/etc/init.d/"+script) {
			rest = append(rest, name)
			continue
		}
		native := s.isNative(name)
		if asks && native {
			rest = append(rest, name)
			continue
		}
		if !s.opt.has("quiet") {
			text := "%s is not a native service, redirecting to systemd-sysv-install.\n"
			if native {
				text = "Synchronizing state of %s with SysV service script with " + sysvInstall + ".\n"
			}
			s.announce(fmt.Sprintf(text+"Executing: %s %s %s", name, sysvInstall, verb, script))
		}
		status, err := s.runAs(program, []string{sysvInstall, verb, script})
		switch {
		case err == nil && asks:
			result = min(result, status)
			s.sayEnabled(status == 0)
			continue
		case err != nil || status != 0:
			return nil, max(status, 1), err
		}
		if native {
			rest = append(rest, name)
		}
	}
	return rest, result, nil
}

// sayEnabled prints what is-enabled found out of an init script.
func (s *session) sayEnabled(on bool) {
	switch {
	case s.opt.has("quiet"):
	case on:
		s.printf("enabled\n")
	default:
		s.printf("disabled\n")
	}
}

// isNative says whether a unit has a unit file, not made by the generator for init scripts.
func (s *session) isNative(name string) bool {
	path := s.searchPath()
	for _, dir := range path.Dirs {
		if strings.HasPrefix(dir, "/run/systemd/generator") {
			continue
		}
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

func executable(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
}
