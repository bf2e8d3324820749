package shutdown

import (
	"os"
	"path/filepath"
	"sync"
	"time"
)

// hooks is where a machine has programs that are run last of all. systemd-halt.service(8).
const hooks = "/lib/systemd/system-shutdown"

// hookTimeout is how long they may take, as systemd has it.
const hookTimeout = 90 * time.Second

// runHooks runs all programs of a directory at once, with the verb, and waits for them.
func runHooks(dir, verb string, patience time.Duration) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	var group sync.WaitGroup
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		info, err := os.Stat(path)
		if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
			continue
		}
		group.Go(func() {
			p, err := os.StartProcess(path, []string{path, verb}, &os.ProcAttr{Files: []*os.File{nil, os.Stdout, os.Stderr}})
			if err != nil {
				return
			}
			timer := time.AfterFunc(patience, func() { _ = p.Kill() }) // best effort: it may be gone
			_, _ = p.Wait()                                            // best effort: the machine goes down whatever it says
			timer.Stop()
		})
	}
	group.Wait()
}
