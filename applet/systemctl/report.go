package systemctl

import (
	"fmt"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/exitstatus"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitname"
)

// report prints what status tells of a unit: labels end in column 11, values begin in column 14.
type report struct {
	session *session
	zone    *time.Location
	unit    properties
	printed bool // a unit was printed before
	status  int
}

// row prints a label and a value.
func (p *report) row(label, format string, args ...any) {
	p.session.printf("%11s: "+format+"\n", append([]any{label}, args...)...)
}

// more prints a further value of the label before.
func (p *report) more(format string, args ...any) { p.session.printf(indent+format+"\n", args...) }

const indent = "             "

// print tells about p.unit.
func (p *report) print() {
	p.title()
	p.loaded()
	p.dropins()
	p.active()
	p.triggers()
	p.unmet("Condition", "Condition", "start ", ui.Yellow)
	p.unmet("Assert", "Assert", "start ", ui.Red)
	p.places()
	p.documentation()
	p.listeners()
	p.verdicts()
	p.processes()
	p.texts()
	p.resources()
	p.cgroup()
	p.journal()
	if p.unit.yes("NeedDaemonReload") {
		p.session.warnStale(p.unit.text("Id"))
	}
}

// stateStyle is the colour of a state.
func stateStyle(active string) ui.Style {
	switch active {
	case "failed":
		return ui.Red
	case "active", "reloading":
		return ui.Green
	}
	return ui.Plain
}

// stateDot is the shape of a state.
func stateDot(active string) string {
	switch active {
	case "reloading":
		return "↻"
	case "inactive", "maintenance":
		return "○"
	case "failed":
		return "×"
	}
	return "●"
}

func (p *report) title() {
	s, id, active := p.session, p.unit.text("Id"), p.unit.text("ActiveState")
	s.printf("%s %s", s.Paint(stateStyle(active), stateDot(active)), id)
	if d := p.unit.text("Description"); d != "" && d != id {
		s.printf(" - %s", d)
	}
	s.printf("\n")
	if f := p.unit.text("Following"); f != "" {
		p.row("Follows", "unit currently follows state of %s", f)
	}
}

// loaded tells where the unit comes from and whether it is enabled.
func (p *report) loaded() {
	s, state := p.session, p.unit.text("LoadState")
	style := ui.Plain
	if state == "error" || state == "bad-setting" {
		style = ui.Red
	}
	state = s.Paint(style, state)
	file := p.unit.text("SourcePath")
	if file == "" {
		file = p.unit.text("FragmentPath")
	}
	message := ""
	if pair, ok := asStruct(p.unit["LoadError"]); ok && len(pair) == 2 {
		message, _ = pair[1].(string)
	}
	enabled, preset := p.unit.text("UnitFileState"), p.unit.text("UnitFilePreset")
	switch {
	case message != "":
		p.row("Loaded", "%s (Reason: %s)", state, message)
	case file != "" && enabled != "":
		text := s.link(file) + "; " + s.Paint(fileStateStyle(enabled), enabled)
		if hasPreset(enabled) {
			text += "; preset: " + s.Paint(fileStateStyle(preset), preset)
		} else { // the original switches the colour for nothing
			text += s.Switch(fileStateStyle(preset)) + s.Switch("\x1b[0m")
		}
		p.row("Loaded", "%s (%s)", state, text)
	case file != "":
		p.row("Loaded", "%s (%s)", state, s.link(file))
	default:
		p.row("Loaded", "%s", state)
	}
	if p.unit.yes("Transient") {
		p.row("Transient", "yes")
	}
}

// fileStateStyle is the colour of an enablement state.
func fileStateStyle(state string) ui.Style {
	switch state {
	case "enabled", "alias":
		return ui.Green
	case "disabled":
		return ui.Yellow
	case "masked", "bad":
		return ui.Red
	}
	return ui.Plain
}

// hasPreset says whether a preset has a say in a file of that state.
func hasPreset(state string) bool {
	switch state {
	case "alias", "static", "generated", "transient":
		return false
	}
	return true
}

func (p *report) dropins() {
	list := p.unit.list("DropInPaths")
	for i := 0; i < len(list); {
		dir := path.Dir(list[i])
		var names []string
		first := i
		for ; i < len(list) && path.Dir(list[i]) == dir; i++ {
			names = append(names, p.session.linkTo(list[i], path.Base(list[i])))
		}
		if first == 0 {
			p.row("Drop-In", "%s", dir)
		} else {
			p.more("%s", dir)
		}
		p.more("└─%s", strings.Join(names, ", "))
	}
}

// active tells the state, since when, and how long it was before.
func (p *report) active() {
	s, active, sub := p.session, p.unit.text("ActiveState"), p.unit.text("SubState")
	text := active
	if sub != "" && sub != active {
		text += " (" + sub + ")"
	}
	result := p.unit.text("Result")
	line := s.Paint(stateStyle(active), text)
	if active == "failed" { // the sub state says the same again
		line = s.Paint(stateStyle(active), active)
		if sub != "failed" {
			line = s.Paint(stateStyle(active), text)
		}
	}
	if result != "" && result != "success" {
		line += " (Result: " + result + ")"
	}
	since := ""
	switch active {
	case "active", "reloading":
		since = "ActiveEnterTimestamp"
	case "inactive", "failed":
		since = "InactiveEnterTimestamp"
	case "activating":
		since = "InactiveExitTimestamp"
	default:
		since = "ActiveExitTimestamp"
	}
	if at := p.unit.number(since); at != 0 {
		line += " since " + p.when(at)
	}
	p.row("Active", "%s", line)
	p.until(active)
	enter, exit := p.unit.number("ActiveEnterTimestamp"), p.unit.number("ActiveExitTimestamp")
	if (active == "inactive" || active == "failed" || active == "deactivating") && enter > 0 && exit >= enter &&
		unitname.TypeOf(p.unit.text("Id")) != unitname.Target {
		p.row("Duration", "%s", span.Span(exit-enter).Format(span.Millisecond))
	}
}

// when is a point of time and how long ago it was.
func (p *report) when(usec uint64) string {
	text := p.session.timestamp(usec, p.zone)
	if ago := span.FormatRelative(usec, now()); ago != "" {
		text += "; " + ago
	}
	return text
}

// now is the present in microseconds since 1970.
func now() uint64 { return uint64(time.Now().UnixMicro()) }

// until tells when a time limit will end the service.
func (p *report) until(active string) {
	limit := p.unit.number("RuntimeMaxUSec")
	if active != "active" || limit == 0 || limit == math.MaxUint64 {
		return
	}
	p.row("Until", "%s", p.when(p.unit.number("ActiveEnterTimestamp")+limit))
}

// triggers tells what starts the unit, and what it starts.
func (p *report) triggers() {
	if next := p.nextElapse(); next != 0 || unitname.TypeOf(p.unit.text("Id")) == unitname.Timer {
		text := "n/a"
		if next != 0 && next != math.MaxUint64 {
			text = p.when(next)
		}
		p.row("Trigger", "%s", text)
	}
	for _, list := range []struct{ label, property string }{{"TriggeredBy", "TriggeredBy"}, {"Triggers", "Triggers"}} {
		label := list.label
		for _, name := range p.unit.list(list.property) {
			style := ui.Plain
			if state, err := p.session.getString(unitPath(name), unitInterface, "ActiveState"); err == nil {
				style = stateStyle(state)
			}
			line := p.session.Paint(style, "●") + " " + name
			if label != "" {
				p.row(label, "%s", line)
			} else {
				p.more("%s", line)
			}
			label = ""
		}
	}
}

// nextElapse is when a timer will elapse, by the wall clock.
func (p *report) nextElapse() uint64 {
	return nextElapse(p.unit.number("NextElapseUSecRealtime"), p.unit.number("NextElapseUSecMonotonic"))
}

// nextElapse is the earlier of a point of the wall clock and one of the monotonic clock, by the wall clock.
func nextElapse(real, monotonic uint64) uint64 {
	if monotonic == 0 || monotonic == math.MaxUint64 {
		return real
	}
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts) != nil {
		return real
	}
	converted := now() + monotonic - uint64(ts.Nano()/1000)
	if real == 0 || real == math.MaxUint64 {
		return converted
	}
	return min(real, converted)
}

// unmet tells which conditions kept the unit from being started.
func (p *report) unmet(label, property, before string, style ui.Style) {
	at := p.unit.number(property + "Timestamp")
	if p.unit.yes(property+"Result") || at == 0 {
		return
	}
	word := map[string]string{"Condition": "condition failed", "Assert": "assertion failed"}[property]
	text := p.session.timestamp(at, p.zone) + "; " + span.FormatRelative(at, now())
	p.row(label, "%s%s at %s", before, p.session.Paint(style, word), text)
	rows, _ := p.unit[property+"s"].([]any)
	var unmet []string
	for _, row := range rows { // (sbbsi): name, trigger, negate, parameter, state
		if v, ok := asStruct(row); ok && len(v) == 5 && v[4] != int32(0) && v[4] != int32(1) {
			mark := map[any]string{true: "|"}[v[1]] + map[any]string{true: "!"}[v[2]]
			unmet = append(unmet, fmt.Sprintf("%s=%s%s was not met", v[0], mark, v[3]))
		}
	}
	p.tree(property, unmet)
}

// tree prints the conditions that were not met: as a tree, but for assertions.
func (p *report) tree(property string, unmet []string) {
	for i, line := range unmet {
		branch := "├─ "
		if i == len(unmet)-1 {
			branch = "└─ "
		}
		if property == "Assert" {
			branch = ""
		}
		p.more("%s%s", branch, line)
	}
}

// places tells what a mount or a device is about.
func (p *report) places() {
	if sysfs := p.unit.text("SysFSPath"); sysfs != "" {
		p.row("Device", "%s", sysfs)
	}
	where, what := p.unit.text("Where"), p.unit.text("What")
	if where != "" {
		p.row("Where", "%s", where)
	}
	if what != "" {
		p.row("What", "%s", what)
	}
}

func (p *report) documentation() {
	for i, doc := range p.unit.list("Documentation") {
		if doc = p.session.linkTo(doc, doc); i == 0 {
			p.row("Docs", "%s", doc)
		} else {
			p.more("%s", doc)
		}
	}
}

// listeners tells what a socket listens on.
func (p *report) listeners() {
	list, _ := p.unit["Listen"].([]any)
	for i, row := range list {
		pair, ok := asStruct(row)
		if !ok || len(pair) != 2 {
			continue
		}
		if i == 0 {
			p.row("Listen", "%s (%s)", pair[1], pair[0])
		} else {
			p.more("%s (%s)", pair[1], pair[0])
		}
	}
	if p.unit.yes("Accept") {
		line := fmt.Sprintf("%d; Connected: %d;", p.unit.number("NAccepted"), p.unit.number("NConnections"))
		if refused := p.unit.number("NRefused"); refused > 0 {
			line += fmt.Sprintf("; Refused: %d", refused)
		}
		p.row("Accepted", "%s", line)
	}
}

// verdicts tells which settings have no effect here, and why. Only steward's manager has them.
func (p *report) verdicts() {
	for i, verdict := range p.unit.list("StewardVerdicts") {
		if verdict = p.session.Paint(ui.Yellow, verdict); i == 0 {
			p.row("Verdict", "%s", verdict)
		} else {
			p.more("%s", verdict)
		}
	}
}

// endingText is how a process ended: "code=exited, status=1/FAILURE".
func endingText(code int32, status int32) string {
	text := "code=" + codeName(code, "n/a") + ", "
	if code != exited {
		return text + "signal=" + quantity.SignalName(int(status))
	}
	text += "status=" + strconv.Itoa(int(status))
	if name := exitstatus.Name(int(status), exitstatus.Libc, exitstatus.Systemd); name != "" {
		text += "/" + name
	}
	return text
}

// comm is the name of a running process.
func comm(pid uint64) string {
	text, err := os.ReadFile("/proc/" + strconv.FormatUint(pid, 10) + "/comm")
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}
