//go:build linux && !amd64 && !arm64

package sys

import "golang.org/x/sys/unix"

// run makes the system calls from Go, which maps in again a part of what they drop.
func (r *rest) run() error {
	for _, c := range r.calls {
		result, _, errno := unix.Syscall6(c.nr, c.a1, c.a2, c.a3, c.a4, c.a5, c.a6)
		if errno != 0 && errno != unix.EINTR {
			return errno
		}
		if errno != 0 || result != 0 {
			return nil
		}
	}
	return nil
}
