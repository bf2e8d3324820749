package sys

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SetSubreaper makes orphans among the caller's descendants its children, instead of PID 1's.
func SetSubreaper() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl PR_SET_CHILD_SUBREAPER: %w", err)
	}
	return nil
}

// SetThreadName sets the name of the calling thread, of which 15 bytes are kept. For the main thread it is what ps
// shows as the process's comm.
func SetThreadName(name string) error {
	var b [16]byte
	copy(b[:15], name)
	if err := unix.Prctl(unix.PR_SET_NAME, uintptr(unsafe.Pointer(&b[0])), 0, 0, 0); err != nil {
		return fmt.Errorf("prctl PR_SET_NAME: %w", err)
	}
	return nil
}
