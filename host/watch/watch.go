// Package watch tells when files change, by one inotify descriptor.
//
// It exists because path units and PID files need exact masks, and control groups their events files. It must not know
// why somebody watches.
package watch

import (
	"fmt"
	"maps"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/sys"
)

// Watcher dispatches inotify events. Several watches of one file, by one path or by several (/run and /var/run), share
// the kernel's, which knows only files.
type Watcher struct {
	FD     int
	byPath map[string]*watch
	byID   map[int][]*watch
	buffer []byte
}

type watch struct {
	path  string
	id    int
	mask  uint32
	calls []call
}

type call struct {
	owner string
	run   func()
}

// New makes a watcher; its FD becomes readable when Read has something to do.
func New() (*Watcher, error) {
	fd, err := sys.NewInotify()
	if err != nil {
		return nil, err
	}
	return &Watcher{FD: fd, byPath: map[string]*watch{}, byID: map[int][]*watch{}, buffer: make([]byte, 8<<10)}, nil
}

// Add calls run when path changes as mask says. A path that is watched already keeps its first call.
func (w *Watcher) Add(path string, mask uint32, run func()) error {
	if w.byPath[path] != nil {
		return nil
	}
	return w.AddFor(path, "", mask, run)
}

// AddFor is Add with an owner, by whom RemoveFor finds it, and may share a path with others.
func (w *Watcher) AddFor(path, owner string, mask uint32, run func()) error {
	// The kernel would forget what others watch the same file for: its mask only grows, and each call looks for itself
	// whether it was meant.
	id, err := sys.AddWatch(w.FD, path, mask|unix.IN_MASK_ADD)
	if err != nil {
		return fmt.Errorf("inotify: watch %s: %w", path, err)
	}
	have := w.byPath[path]
	if have != nil && have.id != id { // another file has the path by now
		calls := have.calls
		w.Remove(path)
		id, err = sys.AddWatch(w.FD, path, have.mask|mask|unix.IN_MASK_ADD)
		if err != nil {
			return fmt.Errorf("inotify: watch %s: %w", path, err)
		}
		have = &watch{path: path, id: id, mask: have.mask, calls: calls}
		w.byPath[path], w.byID[id] = have, append(w.byID[id], have)
	}
	if have == nil {
		have = &watch{path: path, id: id}
		w.byPath[path], w.byID[id] = have, append(w.byID[id], have)
	}
	have.mask |= mask
	have.calls = append(have.calls, call{owner, run})
	return nil
}

// Remove ends all watches of a path.
func (w *Watcher) Remove(path string) {
	if have := w.byPath[path]; have != nil && w.forget(have) {
		_ = sys.RemoveWatch(w.FD, have.id) // best effort: the file may be gone, and its watch with it
	}
}

// RemoveFor ends all watches of an owner.
func (w *Watcher) RemoveFor(owner string) {
	for path, have := range w.byPath {
		kept := have.calls[:0]
		for _, c := range have.calls {
			if c.owner != owner {
				kept = append(kept, c)
			}
		}
		have.calls = kept
		if len(kept) == 0 {
			w.Remove(path)
		}
	}
}

// forget reports that nobody watches the file any more.
func (w *Watcher) forget(have *watch) bool {
	delete(w.byPath, have.path)
	left := slices.DeleteFunc(w.byID[have.id], func(o *watch) bool { return o == have })
	if len(left) > 0 {
		w.byID[have.id] = left
		return false
	}
	delete(w.byID, have.id)
	return true
}

// Read dispatches what is waiting.
func (w *Watcher) Read() {
	n, err := unix.Read(w.FD, w.buffer)
	if err != nil {
		return
	}
	for event := range sys.FileEvents(w.buffer[:n]) {
		if event.Mask&unix.IN_Q_OVERFLOW != 0 {
			w.all()
			continue
		}
		for _, have := range slices.Clone(w.byID[event.Watch]) {
			for _, c := range slices.Clone(have.calls) {
				c.run()
			}
			if event.Mask&unix.IN_IGNORED != 0 && w.byPath[have.path] == have {
				w.forget(have)
			}
		}
	}
}

// all calls everybody, after the kernel lost events: each looks for itself whether it was meant.
func (w *Watcher) all() {
	var calls []call
	for _, path := range slices.Sorted(maps.Keys(w.byPath)) {
		calls = append(calls, w.byPath[path].calls...)
	}
	for _, c := range calls {
		c.run()
	}
}
