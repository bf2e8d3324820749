package complete

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/manual"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/directive"
)

// patience is how long a manager may take to tell its units: who pressed a key waits for it.
const patience = 2 * time.Second

// questions are the command lines of systemctl that list a kind of word, one for each kind. Some have more than one.
func questions(kind string) []string {
	switch kind {
	case "units", "all-units":
		return []string{"list-units --all", "list-unit-files"}
	case "active":
		return []string{"list-units --state=active,reloading,activating,deactivating"}
	case "startable":
		return []string{"list-units --all --state=inactive,failed", "list-unit-files"}
	case "failed":
		return []string{"list-units --failed"}
	case "services", "sockets", "timers", "automounts", "targets":
		only := " --type=" + strings.TrimSuffix(kind, "s")
		return []string{"list-units --all" + only, "list-unit-files" + only}
	case "unit-files", "unmasked":
		return []string{"list-unit-files"}
	case "templates":
		return []string{"list-unit-files *@.*"}
	case "enabled":
		return []string{"list-unit-files --state=enabled,enabled-runtime,linked,linked-runtime"}
	case "disabled":
		return []string{"list-unit-files --state=disabled"}
	case "masked":
		return []string{"list-unit-files --state=masked,masked-runtime"}
	case "jobs":
		return []string{"list-jobs"}
	case "variables":
		return []string{"show-environment"}
	}
	return nil
}

// look adds the words of a kind. before is what stands before each: those of a list that the user has written so far.
func (c *completion) look(kind, before, begun string) {
	switch kind {
	case "properties":
		for t := range model.Types() {
			for _, p := range directive.Properties(model.Type(t), nil) {
				c.add(before+p.Name, "")
			}
		}
	case "assignments":
		c.assignments()
	case "pages":
		for _, p := range manual.Pages(c.table) {
			c.add(p.Name, p.Summary)
		}
	case "types":
		for _, t := range model.Types() {
			c.add(before+t, "")
		}
	}
	for _, question := range questions(kind) {
		c.ask(question, begun)
	}
}

// assignments are what "systemctl set-property" may set.
func (c *completion) assignments() {
	c.add("Description=", "")
	c.add("Markers=", "")
	for _, d := range directive.FindSection("Slice").Directives() {
		if d.Property != "" && d.Name != "Slice" {
			c.add(d.Name+"=", "")
		}
	}
}

// ask lets systemctl list something. It starts no manager, and where it fails there is nothing to complete.
func (c *completion) ask(question, begun string) {
	ctl, ok := applet.Find(c.table, "systemctl")
	if !ok {
		return
	}
	args := append([]string{"systemctl"}, strings.Fields(question)...)
	args = append(append(args, "--full", "--no-legend", "--no-pager", "--plain"), c.scope...)
	if strings.HasPrefix(question, "list-unit") && !strings.ContainsAny(question+begun, "*?[\\,=") {
		args = append(args, "--", begun+"*")
	}
	var out bytes.Buffer
	u := c.io
	u.Out, u.Err, u.Terminal, u.ErrTerminal = &out, io.Discard, false, false
	u.Lookup = func(name string) (string, bool) {
		if name == "STEWARD_LAUNCH" {
			return "no", true
		}
		if slices.Contains([]string{"SYSTEMD_COLORS", "STEWARD_REALLY"}, name) || c.io.Lookup == nil {
			return "", false
		}
		return c.io.Lookup(name)
	}
	done := make(chan int, 1)
	go func() { done <- ctl.Run(c.ctx, u, args) }()
	select {
	case <-time.After(patience):
		return // the answer, if any, is left to the end of the process
	case <-done:
	}
	for line := range strings.Lines(out.String()) {
		c.found(question, strings.TrimSuffix(line, "\n"))
	}
}

// found adds the word that a line of a list is about.
func (c *completion) found(question, line string) {
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return
	}
	switch {
	case question == "show-environment":
		name, _, _ := strings.Cut(line, "=")
		c.add(name, "")
	case strings.HasPrefix(question, "list-units") && len(fields) > 4:
		c.add(fields[0], strings.Join(fields[4:], " "))
	case question == "list-jobs" && len(fields) > 2:
		c.add(fields[0], fields[2]+" "+fields[1])
	case strings.HasPrefix(question, "list-unit-files") && len(fields) > 1:
		c.add(fields[0], fields[1])
	}
}
