package dependency

import (
	"testing"

	"github.com/steward-init/steward/model"
)

func TestTable(t *testing.T) {
	var used Atom
	for kind, row := range table {
		if row.Kind != model.Dependency(kind) {
			t.Errorf("row %d is of %s", kind, row.Kind)
		}
		used |= row.Atoms
		if row.Inverse == none {
			continue
		}
		if back := table[row.Inverse].Inverse; back != row.Kind {
			t.Errorf("the inverse of %s is %s, whose inverse is %s", row.Kind, row.Inverse, back)
		}
		if back := table[row.Inverse]; !row.Settable && !back.Settable && row.Atoms == 0 && back.Atoms == 0 {
			t.Errorf("%s does nothing in either direction", row.Kind)
		}
	}
	for atom := PullStart; atom != 0 && atom <= DefaultTargetOrder; atom <<= 1 {
		if used&atom == 0 {
			t.Errorf("no kind carries atom %#x", atom)
		}
	}
}

func TestWith(t *testing.T) {
	if got := With(OrderAfter); got != 1<<model.After {
		t.Errorf("With(OrderAfter) = %#x", got)
	}
	if got := Kinds(PullStop); len(got) != 1 || got[0] != model.Conflicts {
		t.Errorf("Kinds(PullStop) = %v", got)
	}
}
