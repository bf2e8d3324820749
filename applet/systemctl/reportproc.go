package systemctl

import (
	"fmt"
	"math"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/wire/dbus"
)

// asStruct is a value read as a struct.
func asStruct(v any) ([]any, bool) {
	list, ok := v.(dbus.Struct)
	return list, ok
}

// execProperties are the properties with command lines, in the order that status tells of them.
func execProperties() []string {
	return []string{"ExecCondition", "ExecStartPre", "ExecStart", "ExecStartPost", "ExecReload", "ExecStop",
		"ExecStopPost", "ExecStopPre", "ExecMount", "ExecUnmount", "ExecRemount", "ExecActivate", "ExecDeactivate"}
}

// command is a command line that has run, of a property of type a(sasbttttuii).
type command struct {
	argv           []string
	ignore         bool
	started, ended uint64
	pid            uint32
	code, status   int32
}

func commandsOf(v any) []command {
	list, _ := v.([]any)
	var commands []command
	for _, row := range list {
		f, ok := asStruct(row)
		if !ok || len(f) != 10 {
			return nil
		}
		c := command{}
		c.argv, _ = f[1].([]string)
		c.ignore, _ = f[2].(bool)
		c.started, _ = f[3].(uint64)
		c.ended, _ = f[5].(uint64)
		c.pid, _ = f[7].(uint32)
		c.code, _ = f[8].(int32)
		c.status, _ = f[9].(int32)
		commands = append(commands, c)
	}
	return commands
}

// clean says whether a process ended well: with status 0, or by a signal that ends services.
func (c *command) clean() bool {
	switch c.code {
	case exited:
		return c.status == 0
	case killed:
		return c.status == 1 || c.status == 2 || c.status == 13 || c.status == 15
	}
	return false
}

// processes tells of the processes that ran, and of those that run.
func (p *report) processes() {
	for _, name := range execProperties() {
		for _, c := range commandsOf(p.unit[name]) {
			if c.started == 0 || c.ended == 0 {
				continue
			}
			style := ui.Plain
			switch {
			case c.clean():
			case c.ignore:
				style = ui.Yellow
			default:
				style = ui.Red
			}
			p.row("Process", "%d %s=%s %s", c.pid, name, strings.Join(c.argv, " "),
				p.session.Paint(style, "("+endingText(c.code, c.status)+")"))
		}
	}
	mainPID, control := p.unit.number("MainPID"), p.unit.number("ControlPID")
	last := p.unit.number("ExecMainPID")
	line := ""
	switch {
	case mainPID > 0:
		line = fmt.Sprintf("%11s: %d%s", "Main PID", mainPID, inBrackets(comm(mainPID)))
	case last > 0:
		line = fmt.Sprintf("%11s: %d (%s)", "Main PID", last,
			endingText(int32(p.unit.number("ExecMainCode")), int32(p.unit.number("ExecMainStatus"))))
	}
	if control > 0 {
		label := "; Control PID: "
		if line == "" {
			label = "Cntrl PID: "
			line = " "
		}
		line += fmt.Sprintf("%s%d%s", label, control, inBrackets(comm(control)))
	}
	if line != "" {
		p.session.printf("%s\n", line)
	}
}

func inBrackets(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// texts tells what the service says of itself.
func (p *report) texts() {
	if text := p.unit.text("StatusText"); text != "" {
		p.row("Status", "\"%s\"", text)
	}
	if errno := p.unit.number("StatusErrno"); errno > 0 {
		p.row("Error", "%d (%s)", errno, errnoOf(errno))
	}
}

// resources tells what the unit uses.
func (p *report) resources() {
	const unknown = math.MaxUint64
	value := func(name string) (uint64, bool) {
		if _, there := p.unit[name]; !there {
			return 0, false
		}
		n := p.unit.number(name)
		return n, n != unknown
	}
	if in, ok := value("IPIngressBytes"); ok {
		p.row("IP", "%s in, %s out", quantity.Bytes(in), quantity.Bytes(p.unit.number("IPEgressBytes")))
	}
	if read, ok := value("IOReadBytes"); ok {
		p.row("IO", "%s read, %s written", quantity.Bytes(read), quantity.Bytes(p.unit.number("IOWriteBytes")))
	}
	if tasks, ok := value("TasksCurrent"); ok {
		line := fmt.Sprint(tasks)
		if limit, ok := value("TasksMax"); ok {
			line += fmt.Sprintf(" (limit: %d)", limit)
		}
		p.row("Tasks", "%s", line)
	}
	if memory, ok := value("MemoryCurrent"); ok {
		p.row("Memory", "%s%s", quantity.Bytes(memory), p.memoryLimits(value))
	}
	if cpu, ok := value("CPUUsageNSec"); ok {
		p.row("CPU", "%s", span.Span(cpu/1000).Format(span.Millisecond))
	}
}

// memoryLimits are the limits on memory that are set.
func (p *report) memoryLimits(value func(string) (uint64, bool)) string {
	var list []string
	for _, limit := range []struct{ label, property string }{{"min", "MemoryMin"}, {"low", "MemoryLow"},
		{"high", "MemoryHigh"}, {"max", "MemoryMax"}, {"swap max", "MemorySwapMax"}, {"limit", "MemoryLimit"},
		{"available", "MemoryAvailable"}} {
		n, ok := value(limit.property)
		if !ok || n == 0 && (limit.label == "min" || limit.label == "low") {
			continue
		}
		list = append(list, limit.label+": "+quantity.Bytes(n).String())
	}
	if len(list) == 0 {
		return ""
	}
	return " (" + strings.Join(list, " ") + ")"
}
