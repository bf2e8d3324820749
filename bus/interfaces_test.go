package bus

import (
	"encoding/xml"
	"os"
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
)

// extra is what we have and the oracle doesn't, with the reason.
var extra = map[string]string{
	"org.freedesktop.systemd1.Manager method DisableUnitFilesWithFlagsAndInstallInfo": "systemctl 255 calls it",
	"org.freedesktop.systemd1.Manager method GetUnitByPIDFD":                          "systemctl 254 calls it",
	"org.freedesktop.systemd1.Manager method StewardPlan":                             "ours; docs/compat.md",
	"org.freedesktop.systemd1.Unit property StewardVerdicts":                          "ours; docs/compat.md",
}

// TestInterfacesAreTheOracles compares introspection with what the oracle prints of itself: every interface, method,
// property and signal, with signatures, argument names and flags, in its order.
func TestInterfacesAreTheOracles(t *testing.T) {
	data, err := os.ReadFile("testdata/oracle-interfaces.txt")
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld()
	seen := map[string]bool{}
	for _, block := range strings.Split("\n"+string(data), "\nobject ")[1:] {
		title, body, _ := strings.Cut(block, "\n")
		var want []string
		for line := range strings.Lines(body) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasSuffix(line, "(above)") {
				want = append(want, line)
			}
		}
		var got []string
		for _, line := range introspection(t, w, title) {
			iface, isIface := strings.CutPrefix(line, "interface ")
			if !isIface {
				iface, _, _ = strings.Cut(line, " ")
			}
			if seen[iface] && !strings.Contains("\n"+body, "\ninterface "+iface+"\n") {
				continue
			}
			seen[iface] = true
			f := strings.Fields(line)
			if len(f) > 2 && extra[strings.Join(f[:3], " ")] != "" {
				continue
			}
			got = append(got, line)
		}
		compareLists(t, title, got, want)
	}
}

func compareLists(t *testing.T, title string, got, want []string) {
	for i := range max(len(got), len(want)) {
		g, e := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			e = want[i]
		}
		if g != e {
			t.Errorf("%s: line %d:\n got  %s\n want %s", title, i+1, g, e)
			return
		}
	}
}

// introspection is the description of an object in the notation of the oracle's list.
func introspection(t *testing.T, w *world, title string) []string {
	path := managerPath
	switch {
	case title == "job":
		u := w.define("job.service", func(u *model.Unit) { u.Service.Type = model.ServiceNotify })
		u.Service.Commands[model.ExecStart] = command("/bin/true")
		w.Do(startOf(w, "job.service"))
		path = jobPath(w.engine.Jobs()[0].ID)
	case !strings.HasPrefix(title, "/"):
		w.define(title, nil)
		path = unitPath(title)
	}
	object, refusal := w.server.resolve(path)
	if refusal != nil {
		t.Fatalf("%s: %v", title, refusal)
	}
	var node struct {
		Interfaces []struct {
			Name    string `xml:"name,attr"`
			Members []struct {
				XMLName     xml.Name
				Name        string `xml:"name,attr"`
				Type        string `xml:"type,attr"`
				Access      string `xml:"access,attr"`
				Args        []arg  `xml:"arg"`
				Annotations []struct {
					Name  string `xml:"name,attr"`
					Value string `xml:"value,attr"`
				} `xml:"annotation"`
			} `xml:",any"`
		} `xml:"interface"`
	}
	if err := xml.Unmarshal(w.server.describe(object), &node); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, i := range node.Interfaces {
		lines = append(lines, "interface "+i.Name)
		for _, m := range i.Members {
			line := i.Name + " " + m.XMLName.Local + " " + m.Name
			switch m.XMLName.Local {
			case "property":
				line += " " + m.Type + " " + m.Access
			case "method":
				in, inNames := joined(m.Args, "in")
				out, outNames := joined(m.Args, "out")
				line += " " + in + " " + out + " " + inNames + " " + outNames
			case "signal":
				sig, names := joined(m.Args, "")
				line += " " + sig + " " + names
			}
			flags := ""
			for _, a := range m.Annotations {
				if strings.HasSuffix(a.Name, ".EmitsChangedSignal") {
					line += " " + a.Value
					continue
				}
				flags += " " + a.Name[strings.LastIndexByte(a.Name, '.')+1:]
			}
			lines = append(lines, line+flags)
		}
	}
	return lines
}

type arg struct {
	Name      string `xml:"name,attr"`
	Type      string `xml:"type,attr"`
	Direction string `xml:"direction,attr"`
}

func joined(args []arg, direction string) (sig, names string) {
	var list []string
	for _, a := range args {
		if a.Direction == direction || direction == "" {
			sig += a.Type
			list = append(list, a.Name)
		}
	}
	if sig == "" {
		return "-", "-"
	}
	return sig, strings.Join(list, ",")
}

// Every property of every object writes a value of its signature.
func TestPropertiesHaveTheirSignature(t *testing.T) {
	w := newWorld()
	objects := []string{managerPath, logControlPath}
	for _, word := range model.Types() {
		w.define("x."+word, nil)
		objects = append(objects, unitPath("x."+word))
	}
	for _, path := range objects {
		object, refusal := w.server.resolve(path)
		if refusal != nil {
			t.Fatalf("%s: %v", path, refusal)
		}
		out := dbus.NewWriter(nil)
		for _, i := range w.server.interfaces(object) {
			for n := range i.properties {
				row := &i.properties[n]
				out.Reset()
				row.get(out, w.server, object)
				r := dbus.NewReader(out.Bytes(), false)
				r.Skip(row.sig)
				if err := errorsOf(out.Err(), r.Done()); err != nil {
					t.Errorf("%s %s.%s: % x is no %s: %v", path, i.name, row.name, out.Bytes(), row.sig, err)
				}
			}
		}
	}
}
