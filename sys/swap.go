package sys

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SwapOff stops paging to a device or file, swapoff(2).
func SwapOff(path string) error {
	name, err := unix.BytePtrFromString(path)
	if err != nil {
		return fmt.Errorf("swapoff %q: %w", path, err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_SWAPOFF, uintptr(unsafe.Pointer(name)), 0, 0); errno != 0 {
		return fmt.Errorf("swapoff %s: %w", path, errno)
	}
	return nil
}
