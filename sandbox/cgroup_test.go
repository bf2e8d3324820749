package sandbox_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/sys"
)

// scratchCgroup makes a cgroup below our own for one test.
func scratchCgroup(t *testing.T) (path string, fd int) {
	t.Helper()
	m := sys.Probe()
	if !m.CgroupWritable {
		t.Skipf("needs a writable cgroup2: %v", m.CgroupError)
	}
	own := strings.TrimSuffix(m.CgroupOwn, "/")
	path = own + "/steward.test"
	if err := sys.MakeCgroup(m.CgroupMount + path); err != nil {
		t.Fatal(err)
	}
	fd, err := sys.OpenCgroup(m.CgroupMount + path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		sys.Close(fd)
		if err := sys.RemoveCgroup(m.CgroupMount + path); err != nil {
			t.Error(err)
		}
	})
	return path, fd
}

// TestBornInItsCgroup runs with clone3 and, from TestWithoutClone3, without it.
func TestBornInItsCgroup(t *testing.T) {
	path, fd := scratchCgroup(t)
	eachWay(t, func(t *testing.T, way way) {
		r := shell(t, way, sandbox.Spec{CgroupFD: fd}, "grep ^0:: /proc/self/cgroup")
		if r.failure != nil || r.output != "0::"+path {
			t.Errorf("failure %v, output %q, want 0::%s", r.failure, r.output, path)
		}
	})
}

func TestNotACgroup(t *testing.T) {
	fd, err := sys.Open("/etc", syscall.O_DIRECTORY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(fd)
	r := shell(t, sandbox.Spawn, sandbox.Spec{CgroupFD: fd}, "true")
	if r.status != -1 || r.failure == nil || r.failure.Step != "cgroup" || r.failure.Status != 219 {
		t.Errorf("status %d, failure %+v", r.status, r.failure)
	}
}

func TestKillAndEventsOfACgroup(t *testing.T) {
	_, fd := scratchCgroup(t)
	events, err := sys.OpenCgroupEvents(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(events)
	null := openNull(t)
	child, failure := sandbox.Spawn(&sandbox.Spec{Path: "/bin/sleep", Argv: []string{"sleep", "1000"}, CgroupFD: fd,
		Stdin: null, Stdout: null, Stderr: null})
	if failure != nil {
		t.Fatal(failure)
	}
	defer sys.Close(child.PIDFD)
	if state, err := sys.ReadCgroupEvents(events); err != nil || !state.Populated {
		t.Errorf("state %+v, %v", state, err)
	}
	if pids, err := sys.CgroupProcesses(fd, 10); err != nil || len(pids) != 1 || pids[0] != child.PID {
		t.Errorf("processes %v, %v, child %d", pids, err, child.PID)
	}
	if err := sys.KillCgroup(fd); err != nil {
		t.Fatal(err)
	}
	exit, _, err := sys.WaitPIDFD(child.PIDFD, false)
	if err != nil || exit.Code != sys.CLDKilled || exit.Status != int(syscall.SIGKILL) {
		t.Errorf("exit %+v, %v", exit, err)
	}
	if state, err := sys.ReadCgroupEvents(events); err != nil || state.Populated {
		t.Errorf("state %+v, %v", state, err)
	}
}

// TestWithoutClone3 runs the tests where clone3 is refused, as container engines do.
func TestWithoutClone3(t *testing.T) {
	cmd := exec.Command("/proc/self/exe",
		"-test.run=^(TestStepsInTheChild|TestFailingStepGivesItsStatus|TestBornInItsCgroup|TestClone3IsRefused)$", "-test.v")
	cmd.Env = append(os.Environ(), "WITHOUT_CLONE3=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestClone3IsRefused") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestClone3IsRefused(t *testing.T) {
	if want := os.Getenv("WITHOUT_CLONE3") == ""; sys.CanClone3() != want {
		t.Errorf("clone3 is said to work: %v", !want)
	}
}

// refuseClone3 installs a filter for all threads: ENOSYS for the number of clone3, which is the same everywhere.
func refuseClone3() error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.SYS_CLONE3},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&prog)))
	if errno != 0 {
		return errno
	}
	return nil
}
