//go:build linux && (amd64 || arm64)

package sys

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// stopInterval is how long a stopped child may hold up its maker.
const stopInterval = 250 * time.Millisecond

// continuer frees a maker whose child was stopped before it executed: as soon as the child has become a user, that
// user's other processes may send it SIGSTOP, and the maker would wait for ever. While the child is being made, it gets
// a SIGCONT from time to time, which does nothing to a child that runs.
type continuer struct {
	mutex  sync.Mutex
	timer  *time.Timer
	making bool
	pidfd  *int32 // written by the kernel before the child runs; -1 until then
}

func (c *continuer) begin(pidfd *int32) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.making, c.pidfd = true, pidfd
	if c.timer == nil {
		c.timer = time.AfterFunc(stopInterval, c.send)
	} else {
		c.timer.Reset(stopInterval)
	}
}

func (c *continuer) end() {
	c.timer.Stop()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.making = false
}

// send runs on a goroutine of its own, and perhaps late: then the descriptor may be another's, so making guards it.
func (c *continuer) send() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !c.making {
		return
	}
	if fd := atomic.LoadInt32(c.pidfd); fd >= 0 {
		_ = unix.PidfdSendSignal(int(fd), unix.SIGCONT, nil, 0) // best effort: tried again
	}
	c.timer.Reset(stopInterval)
}
