package syscalls_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/syscalls"
)

func TestSets(t *testing.T) {
	swap, ok := syscalls.Find("@swap")
	if !ok || !slices.Equal(swap.Calls(), []string{"swapoff", "swapon"}) {
		t.Errorf("@swap is %v", swap.Calls())
	}
	service, _ := syscalls.Find("@system-service")
	if calls := service.Calls(); !slices.Contains(calls, "read") || slices.Contains(calls, "@basic-io") ||
		slices.Contains(calls, "reboot") {
		t.Errorf("@system-service is %v", calls)
	}
	if _, ok := syscalls.Find("swap"); ok {
		t.Error("a set without @")
	}
	known, _ := syscalls.Find(syscalls.Known)
	all := append(known.Calls(), "set_tls", "uretprobe", "nfsservctl") // known by name only, the oracle has it so
	for _, s := range syscalls.Sets() {
		for _, member := range s.Members() {
			if _, ok := syscalls.Find(member); ok != strings.HasPrefix(member, "@") {
				t.Errorf("%s has %s", s.Name, member)
			}
		}
		for _, call := range s.Calls() {
			if !slices.Contains(all, call) {
				t.Errorf("%s has %s, which is not known", s.Name, call)
			}
		}
	}
	if ungrouped := syscalls.Ungrouped(); !slices.Contains(ungrouped, "mincore") || slices.Contains(ungrouped, "read") {
		t.Errorf("without a set: %v", ungrouped)
	}
}

// TestOracle holds the table against what the oracle prints.
func TestOracle(t *testing.T) {
	oracle, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("the oracle's systemd-analyze is not installed")
	}
	out, err := exec.Command(oracle, "syscall-filter", "--quiet").Output()
	if err != nil {
		t.Fatal(err)
	}
	want, _, _ := strings.Cut(string(out), "\n# ")
	var got strings.Builder
	for i, s := range syscalls.Sets() {
		if i > 0 {
			got.WriteString("\n")
		}
		got.WriteString(s.Name + "\n    # " + s.Summary + "\n")
		for _, m := range s.Members() {
			got.WriteString("    " + m + "\n")
		}
	}
	if got.String() != want {
		t.Errorf("the sets differ; the oracle prints\n%s\nwe have\n%s", want, got.String())
	}
}
