package sandbox_test

import (
	"reflect"
	"testing"

	"github.com/steward-init/steward/sandbox"
)

// TestOrder holds the constraints of the table: a row that was moved fails with the reason why it stood there.
func TestOrder(t *testing.T) {
	at := map[string]int{}
	for i, s := range sandbox.Steps() {
		if _, twice := at[s.Name]; twice {
			t.Errorf("step %s is there twice", s.Name)
		}
		at[s.Name] = i
		if s.Why == "" {
			t.Errorf("step %s doesn't say why it stands where it stands", s.Name)
		}
	}
	for i, s := range sandbox.Steps() {
		for _, name := range s.After {
			j, known := at[name]
			if !known {
				t.Errorf("step %s comes after %s, which is no step", s.Name, name)
			} else if j >= i {
				t.Errorf("step %s must come after %s: %s", s.Name, name, s.Why)
			}
		}
	}
}

// TestStatusesAreSystemds compares with the table of exit statuses.
func TestStatusesAreSystemds(t *testing.T) {
	for _, s := range sandbox.Steps() {
		if s.Status == 0 && s.Name == "umask" {
			continue // cannot fail
		}
		if s.Status < 200 || s.Status.String()[0] < 'A' {
			t.Errorf("step %s fails with %s (%d)", s.Name, s.Status, uint8(s.Status))
		}
	}
}

// FuzzDecode feeds the executor's decoder with anything.
func FuzzDecode(f *testing.F) {
	f.Add(sandbox.Encode(&sandbox.Spec{Path: "/bin/x", Argv: []string{"x"}, Extra: []int{1}, Nice: new(int)}))
	f.Fuzz(func(t *testing.T, b []byte) {
		spec, err := sandbox.Decode(b)
		if err != nil {
			return
		}
		again, err := sandbox.Decode(sandbox.Encode(spec))
		if err != nil || !reflect.DeepEqual(spec, again) {
			t.Errorf("%+v reads back as %+v, %v", spec, again, err)
		}
	})
}
