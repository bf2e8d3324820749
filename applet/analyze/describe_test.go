package analyze

import (
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/ui"
)

// hidden are verbs that the help leaves out, as the original's does: they are systemctl's now.
const hidden = "log-level log-target set-log-level get-log-level set-log-target get-log-target service-watchdogs"

func TestEveryVerbIsDescribed(t *testing.T) {
	d := Describe("systemd-analyze")
	for _, v := range verbs() {
		described := slices.ContainsFunc(d.Verbs, func(h ui.VerbHelp) bool { return h.Name == v.name })
		if described == slices.Contains(strings.Fields(hidden), v.name) {
			t.Errorf("%s is a verb; the help has it: %v", v.name, described)
		}
	}
}
