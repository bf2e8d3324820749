package all

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/ui"
)

// TestDescriptions holds the help texts against the tables of options, which completions and manual pages are made of
// both: every option has a text, and every text is of an option.
func TestDescriptions(t *testing.T) {
	for _, a := range Table() {
		if a.Describe == nil {
			continue
		}
		for name := range strings.FieldsSeq(a.Names) {
			d := a.Describe(name)
			if d.Synopsis == "" || len(d.Text) == 0 && name != applet.Default {
				t.Errorf("%s: no synopsis or no text: %+v", name, d)
			}
			for _, o := range d.Options {
				switch {
				case o.Long == "" && o.Short == "":
					t.Errorf("%s: %q is the help of no option", name, o.Help)
				case o.Help == "":
					t.Errorf("%s: no help of --%s -%s", name, o.Long, o.Short)
				case o.Arg == ui.NoArg && (o.Words != "" || o.Value != ""):
					t.Errorf("%s: --%s takes nothing, but %q %q says what", name, o.Long, o.Value, o.Words)
				}
			}
			for _, v := range d.Verbs {
				if v.Name == "" || v.Help == "" {
					t.Errorf("%s: no help of %q", name, v.Name)
				}
				if v.Args == "" && v.Words != "" {
					t.Errorf("%s: %s takes nothing, but %q says what", name, v.Name, v.Words)
				}
			}
		}
	}
}

// hidden are options that --help leaves out: old names of others, and what is accepted for compatibility only. The
// manual page has them all.
var hidden = map[string]string{
	"systemctl": "kill-who recursive irreversible ignore-dependencies ignore-inhibitors check-inhibitors host machine " +
		"image firmware-setup boot-loader-menu boot-loader-entry message reboot-argument",
}

// TestHelpHasEveryOption looks for every option of the tables in what --help prints.
func TestHelpHasEveryOption(t *testing.T) {
	for _, a := range Table() {
		name := strings.Fields(a.Names)[0]
		if a.Describe == nil {
			continue
		}
		var out bytes.Buffer
		if status := a.Run(context.Background(), ui.IO{Out: &out, Err: &out}, []string{name, "--help"}); status != 0 {
			t.Errorf("%s --help: status %d, %s", name, status, &out)
		}
		words := strings.FieldsFunc(out.String(), func(r rune) bool { return strings.ContainsRune(" \n=[", r) })
		for _, o := range a.Describe(name).Options {
			has := slices.Contains(words, "--"+o.Long) || o.Long == "" && slices.Contains(words, "-"+o.Short)
			if is := slices.Contains(strings.Fields(hidden[name]), o.Long); is == has {
				t.Errorf("%s --help: has --%s -%s: %v; hidden: %v", name, o.Long, o.Short, has, is)
			}
		}
	}
}
