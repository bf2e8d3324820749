//go:build linux && !amd64 && !arm64

package sys

import "syscall"

// HasStart says whether this architecture can run a Program in a child that shares our memory. Elsewhere a program can
// only be walked by a process of its own, see Program.Walk.
const HasStart = false

// Start is not there on this architecture.
func (p *Program) Start(int) (pid, pidfd int, errno syscall.Errno) {
	return 0, -1, syscall.ENOSYS
}

// Wait has nothing to wait for.
func (p *Program) Wait() {}

func (p *Program) letGo() {}

func canClearHandlers() bool { return false }
