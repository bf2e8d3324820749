package sandbox_test

import (
	"fmt"
	"os"

	"github.com/steward-init/steward/sys"
)

// describeTerminal is a child that tells what it has for a terminal.
func describeTerminal() int {
	s, err := sys.ReadStat(0)
	if err != nil {
		return 1
	}
	in, _ := os.Readlink("/proc/self/fd/0")
	_, err = os.OpenFile("/dev/tty", os.O_RDWR, 0)
	fmt.Println(s.Session == s.PID, in, err == nil)
	return 0
}
