package e2e_test

import (
	"fmt"
	"os"
)

// peer is the other side of the tests: a daemon that does what its arguments say.
func peer(args []string) int {
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "peer: what am I to do?")
		return 2
	}
	return 2
}
