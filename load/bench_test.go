package load_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/units"
)

// many writes n services and a target that wants them all below a directory, and returns their names.
func many(b *testing.B, root string, n int) []string {
	b.Helper()
	dir := filepath.Join(root, "etc/systemd/system")
	if err := os.MkdirAll(dir+"/multi-user.target.wants", 0o755); err != nil {
		b.Fatal(err)
	}
	names := []string{"multi-user.target"}
	for i := range n {
		name := fmt.Sprintf("service-%d.service", i)
		text := fmt.Sprintf("[Unit]\nDescription=Service number %d\nAfter=network.target\n\n[Service]\nType=simple\n"+
			"ExecStart=/usr/bin/daemon --number %d\nRestart=on-failure\nProtectSystem=full\nUser=daemon\n\n"+
			"[Install]\nWantedBy=multi-user.target\n", i, i)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
		if err := os.Symlink("../"+name, dir+"/multi-user.target.wants/"+name); err != nil {
			b.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// parallel runs f on as many goroutines as there are processors.
func parallel(n int, f func(i int)) {
	var wait sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), n)
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wait.Wait()
}

func real(root string) *load.Loader {
	return load.New(load.Options{Files: files.Root(root), Path: load.Paths(load.System, nil), Parallel: parallel,
		Embedded: load.Embedded{Dir: units.Dir, Files: units.System(), Links: units.SystemLinks()}})
}

func BenchmarkLoad5000(b *testing.B) {
	root := b.TempDir()
	names := many(b, root, 5000)
	b.ReportAllocs()
	for b.Loop() {
		real(root).Closure(names[:1], nil)
	}
}

func BenchmarkReload5000Unchanged(b *testing.B) {
	root := b.TempDir()
	names := many(b, root, 5000)
	l := real(root)
	l.Closure(names, nil)
	b.ReportAllocs()
	for b.Loop() {
		l.Reload(names)
	}
}

func BenchmarkMemory5000(b *testing.B) {
	root := b.TempDir()
	names := many(b, root, 5000)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	l := real(root)
	all := l.Closure(names, nil)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(len(all)), "bytes/unit")
	runtime.KeepAlive(l)
}
