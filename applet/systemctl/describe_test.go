package systemctl

import (
	"strings"
	"testing"
)

// TestEveryVerbIsDescribed, under its first name: the others are older names of the same.
func TestEveryVerbIsDescribed(t *testing.T) {
	described := map[string]bool{}
	for _, v := range Describe("systemctl").Verbs {
		described[v.Name] = true
	}
	for _, v := range verbs() {
		if name, _, _ := strings.Cut(v.names, " "); !described[name] {
			t.Errorf("%s is a verb, and longHelp does not have it", name)
		}
	}
}
