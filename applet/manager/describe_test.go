package manager

import "testing"

func TestDescribedOptionsAreRead(t *testing.T) {
	for _, o := range Describe("manager").Options {
		if _, err := parse([]string{"steward", "--" + o.Long}, false); err != nil {
			t.Errorf("--%s: %v", o.Long, err)
		}
	}
}
