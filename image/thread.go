package image

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// thread is a thread of the process in a mount namespace of its own, which keeps the mounts of an image. All other
// threads stay where they were; they reach the image by descriptors.
type thread struct {
	calls chan func()
	done  chan struct{} // it has ended
}

// newThread starts one.
func newThread() (*thread, error) {
	t := &thread{calls: make(chan func()), done: make(chan struct{})}
	started := make(chan error)
	go t.run(started)
	return t, <-started
}

// run does the calls. The goroutine ends locked, with which its thread ends too.
func (t *thread) run(started chan<- error) {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() {
		// The process is shown in /proc as its first thread is, which does not end either: another one must do it.
		go t.run(started)
		<-t.done
		runtime.UnlockOSThread()
		return
	}
	defer close(t.done)
	err := sys.PrivateMounts()
	started <- err
	if err != nil {
		return
	}
	for call := range t.calls {
		call()
	}
}

// do has the thread do something.
func (t *thread) do(call func() error) (err error) {
	done := make(chan struct{})
	t.calls <- func() {
		err = call()
		close(done)
	}
	<-done
	return err
}

// end takes the mounts apart and ends the thread. The file systems go when their last descriptors are closed.
func (t *thread) end(mounts []mounted) {
	for n := len(mounts) - 1; n >= 0; n-- {
		_ = t.do(func() error { // best effort: what stays mounted goes with the thread
			return sys.Unmount(fmt.Sprintf("/proc/self/fd/%d", mounts[n].dir.Fd()), unix.MNT_DETACH)
		})
	}
	close(t.calls)
	<-t.done
}
