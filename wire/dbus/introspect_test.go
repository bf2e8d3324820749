package dbus

import (
	"encoding/xml"
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew")

func TestIntrospection(t *testing.T) {
	got := AppendIntrospection(nil, []Interface{{
		Name: "org.example.Unit",
		Methods: []Method{
			{Name: "Start", In: Args("ss", "name"), Out: Args("o", "job")},
			{Name: "Old", Annotations: []Annotation{Deprecated()}},
		},
		Signals: []SignalSpec{{Name: "Removed", Args: Args("uo", "id", "job")}},
		Properties: []Property{
			{Name: "Id", Sig: "s", Annotations: []Annotation{EmitsChanged("const")}},
			{Name: "Level", Sig: "s", Writable: true},
		},
		Annotations: []Annotation{{"org.example.Note", `<a & "b">`}},
	}}, []string{"ssh_2eservice"})
	const golden = "testdata/introspection.xml"
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	var node struct {
		Interface struct {
			Name       string `xml:"name,attr"`
			Annotation struct {
				Value string `xml:"value,attr"`
			} `xml:"annotation"`
		} `xml:"interface"`
	}
	if err := xml.Unmarshal(got, &node); err != nil || node.Interface.Annotation.Value != `<a & "b">` {
		t.Errorf("read back %+v, %v", node, err)
	}
}
