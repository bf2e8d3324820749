//go:build linux && !amd64 && !arm64

package sys

import "syscall"

// HasVfork says whether this architecture can run a Program in a vfork child. Elsewhere a program can only be walked
// by a process of its own, see Program.Walk.
const HasVfork = false

// Vfork is not there on this architecture.
func (p *Program) Vfork(int) (pid, pidfd int, errno syscall.Errno) {
	return 0, -1, syscall.ENOSYS
}

// continuer has nothing to do where there is no vfork.
type continuer struct{}
