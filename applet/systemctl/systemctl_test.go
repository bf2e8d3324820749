package systemctl

import (
	"bufio"
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/words"
	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

var update = flag.Bool("update", false, "write testdata anew")

// TestMessages are answers that need no manager.
func TestMessages(t *testing.T) {
	for _, c := range []struct {
		args, out, err string
		status         int
	}{
		{"nope", "", "Unknown command verb nope.\n", 1},
		{"start", "", "Too few arguments.\n", 1},
		{"isolate a b", "", "Too many arguments.\n", 1},
		{"--nope", "", "systemctl: unrecognized option '--nope'\n", 1},
		{"--wait --no-block start x", "", "--wait may not be combined with --no-block.\n", 1},
		{"-t nope", "", "Unknown unit type or load state 'nope'.\nUse -t help to see a list of allowed values.\n", 1},
		{"-s nope kill x", "", "Failed to parse signal string \"nope\".\n", 1},
		{"-n x status", "", "Failed to parse lines 'x'\n", 1},
		{"-H - status", "", "Failed to connect to bus: Invalid argument\n", 1},
		{"-H host edit --stdin x", "", "Cannot edit units remotely.\n", 1},
		{"-M box status", "", "Failed to connect to bus of machine box: containers are not known here. " +
			"Run systemctl inside, or use --host=root@ADDRESS.\n", 1},
		{"--root=/ list-units", "", "Verb 'list-units' cannot be used with --root= or --image=.\n", 1},
		{"--what=help", "runtime\nstate\ncache\nlogs\nconfiguration\n", "", 0},
		{"--version", ui.Version + "\n", "", 0},
		{"--user is-active x", "", "Failed to connect to bus: No medium found\n", 1},
	} {
		var out, err bytes.Buffer
		status := Run(t.Context(), ui.IO{Out: &out, Err: &err}, append([]string{"systemctl"}, strings.Fields(c.args)...))
		if out.String() != c.out || err.String() != c.err || status != c.status {
			t.Errorf("%s: %q, %q, status %d; want %q, %q, %d", c.args, out.String(), err.String(), status, c.out, c.err,
				c.status)
		}
	}
}

// property is one of the properties that TestShow has printed.
type property struct {
	name, sig string
	value     any
}

// TestShow prints a property of every type, and compares with a golden file whose lines were seen of the oracle.
func TestShow(t *testing.T) {
	none := uint64(1<<64 - 1)
	command := []any{dbus.Struct{"/bin/sh", []string{"/bin/sh", "-c", "a b"}, true, uint64(1795244826000000), uint64(1),
		uint64(0), uint64(0), uint32(7), int32(2), int32(9)}}
	list := []property{
		{"Id", "s", "a.service"}, {"Empty", "s", ""}, {"Lines", "s", "a\nb"}, {"CanStart", "b", true},
		{"ActiveEnterTimestamp", "t", uint64(1795244826123456)}, {"NeverTimestamp", "t", uint64(0)},
		{"ActiveEnterTimestampMonotonic", "t", uint64(12)}, {"TimeoutStartUSec", "t", uint64(90000000)},
		{"RuntimeMaxUSec", "t", none}, {"MemoryCurrent", "t", none}, {"MemoryMax", "t", none}, {"TasksMax", "t", none},
		{"LimitCORE", "t", none}, {"IPIngressBytes", "t", none}, {"IOReadBytes", "t", none},
		{"CPUWeight", "t", uint64(0)}, {"CoredumpFilter", "t", uint64(0x33)}, {"CPUUsageNSec", "t", none},
		{"CapabilityBoundingSet", "t", uint64(1<<12 | 1)}, {"AmbientCapabilities", "t", uint64(0)},
		{"RestrictNamespaces", "t", uint64(0)}, {"RestrictNamespaces", "t", uint64(0x20000000)},
		{"MountFlags", "t", uint64(1 << 19)}, {"UMask", "u", uint32(0o22)}, {"UID", "u", uint32(1<<32 - 1)},
		{"MainPID", "u", uint32(5)}, {"Nice", "i", int32(-5)}, {"NUMAPolicy", "i", int32(-1)},
		{"FailureActionExitStatus", "i", int32(-1)}, {"After", "as", []string{"a", "b c", `d\x2d`}},
		{"Wants", "as", []string{}}, {"Job", "(uo)", dbus.Struct{uint32(3), dbus.ObjectPath("/")}},
		{"LoadError", "(ss)", dbus.Struct{"org.example.Error", "It is so."}},
		{"SystemCallFilter", "(bas)", dbus.Struct{false, []string{"a", "b"}}},
		{"SystemCallLog", "(bas)", dbus.Struct{false, []string{}}},
		{"AppArmorProfile", "(bs)", dbus.Struct{true, "profile"}},
		{"SuccessExitStatus", "(aiai)", dbus.Struct{[]any{int32(75)}, []any{int32(10)}}},
		{"InvocationID", "ay", []byte{1, 0xab}}, {"AllowedCPUs", "ay", []byte{0x0d}},
		{"StandardInputData", "ay", []byte("text")}, {"ExecStart", "a(sasbttttuii)", command},
		{"Listen", "a(ss)", []any{dbus.Struct{"Stream", "/run/x"}}},
		{"DeviceAllow", "a(ss)", []any{dbus.Struct{"/dev/null", "rw"}}},
		{"EnvironmentFiles", "a(sb)", []any{dbus.Struct{"/etc/x", true}}},
		{"IODeviceWeight", "a(st)", []any{dbus.Struct{"/dev/x", uint64(7)}}},
		{"TimersMonotonic", "a(stt)", []any{dbus.Struct{"OnBootUSec", uint64(60000000), uint64(1)}}},
		{"TimersCalendar", "a(sst)", []any{dbus.Struct{"OnCalendar", "daily", uint64(0)}}},
		{"BindPaths", "a(ssbt)", []any{dbus.Struct{"/a", "/b", true, uint64(1 << 14)}}},
		{"TemporaryFileSystem", "a(ss)", []any{dbus.Struct{"/a", ""}, dbus.Struct{"/b", "ro"}}},
		{"IPAddressAllow", "a(iayu)", []any{dbus.Struct{int32(2), []byte{10, 0, 0, 0}, uint32(8)}}},
		{"SocketBindAllow", "a(iiqq)", []any{dbus.Struct{int32(2), int32(6), uint16(2), uint16(80)}}},
		{"Conditions", "a(sbbsi)", []any{}},
	}
	w := dbus.NewWriter(nil)
	mark := w.OpenArray(8)
	for _, p := range list {
		w.Struct()
		w.DictEntry(p.name, p.sig)
		w.Value(p.sig, p.value)
	}
	w.CloseArray(mark)
	if w.Err() != nil {
		t.Fatal(w.Err())
	}
	m := &transport.Message{Message: dbus.Message{Body: w.Bytes()}}
	var text strings.Builder
	for _, all := range []bool{false, true} {
		var out bytes.Buffer
		s := &session{out: bufio.NewWriter(&out)}
		s.opt.set = map[string]bool{"all": all}
		s.opt.timestamp = "utc"
		s.showMessage(m)
		s.flush()
		text.WriteString(out.String() + "--\n")
	}
	if *update {
		if err := os.WriteFile("testdata/show.txt", []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/show.txt")
	if err != nil {
		t.Fatal(err)
	}
	if text.String() != string(want) {
		t.Errorf("printed\n%s\nwant\n%s", text.String(), want)
	}
}

func TestQuotes(t *testing.T) {
	for _, c := range []struct{ word, shell, posix string }{
		{"plain", "plain", "plain"},
		{"two words", `"two words"`, "$'two words'"},
		{`a\x2db`, `"a\\x2db"`, `$'a\\x2db'`},
		{"it's", `"it's"`, `$'it\'s'`},
		{"a$b", `"a\$b"`, "$'a$b'"},
		{"a\nb", `"a\nb"`, `$'a\nb'`},
		{"a\x01b", `"a\001b"`, `$'a\001b'`},
	} {
		if got := words.QuoteShell(c.word); got != c.shell {
			t.Errorf("QuoteShell(%q) is %q, want %q", c.word, got, c.shell)
		}
		if got := posixQuote(c.word); got != c.posix {
			t.Errorf("posixQuote(%q) is %q, want %q", c.word, got, c.posix)
		}
	}
}

// TestVerbs holds every name to one verb.
func TestVerbs(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range verbs() {
		for name := range strings.FieldsSeq(v.names) {
			if seen[name] || v.max >= 0 && v.max < v.min || v.run == nil {
				t.Errorf("verb %s", name)
			}
			seen[name] = true
			if found, ok := findVerb(name); !ok || found.names != v.names {
				t.Errorf("%s finds %q", name, found.names)
			}
		}
	}
}
