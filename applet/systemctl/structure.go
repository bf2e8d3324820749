package systemctl

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/wire/dbus"
)

// structured prints a value that is more than one plain value, and says whether it knows how; if not it has read
// nothing.
func (v *valueWriter) structured(r *dbus.Reader, name, sig string) bool {
	switch sig {
	case "(uo)", "(so)", "(ss)", "(bas)", "(bs)", "(aiai)":
		v.single(r, name, sig)
	case "ay":
		v.maybe(name, bytesText(name, r.ByteArray()))
	case "a(sasbttttuii)", "a(sasasttttuii)":
		for end := r.OpenArray(8); r.More(end); {
			r.Struct()
			v.line(name, v.command(r, sig == "a(sasasttttuii)"))
		}
	case "aay":
		var list []string
		for end := r.OpenArray(4); r.More(end); {
			list = append(list, string(r.ByteArray()))
		}
		v.maybe(name, strings.Join(list, " "))
	case "a(iayu)":
		var list []string
		for end := r.OpenArray(8); r.More(end); {
			r.Struct()
			_, address, bits := r.Int32(), r.ByteArray(), r.Uint32()
			if ip, ok := netip.AddrFromSlice(address); ok {
				list = append(list, ip.String()+"/"+strconv.FormatUint(uint64(bits), 10))
			}
		}
		v.maybe(name, strings.Join(list, " "))
	default:
		return v.rows(r, name, sig) || v.mounts(r, name, sig)
	}
	return true
}

// single prints a struct.
func (v *valueWriter) single(r *dbus.Reader, name, sig string) {
	r.Struct()
	text := ""
	switch sig {
	case "(uo)": // a job
		if id := r.Uint32(); id > 0 {
			text = strconv.FormatUint(uint64(id), 10)
		}
		r.Skip("o")
	case "(so)": // a unit
		text = r.String()
		r.Skip("o")
	case "(ss)": // an error
		if id, message := r.String(), r.String(); id != "" || message != "" {
			text = id + ` "` + message + `"`
		}
	case "(bs)": // a label that may be missing
		missing := r.Bool()
		if text = r.String(); text != "" && missing {
			text = "-" + text
		}
	case "(aiai)":
		var list []string
		for end := r.OpenArray(4); r.More(end); {
			list = append(list, strconv.Itoa(int(r.Int32())))
		}
		for end := r.OpenArray(4); r.More(end); {
			list = append(list, quantity.SignalName(int(r.Int32())))
		}
		text = strings.Join(list, " ")
	case "(bas)": // a list of what is allowed, or of what is not
		allow, list := r.Bool(), r.StringArray()
		if !allow && len(list) == 0 && !v.all {
			return
		}
		if text = strings.Join(list, " "); !allow {
			text = "~" + text
		}
		v.line(name, text)
		return
	}
	v.maybe(name, text)
}

// bytesText is a property that is bytes: a set of CPUs, data for a standard input, an identifier.
func bytesText(name string, b []byte) string {
	switch name {
	case "CPUAffinity", "NUMAMask", "AllowedCPUs", "StartupAllowedCPUs", "AllowedMemoryNodes",
		"StartupAllowedMemoryNodes", "EffectiveCPUs", "EffectiveMemoryNodes":
		var set quantity.CPUSet
		for i, bits := range b {
			for j := range 8 {
				if bits>>j&1 != 0 {
					set.Add(i*8 + j)
				}
			}
		}
		return set.String()
	case "StandardInputData":
		return base64.StdEncoding.EncodeToString(b)
	}
	return hexID(b)
}

// command is a command line and how it last ended.
func (v *valueWriter) command(r *dbus.Reader, extended bool) string {
	path, argv := r.String(), r.StringArray()
	flags := ""
	if extended {
		flags = "flags=" + strings.Join(r.StringArray(), " ")
	} else {
		flags = "ignore_errors=" + quantity.FormatBool(r.Bool())
	}
	started := v.orElse(r.Uint64(), "n/a")
	r.Skip("t")
	stopped := v.orElse(r.Uint64(), "n/a")
	r.Skip("t")
	pid, code, status := r.Uint32(), r.Int32(), r.Int32()
	after := ""
	if code != exited {
		after = "/" + quantity.SignalName(int(status))
	}
	return fmt.Sprintf("{ path=%s ; argv[]=%s ; %s ; start_time=[%s] ; stop_time=[%s] ; pid=%d ; code=%s ; status=%d%s }",
		path, strings.Join(argv, " "), flags, started, stopped, pid, codeName(code, "(null)"), status, after)
}

// orElse is a point of time, or other words for none.
func (v *valueWriter) orElse(usec uint64, other string) string {
	if text := v.session.timestamp(usec, v.zone); text != "" {
		return text
	}
	return other
}

// The codes of sigaction(2), si_code of SIGCHLD.
const (
	exited = 1
	killed = 2
	dumped = 3
)

// codeName is the word for a code, or another word where it is none.
func codeName(code int32, other string) string {
	switch code {
	case exited:
		return "exited"
	case killed:
		return "killed"
	case dumped:
		return "dumped"
	case 4:
		return "trapped"
	case 5:
		return "stopped"
	case 6:
		return "continued"
	}
	return other
}

// rows prints an array of structs, a line for each.
func (v *valueWriter) rows(r *dbus.Reader, name, sig string) bool {
	var row func() string
	switch {
	case sig == "a(ss)" && (name == "Paths" || name == "Listen"):
		row = func() string { first := r.String(); return swap(name, first, r.String()) }
	case sig == "a(ss)" && (name == "DeviceAllow" || name == "BPFProgram" || name == "RootImageOptions"):
		sep := map[bool]string{true: " ", false: ":"}[name == "DeviceAllow"]
		row = func() string { first := r.String(); return first + sep + r.String() }
	case sig == "a(sb)":
		row = func() string {
			path := r.String()
			return path + " (ignore_errors=" + quantity.FormatBool(r.Bool()) + ")"
		}
	case sig == "a(st)":
		row = func() string {
			path, n := r.String(), r.Uint64()
			if strings.Contains(name, "USec") {
				return path + " " + span.Span(n).String()
			}
			return path + " " + strconv.FormatUint(n, 10)
		}
	case sig == "a(stt)":
		row = func() string {
			base, value, next := r.String(), r.Uint64(), r.Uint64()
			return fmt.Sprintf("{ %s=%s ; next_elapse=%s }", base, span.Span(value), span.Span(next))
		}
	case sig == "a(sst)" && name == "TimersCalendar":
		row = func() string {
			base, spec, next := r.String(), r.String(), r.Uint64()
			return fmt.Sprintf("{ %s=%s ; next_elapse=%s }", base, spec, v.orElse(next, "(null)"))
		}
	case sig == "a(iiqq)":
		row = func() string { return bindRule(r.Int32(), r.Int32(), r.Uint16(), r.Uint16()) }
	default:
		return false
	}
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		v.line(name, row())
	}
	return true
}

// swap is "what (kind)": the kind comes first on the bus.
func swap(_, kind, what string) string { return what + " (" + kind + ")" }

// bindRule is a rule of SocketBindAllow=, systemd.resource-control(5). Compat: no colon stands behind a
// protocol.
func bindRule(family, protocol int32, ports, from uint16) string {
	text := map[int32]string{2: "ipv4:", 10: "ipv6:"}[family] + map[int32]string{6: "tcp", 17: "udp"}[protocol]
	if ports == 0 {
		return text + "any"
	}
	if text += strconv.Itoa(int(from)); ports > 1 {
		text += "-" + strconv.Itoa(int(from)+int(ports)-1)
	}
	return text
}

// mounts prints the properties that list mounts, all in one line.
func (v *valueWriter) mounts(r *dbus.Reader, name, sig string) bool {
	var one func() string
	switch {
	case sig == "a(ssbt)":
		one = func() string { return bindText(r.String(), r.String(), r.Bool(), r.Uint64()) }
	case sig == "a(ss)" && name == "TemporaryFileSystem":
		one = func() string { return strings.TrimSuffix(r.String()+":"+r.String(), ":") }
	case sig == "a(ssba(ss))":
		one = func() string {
			source, target, missing := r.String(), r.String(), r.Bool()
			return dash(missing) + source + ":" + target + imageOptions(r)
		}
	case sig == "a(sba(ss))":
		one = func() string {
			source, missing := r.String(), r.Bool()
			return dash(missing) + source + imageOptions(r)
		}
	case sig == "a(sst)":
		one = func() string {
			text := r.String() + ":" + r.String()
			r.Skip("t")
			return text
		}
	default:
		return false
	}
	var list []string
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		list = append(list, one())
	}
	if text := strings.Join(list, " "); text != "" || sig != "a(sst)" && v.all {
		v.line(name, text)
	}
	return true
}

func dash(missing bool) string {
	if missing {
		return "-"
	}
	return ""
}

// bindText is a bind mount as BindPaths= has it.
func bindText(source, target string, missing bool, flags uint64) string {
	const recursive = 1 << 14
	text := dash(missing) + source + ":" + target
	if flags&recursive != 0 {
		text += ":rbind"
	}
	return text
}

// imageOptions are mount options per partition, ":partition:options".
func imageOptions(r *dbus.Reader) string {
	var b strings.Builder
	for end := r.OpenArray(8); r.More(end); {
		r.Struct()
		b.WriteString(":" + r.String())
		b.WriteString(":" + r.String())
	}
	return b.String()
}
