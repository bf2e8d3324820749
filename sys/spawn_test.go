//go:build linux && (amd64 || arm64)

package sys

import (
	"fmt"
	"slices"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestStoppedChildGoesOn has a child that is stopped before it executes, as an unprivileged user could do it, whether
// the kernel holds us or not.
func TestStoppedChildGoesOn(t *testing.T) {
	for _, held := range []bool{false, true} {
		p := NewProgram()
		defer p.Release()
		p.Begin(1)
		p.Setsid()
		p.call(unix.SYS_KILL, 0, uintptr(unix.SIGSTOP)) // its own group, where it is alone
		p.Begin(203)
		p.Exec("/bin/true", []string{"true"}, nil, nil)
		if held {
			p.HoldParent()
		}
		pid, pidfd, errno := p.Start(-1)
		if errno != 0 {
			t.Fatal(errno)
		}
		defer Close(pidfd)
		p.Wait()
		exit, _, err := WaitPID(pid, false)
		if err != nil || exit != (Exit{PID: pid, UID: uint32(syscall.Getuid()), Code: CLDExited}) {
			t.Errorf("held %v: %+v, %v", held, exit, err)
		}
	}
}

// TestOwnFiles has a child that begins with our descriptors: what it does to them is not done to ours, and those from
// the limit on it has not got, also where exec would not close them.
func TestOwnFiles(t *testing.T) {
	if !CanOwnFiles() {
		t.Skip("needs clone3 and close_range")
	}
	var fds []int
	for range 3 {
		fd, err := unix.Open("/dev/null", unix.O_RDWR, 0) // not closed on exec
		if err != nil {
			t.Fatal(err)
		}
		defer Close(fd)
		fds = append(fds, fd)
	}
	slices.Sort(fds)
	kept, closed, left := fds[0], fds[1], fds[2]
	p := NewProgram()
	defer p.Release()
	p.Begin(202)
	p.OwnFiles(left)
	p.call(unix.SYS_CLOSE, uintptr(closed))
	p.KeepOpen(kept)
	p.Begin(203)
	script := fmt.Sprintf("cd /proc/$$/fd && [ -e %d ] && [ ! -e %d ] && [ ! -e %d ]", kept, closed, left)
	p.Exec("/bin/sh", []string{"sh", "-c", script}, nil, nil)
	pid, pidfd, errno := p.Start(-1)
	if errno != 0 {
		t.Fatal(errno)
	}
	defer Close(pidfd)
	p.Wait()
	exit, _, err := WaitPID(pid, false)
	if err != nil || exit.Code != CLDExited || exit.Status != 0 {
		t.Errorf("%s: %+v, %v", script, exit, err)
	}
	for _, fd := range fds {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
			t.Errorf("our descriptor %d: %v", fd, err)
		}
	}
}

// TestRaise moves descriptors out of the numbers that children copy.
func TestRaise(t *testing.T) {
	r, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer Close(r)
	if got := Raise(r); r < firstRaised && got != r {
		t.Errorf("%d became %d", r, got)
	}
	low, err := unix.FcntlInt(uintptr(w), unix.F_DUPFD_CLOEXEC, firstRaised)
	if err != nil {
		t.Fatal(err)
	}
	Close(w)
	high := Raise(low)
	defer Close(high)
	if high < raisedFrom || Raise(high) != high {
		t.Errorf("%d became %d, then %d", low, high, Raise(high))
	}
	if flags, err := unix.FcntlInt(uintptr(high), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor %d: flags %d, %v", high, flags, err)
	}
	if _, err := unix.Write(high, []byte("x")); err != nil {
		t.Errorf("what was raised can't be written to: %v", err)
	}
}

// TestFailedOpIsTold has ops that fail with and without notice, in both ways to run a program.
func TestFailedOpIsTold(t *testing.T) {
	p := NewProgram()
	defer p.Release()
	p.Begin(201)
	p.Tolerate()
	p.Chdir("/nonexistent")
	p.Begin(202)
	p.KeepOpen(9999)
	p.Begin(203)
	p.Exec("/bin/true", []string{"true"}, nil, nil)
	check := func() {
		t.Helper()
		if index, errno, failed := p.Failed(); !failed || index != 1 || errno != syscall.EBADF {
			t.Errorf("op %d, %v, %v", index, errno, failed)
		}
	}
	pid, pidfd, errno := p.Start(-1)
	if errno != 0 {
		t.Fatal(errno)
	}
	defer Close(pidfd)
	p.Wait()
	check()
	if exit, _, err := WaitPID(pid, false); err != nil || exit.Status != 202 {
		t.Errorf("%+v, %v", exit, err)
	}
	if status := p.Walk(); status != 202 {
		t.Errorf("walked to status %d", status)
	}
	check()
}

// TestReusedProgramForgets runs one program's memory twice; nothing of the first may show.
func TestReusedProgramForgets(t *testing.T) {
	p := new(Program)
	for _, dir := range []string{"/nonexistent", "/"} {
		p.Reset()
		p.Begin(200)
		p.Chdir(dir)
		p.Begin(203)
		p.Exec("/bin/true", []string{"true"}, []string{"A=" + string(make([]byte, 3*chunkSize))}, []string{"P"})
		pid, pidfd, errno := p.Start(-1)
		if errno != 0 {
			t.Fatal(errno)
		}
		Close(pidfd)
		exit, _, err := WaitPID(pid, false)
		if _, _, failed := p.Failed(); err != nil || failed != (dir != "/") || failed != (exit.Status == 200) {
			t.Errorf("%s: %+v, %v, %v", dir, exit, failed, err)
		}
	}
}

// TestStartDoesNotWait has a program that can't end before its parent has gone on.
func TestStartDoesNotWait(t *testing.T) {
	r, w, err := Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer Close(w)
	p := NewProgram()
	defer p.Release()
	p.Begin(1)
	p.ResetSignals()
	_, at := p.alloc(1)
	p.call(unix.SYS_READ, uintptr(r), at, 1)
	p.Begin(203)
	p.Exec("/bin/true", []string{"true"}, nil, nil)
	pid, pidfd, errno := p.Start(-1)
	if errno != 0 {
		t.Fatal(errno)
	}
	defer Close(pidfd)
	Close(r)
	if !p.Running() {
		t.Error("it does not run beside us")
	}
	if _, err := syscall.Write(w, []byte{0}); err != nil {
		t.Fatal(err)
	}
	p.Wait()
	exit, _, err := WaitPID(pid, false)
	if _, errno, failed := p.Failed(); err != nil || failed || exit.Status != 0 || p.Running() {
		t.Errorf("%+v, %v, %v", exit, err, errno)
	}
}

// TestScoreIsTheChilds has a child set its score of the out-of-memory killer, which others that share its memory must
// not get.
func TestScoreIsTheChilds(t *testing.T) {
	const score = "/proc/self/oom_score_adj"
	before, err := ReadFile(score, 16)
	if err != nil {
		t.Fatal(err)
	}
	p := NewProgram()
	defer p.Release()
	p.Begin(1)
	p.HoldParent()
	p.WriteFile(score, "987")
	p.Begin(203)
	p.Exec("/bin/grep", []string{"grep", "-q", "987", score}, nil, nil)
	pid, pidfd, errno := p.Start(-1)
	if errno != 0 {
		t.Fatal(errno)
	}
	defer Close(pidfd)
	p.Wait()
	exit, _, err := WaitPID(pid, false)
	if err != nil || exit.Status != 0 {
		t.Errorf("the child: %+v, %v", exit, err)
	}
	if after, err := ReadFile(score, 16); err != nil || string(after) != string(before) {
		t.Errorf("ours was %q and is %q: %v", before, after, err)
	}
}
