// Package oracle writes down what the real systemd says about itself, so that tables can be checked against it by tests
// that need no systemd. It must not know how steward answers.
package oracle

import (
	"context"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/steward-init/steward/machine"
)

var update = flag.Bool("update", false, "write the files anew from the systemd of this machine")

// version is what the files were written from. Another systemd says other things.
const version = "systemd 252 "

// bin is the manager that is asked.
const bin = "/lib/systemd/systemd"

// golden compares got with a file of another package's testdata, or writes it. key makes of a line what must be equal.
func golden(t *testing.T, path, got string, key func(string) string) {
	t.Helper()
	path = filepath.Join("..", "..", path)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	want, have := strings.Split(string(text), "\n"), strings.Split(got, "\n")
	for i := range max(len(want), len(have)) {
		w, h := "(end)", "(end)"
		if i < len(want) {
			w = key(want[i])
		}
		if i < len(have) {
			h = key(have[i])
		}
		if w != h {
			t.Fatalf("%s:%d: file has %q, the oracle says %q (-update writes it anew)", path, i+1, w, h)
		}
	}
}

// whole is the key of lines that must be equal.
func whole(line string) string { return line }

// property is the key of "Name=value" lines whose values differ from run to run.
func property(line string) string { name, _, _ := strings.Cut(line, "="); return name }

// wantOracle skips a test where the oracle is not the one that the files are from.
func wantOracle(t *testing.T) {
	out, err := exec.Command(bin, "--version").Output()
	if err != nil || !strings.HasPrefix(string(out), version) {
		t.Skipf("the oracle (%s) is not installed", version)
	}
}

func TestConfigurationItems(t *testing.T) {
	wantOracle(t)
	out, err := exec.Command(bin, "--dump-configuration-items").Output()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "model/directive/testdata/oracle-items.txt", string(out), whole)
}

// node is the part of the introspection format that systemd uses.
type node struct {
	Interfaces []struct {
		Name       string   `xml:"name,attr"`
		Properties []member `xml:"property"`
		Methods    []member `xml:"method"`
		Signals    []member `xml:"signal"`
	} `xml:"interface"`
}

type member struct {
	Name   string `xml:"name,attr"`
	Type   string `xml:"type,attr"`
	Access string `xml:"access,attr"`
	Args   []struct {
		Name      string `xml:"name,attr"`
		Type      string `xml:"type,attr"`
		Direction string `xml:"direction,attr"`
	} `xml:"arg"`
	Annotations []struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	} `xml:"annotation"`
}

// flags prints the annotations: the value of EmitsChangedSignal, then the last words of the others that are true.
func (m member) flags() string {
	var emits, others string
	for _, a := range m.Annotations {
		word := a.Name[strings.LastIndex(a.Name, ".")+1:]
		switch {
		case word == "EmitsChangedSignal":
			emits = " " + a.Value
		case a.Value == "true":
			others += " " + word
		default:
			others += " " + word + "=" + a.Value
		}
	}
	return emits + others
}

// args prints the arguments of one direction: the signature, and their names with commas; "-" for none.
func (m member) args(direction string) (signature, names string) {
	for _, a := range m.Args {
		if a.Direction != direction {
			continue
		}
		signature += a.Type
		names += "," + a.Name
	}
	if signature == "" {
		return "-", "-"
	}
	return signature, names[1:]
}

// compact prints introspection data as one line for each member, in the order of the document.
func compact(text string, seen map[string]bool) (string, error) {
	var n node
	if err := xml.Unmarshal([]byte(text), &n); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, i := range n.Interfaces {
		if seen[i.Name] {
			fmt.Fprintf(&b, "interface %s (above)\n", i.Name)
			continue
		}
		seen[i.Name] = true
		fmt.Fprintf(&b, "interface %s\n", i.Name)
		for _, p := range i.Properties {
			fmt.Fprintf(&b, "%s property %s %s %s%s\n", i.Name, p.Name, p.Type, p.Access, p.flags())
		}
		for _, m := range i.Methods {
			in, inNames := m.args("in")
			out, outNames := m.args("out")
			fmt.Fprintf(&b, "%s method %s %s %s %s %s%s\n", i.Name, m.Name, in, out, inNames, outNames, m.flags())
		}
		for _, s := range i.Signals {
			signature, names := s.args("")
			fmt.Fprintf(&b, "%s signal %s %s %s%s\n", i.Name, s.Name, signature, names, s.flags())
		}
	}
	return b.String(), nil
}

// oracle is a running machine to ask.
type oracle struct {
	t *testing.T
	m *machine.Machine
}

// run runs a command in the machine, and wants it to succeed or to end with one of the other statuses.
func (o oracle) run(may []int, argv ...string) string {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 30*time.Second)
	defer cancel()
	out, stderr, status := o.m.Exec(ctx, argv...)
	if status != 0 && !slices.Contains(may, status) {
		o.t.Fatalf("%v: status %d, %s%s", argv, status, out, stderr)
	}
	return out
}

// boot starts the oracle with the sample units, and starts what is to be looked at.
func boot(t *testing.T) oracle {
	samples, err := filepath.Glob("testdata/*.*")
	if err != nil || len(samples) == 0 {
		t.Fatal("no sample units", err)
	}
	files := map[string]string{}
	for _, unit := range samples {
		text, err := os.ReadFile(unit)
		if err != nil {
			t.Fatal(err)
		}
		files["/run/systemd/system/"+filepath.Base(unit)] = string(text)
	}
	o := oracle{t, machine.Start(t, machine.Config{Init: []string{bin, "--unit=basic.target"}, Files: files})}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := o.m.WaitNotice(ctx, "READY=1"); err != nil {
		t.Fatal(err)
	}
	o.run(nil, "systemctl", "daemon-reload") // so that UnitsLoadTimestamp has a value
	o.run(nil, "systemctl", "start", "dbus.service", "sample.service", "plain.service", "sample.target", "sample.slice")
	o.run(nil, "systemctl", "start", "--no-block", "waiting.service")
	o.run([]int{1}, "systemctl", "start", "failing.service")
	o.run(nil, "systemd-run", "--unit=sample", "--scope", "--quiet",
		"sh", "-c", "exec setsid sleep infinity >/dev/null 2>&1 &")
	return o
}

// shows are the calls of systemctl show whose output is kept, by the name of their file.
var shows = [][]string{
	{"manager"},
	{"service", "sample.service"},
	{"plain", "plain.service"},
	{"failed", "failing.service"},
	{"activating", "waiting.service"},
	{"notfound", "nothing-like-that.service"},
	{"target", "sample.target"},
	{"slice", "sample.slice"},
	{"scope", "sample.scope"},
}

// objects are the units whose interfaces are kept, one of each type.
var objects = []string{
	"sample.service", "sample.target", "sample.slice", "sample.scope", "sample.socket", "sample.timer", "sample.path",
	"media.mount", "media.automount", "nothing-swap.swap", "dev-null.device",
}

// dumpWords are the names of what a dump tells, each once, sorted.
func dumpWords(dump string) string {
	var list []string
	for line := range strings.Lines(dump) {
		name, _, ok := strings.Cut(line, ":")
		if name = strings.TrimSpace(name); ok && !strings.HasPrefix(name, "->") && !strings.Contains(name, "@") {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return strings.Join(slices.Compact(list), "\n") + "\n"
}

func TestRunningManager(t *testing.T) {
	wantOracle(t)
	o := boot(t)
	for _, s := range shows {
		out := o.run(nil, append([]string{"systemctl", "show"}, s[1:]...)...)
		golden(t, "bus/testdata/oracle-show-"+s[0]+".txt", out, property)
		out = o.run(nil, append([]string{"systemctl", "show", "--all"}, s[1:]...)...)
		golden(t, "bus/testdata/oracle-show-all-"+s[0]+".txt", out, property)
	}
	golden(t, "bus/testdata/oracle-dump.txt", dumpWords(o.run(nil, "systemd-analyze", "dump")), whole)
	const name, root = "org.freedesktop.systemd1", "/org/freedesktop/systemd1"
	out, seen := "", map[string]bool{}
	describe := func(title, path string) {
		text, err := compact(o.run(nil, "busctl", "introspect", "--xml-interface", name, path), seen)
		if err != nil {
			t.Fatal(err)
		}
		out += "object " + title + "\n" + text
	}
	describe(root, root)
	for _, unit := range objects {
		reply := o.run(nil, "busctl", "call", name, root, name+".Manager", "LoadUnit", "s", unit)
		describe(unit, strings.Trim(strings.TrimPrefix(strings.TrimSpace(reply), "o "), `"`))
	}
	id, _, _ := strings.Cut(o.run(nil, "systemctl", "list-jobs", "--no-legend"), " ")
	describe("job", root+"/job/"+id)
	golden(t, "bus/testdata/oracle-interfaces.txt", out, whole)
}
