package directive

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/wire/dbus"
)

// oracleProperties are the properties of an interface: "name signature emits" in order.
func oracleProperties(t *testing.T, name string) []string {
	data, err := os.ReadFile("../../bus/testdata/oracle-interfaces.txt")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for line := range strings.SplitSeq(string(data), "\n") {
		f := strings.Fields(line)
		if len(f) < 5 || f[0] != interfacePrefix+name || f[1] != "property" {
			continue
		}
		emits := "change"
		if len(f) > 5 {
			emits = f[5]
		}
		list = append(list, f[2]+" "+f[3]+" "+emits)
	}
	return list
}

func TestPropertiesAreTheOracles(t *testing.T) {
	for i, word := range model.Types() {
		own := strings.ToUpper(word[:1]) + word[1:]
		want := append(oracleProperties(t, own), oracleProperties(t, "Unit")...)
		var got []string
		for _, p := range Properties(model.Type(i), nil) {
			got = append(got, p.Name+" "+p.Sig+" "+p.Emits.String())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: properties differ:\n%s", word, firstDifference(got, want))
		}
	}
}

func firstDifference(got, want []string) string {
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			return "got " + strings.Join(got[i:min(i+3, len(got))], ", ") + "\nwant " + want[i]
		}
	}
	return "got more: " + strings.Join(got[len(want):], ", ")
}

// Every property that isn't run-time state is written with a value of its signature, whatever the unit's type.
func TestPropertiesEncode(t *testing.T) {
	for i, word := range model.Types() {
		u := NewUnit("x."+word, model.Type(i), nil)
		w := dbus.NewWriter(nil)
		for _, p := range Properties(model.Type(i), nil) {
			if p.Encode == nil {
				continue
			}
			w.Reset()
			p.Encode(w, u)
			if w.Err() != nil {
				t.Errorf("%s %s: %v", word, p.Name, w.Err())
			}
			r := dbus.NewReader(w.Bytes(), false)
			r.Skip(p.Sig)
			if err := r.Done(); err != nil {
				t.Errorf("%s %s: % x is no %s: %v", word, p.Name, w.Bytes(), p.Sig, err)
			}
		}
	}
}

// A row that names a property has the oracle's signature for it, and no row's property is unknown to the oracle.
func TestRowsFitTheirProperties(t *testing.T) {
	for _, word := range model.Types() {
		sigs := map[string]string{}
		own := strings.ToUpper(word[:1]) + word[1:]
		for _, line := range append(oracleProperties(t, own), oracleProperties(t, "Unit")...) {
			f := strings.Fields(line)
			sigs[f[0]] = f[1]
		}
		for _, name := range []string{own, "Unit"} {
			s := FindSection(name)
			if s == nil || s.Unrun {
				continue
			}
			for _, d := range s.Directives() {
				if d.Property == "" || d.Since > 0 {
					continue
				}
				if sigs[d.Property] != d.Signature {
					t.Errorf("[%s] %s: property %s has signature %q, the oracle's has %q", name, d.Name, d.Property,
						d.Signature, sigs[d.Property])
				}
			}
		}
	}
}
