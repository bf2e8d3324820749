package analyze

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/quantity"
)

// capability lists the capabilities that we or the kernel know, or the ones that are asked for.
func (s *session) capability(args []string) (int, error) {
	t := ui.Table{Head: []string{"NAME", "NUMBER"}, Right: []bool{false, true}}
	last := max(quantity.LastCapability, lastCapability())
	for _, arg := range args {
		n, err := quantity.ParseCapability(arg)
		if err != nil || n > last {
			return 1, fmt.Errorf("Capability \"%s\" not known.", arg)
		}
		t.Add(capabilityName(n), strconv.Itoa(n))
	}
	if len(args) == 0 {
		for n := range last + 1 {
			t.Add(capabilityName(n), strconv.Itoa(n))
		}
	}
	s.page()
	t.Print(s.IO)
	return 0, nil
}

// capabilityName is the name, or a placeholder for what only the kernel knows.
func capabilityName(n int) string {
	if n > quantity.LastCapability {
		return "cap_???"
	}
	return quantity.CapabilityName(n)
}

// lastCapability is the greatest one that the kernel knows, 0 where it does not tell.
func lastCapability() int {
	data, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(data))) // best effort: no number is as no file
	return n
}
