package sys

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMonotonic asks the kernel for the same clock before and after.
func TestMonotonic(t *testing.T) {
	kernel := func() time.Duration {
		var now unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
			t.Fatal(err)
		}
		return time.Duration(now.Nano())
	}
	before, now, after := kernel(), Monotonic(), kernel()
	if now < before || now > after {
		t.Errorf("Monotonic() = %d, between %d and %d of the kernel", now, before, after)
	}
}
