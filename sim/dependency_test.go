package sim_test

import (
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/model/dependency"
)

// TestEveryDependencyIsUsed demands a scenario for every kind of dependency: the option in a unit, or, where no option
// makes it, the property that shows it.
func TestEveryDependencyIsUsed(t *testing.T) {
	var all strings.Builder
	eachFile(t, func(_, text string) { all.WriteString(text) })
	text := all.String()
	for n := range model.Dependencies {
		d := model.Dependency(n)
		switch name := d.String(); {
		case dependency.Of(d).Settable && !strings.Contains(text, "\n"+name+"="):
			t.Errorf("no scenario has %s=", name)
		case !strings.Contains(text, " "+name+"="):
			t.Errorf("no scenario shows %s", name)
		}
	}
}
