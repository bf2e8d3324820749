package host

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/host/output"
)

// TestLoopTellsDescriptorsApart has two descriptors ready at once. The first one's handler puts another file in the
// place of the second: what the kernel told of the old one is not for the new one.
func TestLoopTellsDescriptorsApart(t *testing.T) {
	l, err := NewLoop(engine.New(engine.Config{User: true}))
	if err != nil {
		t.Fatal(err)
	}
	l.world = &World{output: &output.Output{}}
	event := func(value uint) int {
		fd, err := unix.Eventfd(value, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fd) })
		return fd
	}
	first, second, silent := event(1), event(1), event(0)
	swapped, stale := false, false
	watch := func(fd int, ready func()) {
		if err := l.Watch(fd, ready); err != nil {
			t.Fatal(err)
		}
	}
	swap := func(done, other int) {
		l.Unwatch(done)
		if swapped {
			return
		}
		swapped = true
		l.Unwatch(other)
		if err := unix.Dup3(silent, other, unix.O_CLOEXEC); err != nil {
			t.Fatal(err)
		}
		watch(other, func() { stale = true })
		l.Stop(nil)
	}
	watch(first, func() { swap(first, second) })
	watch(second, func() { swap(second, first) })
	if err := l.Run(); err != nil || !swapped || stale {
		t.Errorf("%v, swapped %v, a descriptor that is not ready was served: %v", err, swapped, stale)
	}
}
