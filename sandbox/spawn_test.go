package sandbox_test

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/sys"
)

type way = func(*sandbox.Spec) (sandbox.Child, *sandbox.Failure)

func ptr[T any](v T) *T { return &v }

// plainSteps need no privilege: what the child finds when each is asked for.
var plainSteps = []struct {
	name   string
	spec   sandbox.Spec
	script string
	want   string
}{
	{"signals", sandbox.Spec{},
		"grep -E 'Sig(Ign|Blk)' /proc/self/status | cut -f2", "0000000000000000\n0000000000001000"},
	{"sigpipe", sandbox.Spec{KeepSIGPIPE: true}, "grep SigIgn /proc/self/status | cut -f2", "0000000000000000"},
	{"setsid", sandbox.Spec{}, "set -- $(cat /proc/$$/stat); test $6 = $$ && test $5 = $$ && echo leader", "leader"},
	{"no setsid", sandbox.Spec{SameSession: true}, "set -- $(cat /proc/$$/stat); test $6 = $$ || echo same", "same"},
	{"oom", sandbox.Spec{OOMScoreAdjust: ptr(900)}, "cat /proc/self/oom_score_adj", "900"},
	{"nice", sandbox.Spec{Nice: ptr(15)}, "nice", "15"},
	{"batch", sandbox.Spec{Scheduler: &sandbox.Scheduler{Policy: 3}},
		"chrt -p $$ | head -1 | sed 's/.*: //'", "SCHED_BATCH"},
	{"affinity", sandbox.Spec{CPUAffinity: []uint64{1}}, "grep Cpus_allowed_list /proc/self/status | cut -f2", "0"},
	{"ioprio", sandbox.Spec{IOPriority: ptr(2<<13 | 6)}, "ionice", "best-effort: prio 6"},
	{"timer slack", sandbox.Spec{TimerSlackNS: 123456}, "read x </proc/self/timerslack_ns; echo $x", "123456"},
	{"personality", sandbox.Spec{Personality: ptr(uint32(0x40000))}, "cat /proc/self/personality", "00040000"},
	{"umask", sandbox.Spec{Umask: 0o027}, "umask", "0027"},
	{"rlimit", sandbox.Spec{Rlimits: []sandbox.Rlimit{{Resource: 4, Soft: 1024, Hard: 2048}}},
		"ulimit -c; ulimit -H -c", "2\n4"},
	{"default rlimit", sandbox.Spec{}, "ulimit -n", "1024"},
	{"directory", sandbox.Spec{Dir: "/usr/bin"}, "pwd", "/usr/bin"},
	{"no directory", sandbox.Spec{}, "pwd", "/"},
	{"optional directory", sandbox.Spec{Dir: "/nonexistent", DirOptional: true}, "pwd", "/"},
	{"no new privileges", sandbox.Spec{NoNewPrivileges: true}, "grep NoNewPrivs /proc/self/status | cut -f2", "1"},
	{"keyring", sandbox.Spec{Keyring: sandbox.KeyringShared}, "echo here", "here"},
	{"environment", sandbox.Spec{Env: []string{"A=1", "B=x y"}}, "echo $A $B; exec /usr/bin/env | grep -v PWD= | sort",
		"1 x y\nA=1\nB=x y"},
	{"descriptors", sandbox.Spec{}, "exec ls /proc/self/fd", "0\n1\n2\n3"}, // 3 is ls's own
}

func testPlainSteps(t *testing.T, way way) {
	for _, c := range plainSteps {
		t.Run(c.name, func(t *testing.T) {
			r := shell(t, way, c.spec, c.script)
			if r.failure != nil || r.status != 0 || r.output != c.want {
				t.Errorf("status %d, failure %v, output %q, want %q", r.status, r.failure, r.output, c.want)
			}
		})
	}
}

func TestStepsInTheChild(t *testing.T) { eachWay(t, testPlainSteps) }

var rootSteps = []struct {
	name   string
	spec   sandbox.Spec
	script string
	want   string
}{
	{"user", sandbox.Spec{
		Credential: &sandbox.Credential{UID: 65534, GID: 65533, SetGroups: true, Groups: []uint32{5, 65533}}},
		"id -u; id -g; id -G; grep -E '^[UG]id' /proc/self/status",
		"65534\n65533\n65533 5\nUid:\t65534\t65534\t65534\t65534\nGid:\t65533\t65533\t65533\t65533"},
	{"no groups", sandbox.Spec{Credential: &sandbox.Credential{UID: 65534, GID: 65534, SetGroups: true}},
		"id -G; grep CapPrm /proc/self/status | cut -f2", "65534\n0000000000000000"},
	{"fifo", sandbox.Spec{Scheduler: &sandbox.Scheduler{Policy: 1, Priority: 9, ResetOnFork: true}},
		"chrt -p $$ | sed 's/.*: //'", "SCHED_FIFO|SCHED_RESET_ON_FORK\n9"},
	{"low nice", sandbox.Spec{Nice: ptr(-7)}, "nice", "-7"},
	{"bounding", sandbox.Spec{DropBounding: ^uint64(1 << 10)}, "grep -E 'Cap(Eff|Bnd|Inh)' /proc/self/status | cut -f2",
		"0000000000000000\n0000000000000400\n0000000000000400"},
	{"ambient", sandbox.Spec{Ambient: 1 << 10, Credential: &sandbox.Credential{UID: 65534, GID: 65534, SetGroups: true}},
		"grep -E 'Cap(Eff|Prm|Amb|Inh)' /proc/self/status | cut -f2",
		"0000000000000400\n0000000000000400\n0000000000000400\n0000000000000400"},
	{"ambient and bounding", sandbox.Spec{Ambient: 1 << 10, DropBounding: ^uint64(1 << 10), SecureBits: 1<<2 | 1<<3,
		Credential: &sandbox.Credential{UID: 65534, GID: 65534, SetGroups: true}, NoNewPrivileges: true},
		"grep -E 'Cap(Eff|Bnd|Amb)' /proc/self/status | cut -f2",
		"0000000000000400\n0000000000000400\n0000000000000400"},
	{"secure bits", sandbox.Spec{SecureBits: 1}, "setpriv -d | grep Securebits", "Securebits: noroot"},
}

func TestPrivilegedStepsInTheChild(t *testing.T) {
	needRoot(t)
	eachWay(t, func(t *testing.T, way way) {
		for _, c := range rootSteps {
			t.Run(c.name, func(t *testing.T) {
				r := shell(t, way, c.spec, c.script)
				if r.failure != nil || r.status != 0 || r.output != c.want {
					t.Errorf("status %d, failure %v, output %q, want %q", r.status, r.failure, r.output, c.want)
				}
			})
		}
	})
}

// TestResourceSteps needs a capability that even root may lack in a container.
func TestResourceSteps(t *testing.T) {
	caps, err := sys.OwnCapabilities()
	if err != nil {
		t.Fatal(err)
	}
	may := caps.Effective&(1<<sys.CapSysResource) != 0
	high := sandbox.Spec{
		OOMScoreAdjust: ptr(-500),
		Rlimits:        []sandbox.Rlimit{{Resource: 8, Soft: ^uint64(0), Hard: ^uint64(0)}},
	}
	eachWay(t, func(t *testing.T, way way) {
		r := shell(t, way, high, "cat /proc/self/oom_score_adj; ulimit -l")
		if got := r.output == "-500\nunlimited"; r.failure != nil || r.status != 0 || got != may {
			t.Errorf("status %d, failure %v, output %q, may raise: %v", r.status, r.failure, r.output, may)
		}
		r = shell(t, way, sandbox.Spec{OOMScoreAdjust: ptr(5000)}, "echo ran")
		if failed := r.status == 206 && r.failure.Errno == syscall.EINVAL; failed != may {
			t.Errorf("status %d, failure %v, output %q, may raise: %v", r.status, r.failure, r.output, may)
		}
	})
}

func TestRootDirectory(t *testing.T) {
	needRoot(t)
	root := t.TempDir()
	self, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(self[:min(len(self), 4096)], []byte("/ld-linux")) {
		t.Skip("needs a static test binary (CGO_ENABLED=0, no race detector): there is no loader in the bare root")
	}
	for path, data := range map[string][]byte{"/child": self, "/marker": nil} {
		if err := os.WriteFile(root+path, data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(root+"/in", 0o755); err != nil {
		t.Fatal(err)
	}
	eachWay(t, func(t *testing.T, way way) {
		r := collect(t, way, &sandbox.Spec{Root: root, Dir: "/in", Path: "/child", Argv: []string{"where"}})
		if r.failure != nil || r.output != "/in <nil> true" {
			t.Errorf("status %d, failure %v, output %q", r.status, r.failure, r.output)
		}
	})
}

// failures are Specs that fail at one step each.
var failures = []struct {
	step   string
	status int
	errno  syscall.Errno
	spec   sandbox.Spec
}{
	{"working-directory", 200, syscall.ENOENT, sandbox.Spec{Dir: "/nonexistent"}},
	{"listen-fds", 202, syscall.EBADF, sandbox.Spec{Extra: []int{999}}},
	{"exec", 203, syscall.ENOENT, sandbox.Spec{Path: "/nonexistent"}},
	{"exec", 203, syscall.EACCES, sandbox.Spec{Path: "/etc/passwd"}},
	{"exec", 203, syscall.EACCES, sandbox.Spec{Path: "/tmp"}},
	{"rlimits", 205, syscall.EINVAL, sandbox.Spec{Rlimits: []sandbox.Rlimit{{Resource: 4, Soft: 2, Hard: 1}}}},
	{"rlimits", 205, syscall.EINVAL, sandbox.Spec{Rlimits: []sandbox.Rlimit{{Resource: 99}}}},
	{"stdin", 208, syscall.EBADF, sandbox.Spec{Stdin: 999}},
	{"stdout", 209, syscall.EBADF, sandbox.Spec{Stdout: 999}},
	{"stderr", 222, syscall.EBADF, sandbox.Spec{Stderr: 999}},
	{"io-priority", 211, syscall.EINVAL, sandbox.Spec{IOPriority: ptr(7 << 13)}},
	{"scheduler", 214, syscall.EINVAL, sandbox.Spec{Scheduler: &sandbox.Scheduler{Policy: 99}}},
	{"cpu-affinity", 215, syscall.EINVAL, sandbox.Spec{CPUAffinity: []uint64{0, 0, 1}}},
	{"terminal", 208, syscall.ENOTTY, sandbox.Spec{ControllingTTY: true}},
}

var rootFailures = []struct {
	step   string
	status int
	errno  syscall.Errno
	spec   sandbox.Spec
}{
	{"root", 210, syscall.ENOENT, sandbox.Spec{Root: "/nonexistent"}},
	{"secure-bits", 213, syscall.EPERM, sandbox.Spec{SecureBits: 1 << 20}},
	{"ambient-capabilities", 218, syscall.EINVAL, sandbox.Spec{Ambient: 1 << 63}},
}

var plainFailures = []struct {
	step   string
	status int
	errno  syscall.Errno
	spec   sandbox.Spec
}{
	{"root", 210, syscall.EPERM, sandbox.Spec{Root: "/"}},
	{"secure-bits", 213, syscall.EPERM, sandbox.Spec{SecureBits: 1}},
	{"scheduler", 214, syscall.EPERM, sandbox.Spec{Scheduler: &sandbox.Scheduler{Policy: 1, Priority: 1}}},
	{"group", 216, syscall.EPERM, sandbox.Spec{Credential: &sandbox.Credential{UID: 1, GID: 1}}},
	{"user", 217, syscall.EPERM, sandbox.Spec{Credential: &sandbox.Credential{UID: 1, GID: 65534}}},
	{"capability-bounding-set", 218, syscall.EPERM, sandbox.Spec{DropBounding: 1}},
	{"ambient-capabilities", 218, syscall.EPERM, sandbox.Spec{Ambient: 1}},
}

func testFailures(t *testing.T, way way) {
	list := append(failures[:len(failures):len(failures)], plainFailures...)
	if os.Geteuid() == 0 {
		list = append(failures[:len(failures):len(failures)], rootFailures...)
	}
	null := openNull(t)
	for _, c := range list {
		t.Run(c.step, func(t *testing.T) {
			spec := c.spec
			if spec.Stdin == 0 {
				spec.Stdin = null
			}
			r := shell(t, way, spec, "echo ran")
			if r.output != "" || r.failure == nil {
				t.Fatalf("ran: %q, status %d, failure %v", r.output, r.status, r.failure)
			}
			// The executor can't be started at all with a bad descriptor; then there is no child to have a status.
			if r.status == -1 && r.failure.Errno == c.errno && c.errno == syscall.EBADF {
				return
			}
			if r.status != c.status || int(r.failure.Status) != c.status || r.failure.Step != c.step ||
				r.failure.Errno != c.errno {
				t.Errorf("status %d, failure %+v, want %s %d %v", r.status, r.failure, c.step, c.status, c.errno)
			}
		})
	}
}

func TestFailingStepGivesItsStatus(t *testing.T) { eachWay(t, testFailures) }

func TestUnprivileged(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("runs as nobody, from TestAsNobody")
	}
	eachWay(t, func(t *testing.T, way way) {
		testPlainSteps(t, way)
		testFailures(t, way)
		r := shell(t, way, sandbox.Spec{
			OOMScoreAdjust: ptr(-1000), Nice: ptr(-20),
			Credential: &sandbox.Credential{UID: 65534, GID: 65534},
			Rlimits:    []sandbox.Rlimit{{Resource: sys.RlimitNOFILE, Soft: ^uint64(0), Hard: ^uint64(0)}},
		}, "nice; id -u")
		if want := fmt.Sprintf("%d\n65534", sys.OwnNice()); r.failure != nil || r.output != want {
			t.Errorf("what may not be had isn't passed over: failure %v, output %q", r.failure, r.output)
		}
	})
}

func TestOwnPIDInTheEnvironment(t *testing.T) {
	eachWay(t, func(t *testing.T, way way) {
		r := shell(t, way, sandbox.Spec{PIDEnv: []string{"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"}},
			"echo $LISTEN_PID $WATCHDOG_PID $SYSTEMD_EXEC_PID; exit 7")
		pid := strconv.Itoa(r.pid)
		if r.status != 7 || r.output != strings.Join([]string{pid, pid, pid}, " ") {
			t.Errorf("status %d, failure %v, output %q, child %s", r.status, r.failure, r.output, pid)
		}
	})
}

// TestDescriptorsCross gives descriptors whose numbers are each other's targets.
func TestDescriptorsCross(t *testing.T) {
	const count = 6
	eachWay(t, func(t *testing.T, way way) {
		var fds [count]int
		for i := range fds {
			fd, err := sys.Memfd("cross", []byte{byte('a' + i)})
			if err != nil {
				t.Fatal(err)
			}
			defer sys.Close(fd)
			fds[i] = fd
		}
		// Descriptors at the very numbers 3 to 8 exist in this process; the ones made here are wherever they are. The
		// Spec names them in reverse, and one of them twice.
		spec := sandbox.Spec{Extra: []int{fds[5], fds[4], fds[3], fds[3], 3, 4}}
		r := shell(t, way, spec, "cd /proc/self/fd; cat 3 4 5 6; readlink /proc/self/fd/7")
		link, err := os.Readlink("/proc/self/fd/3")
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(r.output, "fedd") || !sameFile(strings.TrimPrefix(r.output, "fedd"), link) {
			t.Errorf("output %q, failure %v; 3 is %s", r.output, r.failure, link)
		}
	})
}

// sameFile compares what /proc shows of two descriptors.
func sameFile(a, b string) bool { return a == b }

func TestSpawnRefusesNUL(t *testing.T) {
	for _, spec := range []sandbox.Spec{
		{Path: "/bin/true\x00x"},
		{Path: "/bin/true", Argv: []string{"a\x00"}},
		{Path: "/bin/true", Env: []string{"A=\x00"}},
		{Path: "/bin/true", Dir: "\x00"}, {Path: "/bin/true", Root: "\x00"}, {},
	} {
		child, failure := sandbox.Spawn(&spec)
		if child.PID != 0 || failure == nil || failure.Errno != syscall.EINVAL {
			t.Errorf("%+v: child %d, failure %v", spec, child.PID, failure)
		}
	}
}

func TestHugeEnvironment(t *testing.T) {
	const size = 100 << 10
	spec := sandbox.Spec{Env: []string{"A=" + strings.Repeat("x", size), "B=" + strings.Repeat("y", size)}}
	eachWay(t, func(t *testing.T, way way) {
		r := shell(t, way, spec, "echo ${#A} ${#B}")
		if r.output != "102400 102400" {
			t.Errorf("status %d, failure %v, output %.100q", r.status, r.failure, r.output)
		}
		huge := sandbox.Spec{Env: []string{"A=" + strings.Repeat("x", 1<<20)}}
		r = shell(t, way, huge, "true")
		if r.status != 203 || r.failure == nil || r.failure.Errno != syscall.E2BIG {
			t.Errorf("status %d, failure %v", r.status, r.failure)
		}
	})
}

func TestEncodingReadsBack(t *testing.T) {
	full := sandbox.Spec{
		Path: "/bin/x", Argv: []string{"x", ""}, Env: []string{"A=1"}, PIDEnv: []string{"P"}, Stdin: -2, Stdout: 4,
		Extra: []int{7, 8}, Terminal: &sandbox.Terminal{Path: "/dev/tty1", Acquire: sandbox.AcquireFail, Reset: true},
		CgroupFD: -1, Credential: &sandbox.Credential{UID: 1, Groups: []uint32{4}}, Nice: ptr(-5),
		Scheduler: &sandbox.Scheduler{Policy: 1}, Rlimits: []sandbox.Rlimit{{Resource: 1, Soft: 2, Hard: ^uint64(0)}},
		CPUAffinity: []uint64{^uint64(0)}, Ambient: 1 << 40, Keyring: sandbox.KeyringShared, DirOptional: true,
	}
	b := sandbox.Encode(&full)
	back, err := sandbox.Decode(b)
	if err != nil || !reflect.DeepEqual(&full, back) {
		t.Errorf("%v\n%+v\n%+v", err, full, back)
	}
	for n := range b {
		if _, err := sandbox.Decode(b[:n]); err == nil {
			t.Errorf("%d of %d bytes are taken for all", n, len(b))
		}
	}
}

func openNull(t *testing.T) int {
	t.Helper()
	fd, err := sys.Open("/dev/null", syscall.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sys.Close(fd) })
	return fd
}
