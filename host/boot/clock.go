package boot

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/host/cmdline"
)

// Clock sets the machine's clock to what its command line says. kernel-command-line(7), systemd.clock-usec=.
func Clock(line cmdline.Line) error {
	for name, value := range line.All() {
		if name != "systemd.clock_usec" || value == nil {
			continue
		}
		now, err := strconv.ParseInt(*value, 10, 64)
		if err != nil || now < 0 {
			return fmt.Errorf("clock: %q are no microseconds", *value)
		}
		tv := unix.NsecToTimeval(now * 1000)
		if err := unix.Settimeofday(&tv); err != nil {
			return fmt.Errorf("clock: %w", err)
		}
	}
	return nil
}
