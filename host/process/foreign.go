package process

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/sys"
)

// Foreign runs processes of the manager's own (generators), which belong to no unit. The loop reaps all children, so it
// hands the ends of these over.
type Foreign struct {
	mu      sync.Mutex
	waiting map[int]chan sys.Exit
}

// Run runs a process to its end, on any goroutine but the loop's; after the timeout it is killed.
func (f *Foreign) Run(spec *sandbox.Spec, timeout time.Duration) error {
	ended := make(chan sys.Exit, 1)
	f.mu.Lock() // until the PID is known: it may end at once
	child, failure := sandbox.Spawn(spec)
	if child.PID != 0 {
		if f.waiting == nil {
			f.waiting = map[int]chan sys.Exit{}
		}
		f.waiting[child.PID] = ended
	}
	f.mu.Unlock()
	if child.PIDFD >= 0 {
		sys.Close(child.PIDFD)
	}
	if child.PID == 0 {
		return failure
	}
	var exit sys.Exit
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case exit = <-ended:
	case <-timer.C:
		f.kill(child.PID)
		exit = <-ended
	}
	switch {
	case failure != nil:
		return failure
	case exit.Code != sys.CLDExited || exit.Status != 0:
		return fmt.Errorf("ended with code %d, status %d", exit.Code, exit.Status)
	}
	return nil
}

// kill ends a process that took too long. Its number is its own until Reaping was told of it.
func (f *Foreign) kill(pid int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.waiting[pid] != nil {
		_ = sys.Signal(pid, unix.SIGKILL) // best effort: it may have ended just now
	}
}

// Reaping hands an end over; false for a process that is not one of these. Call it before the process is reaped.
func (f *Foreign) Reaping(exit sys.Exit) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	ended, ok := f.waiting[exit.PID]
	if ok {
		delete(f.waiting, exit.PID)
		ended <- exit
	}
	return ok
}
