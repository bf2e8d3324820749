package sys

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// SetSubreaper makes orphans among the caller's descendants its children, instead of PID 1's.
func SetSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl PR_SET_CHILD_SUBREAPER: %w", err)
	}
	return nil
}
