package sandbox_test

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/sys"
)

// run spawns a shell command with the Spec's other settings and returns its output and exit status.
func run(t *testing.T, spec sandbox.Spec, script string) (output string, status int, failure *sandbox.Failure) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if spec.Path == "" {
		spec.Path = "/bin/sh"
	}
	spec.Argv = []string{"sh", "-c", script}
	if spec.Env == nil {
		spec.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	}
	spec.Stdin, spec.Stdout, spec.Stderr = devNull(t), int(w.Fd()), 2
	child, failure := sandbox.Spawn(&spec)
	w.Close()
	if child.PID == 0 {
		return "", -1, failure
	}
	b := make([]byte, 0, 4096)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err != nil || len(b) == cap(b) {
			break
		}
	}
	exit, ok, err := sys.WaitPIDFD(child.PIDFD, false)
	if err != nil || !ok {
		t.Fatalf("wait for %d: %v", child.PID, err)
	}
	sys.Close(child.PIDFD)
	if exit.Code != sys.CLDExited {
		t.Fatalf("child ended with code %d status %d", exit.Code, exit.Status)
	}
	return strings.TrimSpace(string(b)), exit.Status, failure
}

func devNull(t *testing.T) int {
	t.Helper()
	fd, err := syscall.Open("/dev/null", syscall.O_RDWR|syscall.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	return fd
}

func TestSpawnGivesItsOwnPIDInTheEnvironment(t *testing.T) {
	out, status, failure := run(t, sandbox.Spec{PIDEnv: []string{"LISTEN_PID", "WATCHDOG_PID"}},
		"echo $$ $LISTEN_PID $WATCHDOG_PID; exit 7")
	if failure != nil || status != 7 {
		t.Fatalf("status %d, failure %v", status, failure)
	}
	f := strings.Fields(out)
	if len(f) != 3 || f[0] != f[1] || f[0] != f[2] {
		t.Errorf("own PID and variables: %q", out)
	}
	if _, err := strconv.Atoi(f[0]); err != nil {
		t.Error(err)
	}
}

func TestSpawnTellsWhyExecFailed(t *testing.T) {
	_, status, failure := run(t, sandbox.Spec{Path: "/nonexistent"}, "")
	if status != 203 || failure == nil || failure.Errno != syscall.ENOENT || failure.Step != "exec" {
		t.Errorf("status %d, failure %+v", status, failure)
	}
}
