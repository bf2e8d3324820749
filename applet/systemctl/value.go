package systemctl

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
)

// valueWriter prints properties as text. How a value looks depends on its type, and for some names on the name.
type valueWriter struct {
	session *session
	all     bool // values that are empty are printed too
	zone    *time.Location
}

// line prints NAME=VALUE, or VALUE alone.
func (v *valueWriter) line(name, value string) {
	if v.session.opt.has("value") {
		v.session.printf("%s\n", value)
		return
	}
	out := v.session.out
	_, _ = out.WriteString(name) // best effort: a reader that went away wants no more
	_ = out.WriteByte('=')
	_, _ = out.WriteString(value)
	_ = out.WriteByte('\n')
}

// maybe prints a value unless it is empty and empty ones are not wanted.
func (v *valueWriter) maybe(name, value string) {
	if value != "" || v.all {
		v.line(name, value)
	}
}

// property reads one value from r and prints it.
func (v *valueWriter) property(r *dbus.Reader, name, sig string) {
	switch sig {
	case "s", "o":
		value := r.String()
		if strings.Contains(value, "\n") {
			value = "[unprintable]"
		}
		v.maybe(name, value)
	case "b":
		v.line(name, quantity.FormatBool(r.Bool()))
	case "t":
		v.unsigned(name, r.Uint64())
	case "u":
		v.unsigned32(name, r.Uint32())
	case "i":
		if name == "NUMAPolicy" {
			v.line(name, numaPolicy(r.Int32()))
			return
		}
		v.signed(name, int64(r.Int32()))
	case "x":
		v.signed(name, r.Int64())
	case "d":
		v.line(name, strconv.FormatFloat(r.Double(), 'g', 6, 64))
	case "as":
		v.maybe(name, quoteAll(r.StringArray()))
	default:
		if !v.structured(r, name, sig) {
			r.Skip(sig)
			if v.all {
				v.line(name, "[unprintable]")
			}
		}
	}
}

// quoteAll joins words as a shell would take them.
func quoteAll(list []string) string {
	var b strings.Builder
	for i, word := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(words.QuoteShell(word))
	}
	return b.String()
}

// isTimestamp says whether a number of microseconds is a point of time though its name says otherwise.
func isTimestamp(name string) bool {
	switch name {
	case "NextElapseUSecRealtime", "LastTriggerUSec", "TimeUSec", "RTCTimeUSec":
		return true
	}
	return false
}

// unsigned prints a 64 bit number, whose greatest value means "none" in many properties.
func (v *valueWriter) unsigned(name string, n uint64) {
	const none = math.MaxUint64
	text := ""
	switch {
	case strings.HasSuffix(name, "Timestamp"):
		v.maybe(name, v.session.timestamp(n, v.zone))
		return
	case isTimestamp(name): // --timestamp= has no say in these
		v.maybe(name, span.FormatTimestamp(n, v.zone))
		return
	case strings.Contains(name, "USec"):
		text = span.Span(n).String()
	case name == "CoredumpFilter":
		text = fmt.Sprintf("0x%x", n)
	case name == "RestrictNamespaces":
		text = namespaces(n)
	case name == "MountFlags":
		v.maybe(name, propagation(n))
		return
	case name == "CapabilityBoundingSet", name == "AmbientCapabilities":
		v.maybe(name, strings.Join(quantity.CapabilityNames(n&(1<<(quantity.LastCapability+1)-1)), " "))
		return
	case n == 0 && (name == "CPUWeight" || name == "StartupCPUWeight"):
		text = "idle"
	case n == none && isNotSet(name):
		text = "[not set]"
	case n == none && isLimit(name):
		text = "infinity"
	case n == none && strings.HasPrefix(name, "IP"):
		text = "[no data]"
	default:
		text = strconv.FormatUint(n, 10)
	}
	v.line(name, text)
}

// isNotSet says whether a property's greatest value means that it was not set, or not measured.
func isNotSet(name string) bool {
	switch name {
	case "CPUWeight", "StartupCPUWeight", "IOWeight", "StartupIOWeight", "CPUShares", "StartupCPUShares",
		"BlockIOWeight", "StartupBlockIOWeight", "MemoryCurrent", "TasksCurrent":
		return true
	}
	return strings.HasSuffix(name, "NSec")
}

// isLimit says whether a property's greatest value means that there is no limit.
func isLimit(name string) bool {
	switch name {
	case "DefaultMemoryLow", "DefaultMemoryMin", "MemoryLow", "MemoryMin", "MemoryHigh", "MemoryMax", "MemorySwapMax",
		"MemoryLimit", "MemoryAvailable", "TasksMax", "DefaultTasksMax":
		return true
	}
	return strings.HasPrefix(name, "Limit") || strings.HasPrefix(name, "DefaultLimit")
}

func (v *valueWriter) unsigned32(name string, n uint32) {
	switch {
	case strings.Contains(name, "UMask"), strings.Contains(name, "Mode"):
		v.line(name, fmt.Sprintf("%04o", n))
	case n == math.MaxUint32 && (name == "UID" || name == "GID"):
		v.line(name, "[not set]")
	default:
		v.line(name, strconv.FormatUint(uint64(n), 10))
	}
}

func (v *valueWriter) signed(name string, n int64) {
	if n < 0 && strings.HasSuffix(name, "ActionExitStatus") {
		if v.all {
			v.line(name, "[not set]")
		}
		return
	}
	v.line(name, strconv.FormatInt(n, 10))
}

// numaPolicy is the word for a policy of set_mempolicy(2).
func numaPolicy(n int32) string {
	if words := []string{"default", "preferred", "bind", "interleave", "local"}; n >= 0 && int(n) < len(words) {
		return words[n]
	}
	return "n/a"
}

// namespaces are the kinds of namespaces by their flag of clone(2), in the order that they are printed.
func namespaces(allowed uint64) string {
	all := []struct {
		flag uint64
		name string
	}{{0x02000000, "cgroup"}, {0x08000000, "ipc"}, {0x40000000, "net"}, {0x00020000, "mnt"}, {0x20000000, "pid"},
		{0x10000000, "user"}, {0x04000000, "uts"}}
	var names []string
	for _, ns := range all {
		if allowed&ns.flag != 0 {
			names = append(names, ns.name)
		}
	}
	switch len(names) {
	case 0:
		return "yes"
	case len(all):
		return "no"
	}
	return strings.Join(names, " ")
}

// propagation is the word for the propagation of mounts, mount_namespaces(7).
func propagation(flags uint64) string {
	switch {
	case flags&(1<<20) != 0:
		return "shared"
	case flags&(1<<19) != 0:
		return "slave"
	case flags&(1<<18) != 0:
		return "private"
	}
	return ""
}

// hexID is an identifier of 16 bytes.
func hexID(b []byte) string { return hex.EncodeToString(b) }

// timestamp is a point of time as --timestamp= asks.
func (s *session) timestamp(usec uint64, zone *time.Location) string {
	if usec == 0 || usec == math.MaxUint64 {
		return ""
	}
	switch s.opt.timestamp {
	case "us", "µs":
		return span.FormatTimestampMicro(usec, zone)
	case "utc":
		return span.FormatTimestamp(usec, time.UTC)
	case "us+utc", "µs+utc":
		return span.FormatTimestampMicro(usec, time.UTC)
	case "unix":
		return span.FormatTimestampUnix(usec)
	}
	return span.FormatTimestamp(usec, zone)
}

// zone is the user's time zone.
func (s *session) zone() *time.Location {
	if name := s.Getenv("TZ"); name != "" {
		return ui.Zone(name)
	}
	return time.Local
}
