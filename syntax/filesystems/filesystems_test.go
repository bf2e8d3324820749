package filesystems_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/filesystems"
)

func TestSets(t *testing.T) {
	known, ok := filesystems.Find(filesystems.Known)
	if !ok {
		t.Fatal("no @known")
	}
	seen := map[string]string{}
	for _, s := range filesystems.Sets() {
		if found, ok := filesystems.Find(s.Name); !ok || found.Name != s.Name || !strings.HasPrefix(s.Name, "@") {
			t.Errorf("%s is found as %v", s.Name, found)
		}
		if s.Name == filesystems.Known {
			continue
		}
		for _, name := range s.Members() {
			if seen[name] != "" || !slices.Contains(known.Members(), name) {
				t.Errorf("%s is in %s, in %q, and not in @known", name, s.Name, seen[name])
			}
			seen[name] = s.Name
		}
	}
	if seen["tmpfs"] != "@temporary" || seen["nfs4"] != "@network" {
		t.Errorf("sets are mixed up: %v", seen)
	}
	for _, name := range filesystems.Ungrouped() {
		if seen[name] != "" || !slices.Contains(known.Members(), name) {
			t.Errorf("%s is in %q, or not in @known", name, seen[name])
		}
	}
	if len(known.Members()) != len(seen)+len(filesystems.Ungrouped()) {
		t.Errorf("@known has %d members", len(known.Members()))
	}
	if _, ok := filesystems.Find("network"); ok {
		t.Error("a set without @")
	}
}
