package directive

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/unitfile"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const valuesFile = "testdata/values.txt"

// TestValues reads each line of testdata/values.txt into a unit of its own and compares what becomes of it.
func TestValues(t *testing.T) {
	data, err := os.ReadFile(valuesFile)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	section := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "    ") {
			continue
		}
		out.WriteString(line + "\n")
		key, value, isLine := strings.Cut(line, "=")
		switch {
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		case isLine && !strings.HasPrefix(line, "#"):
			for _, answer := range answers(section, key, value) {
				out.WriteString("    " + answer + "\n")
			}
		}
	}
	if *update {
		if err := os.WriteFile(valuesFile, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, want := strings.Split(out.String(), "\n"), strings.Split(string(data), "\n")
	if out.String() != string(data) {
		t.Errorf("%s differs: %s", valuesFile, firstDifference(got, want))
	}
}

// blankUnit is a unit that can have a section.
func blankUnit(section string) *model.Unit {
	if section == "Socket" {
		return NewUnit("web@one.socket", model.TypeSocket, nil)
	}
	return NewUnit("web@one.service", model.TypeService, nil)
}

// answers are what becomes of a line, and what is said of it.
func answers(section, key, value string) []string {
	u := blankUnit(section)
	found := Apply(u, &unitfile.Line{Section: section, Key: key, Value: value}, &Context{})
	var list []string
	if p, ok := placeOf(section, key); ok {
		for _, line := range p.group.lines(u, p.row) {
			if _, text, _ := strings.Cut(line, "="); text != "" || p.directive.Signature != "as" {
				list = append(list, "= "+text)
			}
		}
	}
	for _, d := range found {
		list = append(list, strings.TrimSpace("! "+d.String()))
	}
	return list
}

func placeOf(section, key string) (place, bool) {
	s := FindSection(section)
	if s == nil || s.Unrun {
		return place{}, false
	}
	p := s.index().find(key)
	return p, p.directive != nil
}

// Every option that is implemented has a line in the file.
func TestEveryRowHasAValue(t *testing.T) {
	data, err := os.ReadFile(valuesFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range Sections() {
		if s.Unrun || s.Name == "Scope" || s.Name == "Slice" {
			continue // the rows of these stand in [Service] too
		}
		_, block, _ := strings.Cut(string(data), "\n["+s.Name+"]\n")
		block, _, _ = strings.Cut(block, "\n[")
		for _, d := range s.Directives() {
			isCheck := d.Hint == "CONDITION"
			isShared := s.Name == "Socket" && Find("Service", d.Name) != nil
			if d.Status == Implemented && !isCheck && !isShared && !strings.Contains("\n"+block, "\n"+d.Name+"=") {
				t.Errorf("%s has no line for [%s] %s=", valuesFile, s.Name, d.Name)
			}
		}
	}
}

// What is printed of a value reads back as that value.
func TestFormatIsStable(t *testing.T) {
	data, err := os.ReadFile(valuesFile)
	if err != nil {
		t.Fatal(err)
	}
	section := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSuffix(line, "\n")
		key, value, isLine := strings.Cut(line, "=")
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
		}
		p, ok := placeOf(section, key)
		if !isLine || !ok || strings.HasPrefix(line, " ") {
			continue
		}
		checkStable(t, p, section, key, value)
	}
}

// checkStable reads a value, prints it, reads that, and prints again.
func checkStable(t *testing.T, p place, section, key, value string) {
	t.Helper()
	ctx := &Context{Specifiers: percent}
	u := blankUnit(section)
	Apply(u, &unitfile.Line{Section: section, Key: key, Value: value}, ctx)
	first := p.group.lines(u, p.row)
	again := blankUnit(section)
	for _, line := range first {
		k, v, _ := strings.Cut(line, "=")
		Apply(again, &unitfile.Line{Section: section, Key: k, Value: v}, ctx)
	}
	if second := p.group.lines(again, p.row); strings.Join(first, "\n") != strings.Join(second, "\n") {
		t.Errorf("%s=%s is printed as %q, and that as %q", key, value, first, second)
	}
}

// percent is a specifier function that knows no more than "%%".
func percent(text string) (string, error) { return strings.ReplaceAll(text, "%%", "%"), nil }

func FuzzApply(f *testing.F) {
	data, err := os.ReadFile(valuesFile)
	if err != nil {
		f.Fatal(err)
	}
	section := ""
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
		} else if key, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "!") {
			f.Add(section, key, value)
		}
	}
	f.Fuzz(func(t *testing.T, section, key, value string) {
		p, ok := placeOf(section, key)
		if !ok || strings.ContainsAny(value, "\x00\n\r") { // which the parser of files never hands on
			answers(section, key, value)
			return
		}
		checkStable(t, p, section, key, value)
	})
}
