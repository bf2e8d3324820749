package unitfile_test

import (
	_ "embed"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/recorded"
	"github.com/steward-init/steward/syntax/unitfile"
)

//go:embed testdata/oracle.txt
var facts string

func TestParseAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(facts) {
		file, found := unitfile.Parse("x.service", []byte(row.Text(0)))
		got := []string{"ok"}
		if file.Refused {
			got[0] = "!"
			if len(found) == 0 || found[len(found)-1].Severity != unitfile.Error {
				t.Errorf("%s: refused without an error: %v", row[0], found)
			}
		}
		for l := range file.Assignments() {
			// The oracle was asked to read these two sections.
			if l.Section == "Unit" || l.Section == "Service" {
				got = append(got, recorded.Quote(l.Section)+" "+recorded.Quote(l.Key)+" "+recorded.Quote(l.Value))
			}
		}
		if want := strings.Join(row[1:], "\t"); strings.Join(got, "\t") != want {
			t.Errorf("%s:\n got %s\nwant %s", row[0], strings.Join(got, "\t"), want)
		}
	}
}
