package sandbox_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/sys"
)

func TestMain(m *testing.M) {
	switch os.Args[0] {
	case sandbox.ExecutorName:
		os.Exit(sandbox.Main(os.Args))
	case "where": // a child without a shell or a library, for a bare root directory
		dir, err := os.Getwd()
		_, marker := os.Stat("/marker")
		fmt.Println(dir, err, marker == nil)
		os.Exit(0)
	case "terminal":
		os.Exit(describeTerminal())
	}
	if os.Getenv("WITHOUT_CLONE3") != "" {
		if err := refuseClone3(); err != nil {
			fmt.Fprintln(os.Stderr, "seccomp:", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// ways are the two that a Spec can go; they must do the same.
var ways = map[string]func(*sandbox.Spec) (sandbox.Child, *sandbox.Failure){
	"clone":    sandbox.SpawnClone,
	"executor": sandbox.SpawnExecutor,
}

// eachWay runs a test both ways.
func eachWay(t *testing.T, test func(*testing.T, func(*sandbox.Spec) (sandbox.Child, *sandbox.Failure))) {
	t.Helper()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) { test(t, way) })
	}
}

type result struct {
	pid     int
	output  string
	status  int
	failure *sandbox.Failure
}

// shell completes a Spec to one that runs a shell command, and runs it.
func shell(t *testing.T, way func(*sandbox.Spec) (sandbox.Child, *sandbox.Failure), spec sandbox.Spec,
	script string) result {
	t.Helper()
	if spec.Path == "" {
		spec.Path, spec.Argv = "/bin/sh", []string{"sh", "-c", script}
	}
	if spec.Env == nil {
		spec.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	}
	if spec.Umask == 0 {
		spec.Umask = 0o022
	}
	return collect(t, way, &spec)
}

// collect runs a Spec whose standard output, where it is 0, becomes a pipe that is read.
func collect(t *testing.T, way func(*sandbox.Spec) (sandbox.Child, *sandbox.Failure), spec *sandbox.Spec) result {
	t.Helper()
	r, w, err := sys.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close(r)
	if spec.Stdout == 0 {
		spec.Stdout = w
	}
	if spec.Stderr == 0 {
		spec.Stderr = w
	}
	child, failure := way(spec)
	sys.Close(w)
	if child.PID == 0 {
		return result{status: -1, failure: failure}
	}
	var out strings.Builder
	b := make([]byte, 4096)
	for {
		n, err := sys.Read(r, b)
		out.Write(b[:n])
		if err != nil {
			break
		}
	}
	if child.ReportFD >= 0 {
		failure = sandbox.ReadReport(child.ReportFD, spec.Path)
	}
	exit, ok, err := sys.WaitPID(child.PID, false)
	if err != nil || !ok {
		t.Fatalf("wait for %d: %v", child.PID, err)
	}
	sys.Close(child.PIDFD)
	status := exit.Status
	if exit.Code != sys.CLDExited {
		status = -exit.Status
	}
	return result{pid: child.PID, output: strings.TrimSpace(out.String()), status: status, failure: failure}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: changes user, limits or capabilities")
	}
}

// TestAsNobody runs the tests for an unprivileged manager, where this one is root.
func TestAsNobody(t *testing.T) {
	needRoot(t)
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	binary := dir + "/sandbox.test"
	if err := os.WriteFile(binary, self, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-test.run=^TestUnprivileged", "-test.v")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), "TMPDIR=/tmp")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: TestUnprivileged") {
		t.Errorf("%v\n%s", err, out)
	}
}
