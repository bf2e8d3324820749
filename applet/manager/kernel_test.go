package manager

import (
	"fmt"
	"strings"
	"testing"

	"github.com/steward-init/steward/host/cmdline"
	"github.com/steward-init/steward/model/directive"
)

// TestKernelWords has what words make of the manager's settings: the unit, the level, the target, the status, the
// variables, and remarks.
func TestKernelWords(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"", " -1 : [] 0"}, {"ro root=/dev/vda1 -- x", " -1 : [] 0"},
		{"single", "rescue.target -1 : [] 0"}, {"1", "rescue.target -1 : [] 0"}, {"-b", "emergency.target -1 : [] 0"},
		{"rd.emergency rd.systemd.unit=x.target", " -1 : [] 0"}, {"single=no 5=x", " -1 : [] 0"},
		{"5 systemd.unit=a.target", "a.target -1 : [] 0"}, {"systemd.unit=a.target 3", "multi-user.target -1 : [] 0"},
		{"debug", " 7 console: [] 0"}, {"debug systemd.log-level=err systemd.log_target=kmsg", " 3 kmsg: [] 0"},
		{"systemd.log_level=loud", " -1 : [] 1"}, {"quiet", " -1 :error [] 0"},
		{"quiet systemd.show_status", " -1 :yes [] 0"}, {"systemd.show_status=auto quiet", " -1 :auto [] 0"},
		{"systemd.setenv=A=1 systemd.setenv=A=2 systemd.setenv=B", " -1 : [A=2] 1"},
		{"locale.LANG=C locale.NONE=x locale.LC_TIME=D", " -1 : [LANG=C LC_TIME=D] 0"},
		{"systemd.crash_shell systemd.confirm-spawn=yes systemd.service_watchdogs=no", " -1 : [] 3"},
	} {
		k := kernel{line: cmdline.Parse(c.line)}
		d := directive.NewDefaults(false)
		found := k.read(d, true)
		variables := append(k.setenv, k.locale...)
		got := fmt.Sprintf("%s %d %s:%s %s %d", k.unit, d.LogLevel, d.LogTarget, d.ShowStatus, variables, len(found))
		if got != c.want {
			t.Errorf("%q: %q, want %q; %v", c.line, got, c.want, found)
		}
		for _, remark := range found {
			if !strings.HasPrefix(remark.String(), kernelSource+": ") {
				t.Errorf("%q: %s", c.line, remark)
			}
		}
	}
}

// TestShows has which lines a console shows by each word, in the order of begun, done, failed, and begun again.
func TestShows(t *testing.T) {
	for word, want := range map[string]string{"yes": "true true true true", "no": "false false false false",
		"error": "false false true false", "auto": "false false true true", "": "true true true true",
		"temporary": "true true true true"} {
		var m Manager
		m.setStatus(statusOf(word))
		if got := fmt.Sprint(m.shows(""), m.shows("done"), m.shows("failed"), m.shows("")); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
