package sandbox_test

import (
	"flag"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/steward-init/steward/sandbox"
	"github.com/steward-init/steward/sys"
)

var spawns = flag.Int("spawns", 1000, "processes of the stress test")

// TestManySpawns makes processes from many goroutines while the garbage collector never rests, and looks for what
// they leave behind.
func TestManySpawns(t *testing.T) {
	null := openNull(t)
	if !spawnOnce(t, null) { // the runtime opens descriptors of its own with the first timer
		return
	}
	before := countFDs(t)
	var stop atomic.Bool
	var gc sync.WaitGroup
	gc.Go(func() {
		var keep [][]byte
		for !stop.Load() {
			runtime.GC()
			keep = append(keep[:0], make([]byte, 1<<20))
		}
		runtime.KeepAlive(keep)
	})
	var left atomic.Int64
	left.Store(int64(*spawns))
	var work sync.WaitGroup
	for range 8 {
		work.Go(func() {
			for left.Add(-1) >= 0 {
				if !spawnOnce(t, null) {
					return
				}
			}
		})
	}
	work.Wait()
	stop.Store(true)
	gc.Wait()
	if after := countFDs(t); after > before {
		t.Errorf("%d descriptors before, %d after", before, after)
	}
	if exit, ok, err := sys.PeekExit(); ok {
		t.Errorf("a zombie is left: %+v, %v", exit, err)
	}
}

func spawnOnce(t *testing.T, null int) bool {
	spec := sandbox.Spec{
		Path: "/bin/true", Argv: []string{"true"}, Env: []string{"A=B"}, PIDEnv: []string{"LISTEN_PID"},
		Stdin: null, Stdout: null, Stderr: null, Extra: []int{null, null},
	}
	deep(64)
	child, failure := sandbox.Spawn(&spec)
	if failure != nil {
		t.Errorf("spawn: %v", failure)
		return false
	}
	exit, ok, err := sys.WaitPIDFD(child.PIDFD, false)
	sys.Close(child.PIDFD)
	if err != nil || !ok || exit.PID != child.PID || exit.Code != sys.CLDExited || exit.Status != 0 {
		t.Errorf("exit %+v of %d, %v", exit, child.PID, err)
		return false
	}
	return true
}

// deep makes the goroutine's stack grow, so that later ones shrink and move.
func deep(n int) int {
	var frame [512]byte
	if n == 0 {
		return int(frame[0])
	}
	return deep(n-1) + int(frame[n%len(frame)])
}

func countFDs(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// BenchmarkSpawn starts a program and waits for its end; SPAWN_TARGET names another one than /bin/true. The median
// of "us-to-start" is for how long the manager can do nothing else.
func BenchmarkSpawn(b *testing.B) {
	null, err := sys.Open("/dev/null", os.O_RDWR, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer sys.Close(null)
	path := "/bin/true"
	if p := os.Getenv("SPAWN_TARGET"); p != "" {
		path = p
	}
	spec := sandbox.Spec{
		Path: path, Argv: []string{"true"}, Env: os.Environ(), PIDEnv: []string{"SYSTEMD_EXEC_PID"},
		Stdin: null, Stdout: null, Stderr: null,
	}
	b.ReportAllocs()
	var started, ended []time.Duration
	for b.Loop() {
		begin := time.Now()
		child, failure := sandbox.Spawn(&spec)
		if failure != nil {
			b.Fatal(failure)
		}
		started = append(started, time.Since(begin))
		if _, _, err := sys.WaitPIDFD(child.PIDFD, false); err != nil {
			b.Fatal(err)
		}
		ended = append(ended, time.Since(begin))
		sys.Close(child.PIDFD)
	}
	slices.Sort(started)
	slices.Sort(ended)
	b.ReportMetric(float64(started[len(started)/2].Nanoseconds())/1e3, "us-to-start")
	b.ReportMetric(float64(ended[0].Nanoseconds())/1e3, "us-min")
	b.ReportMetric(float64(ended[len(ended)/2].Nanoseconds())/1e3, "us-median")
}
