package clock

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/syntax/span"
)

func open(t *testing.T) *Timers {
	t.Helper()
	timers, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(timers.FD) })
	return timers
}

func TestDueInOrder(t *testing.T) {
	timers := open(t)
	timers.Arm("c", port.TimerState, 30)
	timers.Arm("a", port.TimerState, 10)
	timers.Arm("b", port.TimerJob, 20)
	timers.Arm("gone", port.TimerState, 5)
	timers.Disarm("gone", port.TimerState)
	timers.Disarm("never", port.TimerState)
	timers.Arm("a", port.TimerState, 25) // moved, not doubled
	timers.Arm("d", port.TimerState, span.Infinity)

	var units string
	for _, due := range timers.Due(29) {
		units += due.Unit
	}
	if units != "ba" {
		t.Errorf("due by 29: %q, want %q", units, "ba")
	}
	if due := timers.Due(1000); len(due) != 1 || due[0].Unit != "c" {
		t.Errorf("due by 1000: %v, want c alone", due)
	}
}

// TestDescriptor sees that the descriptor becomes readable for the nearest deadline, and only then.
func TestDescriptor(t *testing.T) {
	timers := open(t)
	readable := func(patience int) bool {
		timers.Set()
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(timers.FD), Events: unix.POLLIN}}, patience)
		if err != nil {
			t.Fatal(err)
		}
		return n == 1
	}
	if readable(0) {
		t.Error("an empty set is readable")
	}
	timers.Arm("far", port.TimerState, Now().Monotonic+span.Hour)
	if readable(0) {
		t.Error("a set whose timer is an hour off is readable")
	}
	timers.Arm("near", port.TimerState, 1)
	if !readable(10_000) {
		t.Fatal("a due timer does not show")
	}
	timers.Drain()
	if due := timers.Due(Now().Monotonic); len(due) != 1 || due[0].Unit != "near" {
		t.Errorf("due: %v, want near alone", due)
	}
	if readable(0) {
		t.Error("still readable for the timer that is an hour off")
	}
}
