package host

import (
	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/sys"
)

// keep holds the descriptors that came with notifications, by token, until the engine stores them for a unit or lets
// them go. The engine bounds how many a unit may store (FileDescriptorStoreMax=).
type keep struct {
	next  uint64
	files map[uint64]int
	ends  map[uint64]bool // those whose other end is watched
	loop  *Loop
	fresh []uint64 // of the present event; what the engine does not store is closed after its step
}

func newKeep(l *Loop) *keep { return &keep{loop: l, files: map[uint64]int{}, ends: map[uint64]bool{}} }

// offer takes descriptors in and returns their tokens.
func (k *keep) offer(fds []int) []uint64 {
	var tokens []uint64
	for _, fd := range fds {
		k.next++
		k.files[k.next] = fd
		k.fresh = append(k.fresh, k.next)
		tokens = append(tokens, k.next)
	}
	return tokens
}

// without closes those of the descriptors that are the same open file as one stored already, or as an earlier one of
// them, and returns the others. sd_notify(3), FDSTORE=1.
func (k *keep) without(stored []port.NamedFD, fds []int) []int {
	var have []int
	for _, s := range stored {
		if fd, ok := k.files[s.FD]; ok {
			have = append(have, fd)
		}
	}
	old := len(have)
next:
	for _, fd := range fds {
		for _, other := range have {
			if sys.IsSameFile(fd, other) {
				sys.Close(fd)
				continue next
			}
		}
		have = append(have, fd)
	}
	return have[old:]
}

// hold takes a descriptor in that stays until it is closed.
func (k *keep) hold(fd int) uint64 {
	k.next++
	k.files[k.next] = fd
	return k.next
}

// store marks offered descriptors as wanted. Where it is asked for, the engine hears when the other end is closed.
// sd_notify(3), FDPOLL=.
func (k *keep) store(unit string, fds []port.NamedFD) {
	for _, fd := range fds {
		if fd.Poll {
			k.watch(unit, fd.FD)
		}
		for i, token := range k.fresh {
			if token == fd.FD {
				k.fresh[i] = 0
			}
		}
	}
}

func (k *keep) watch(unit string, token uint64) {
	fd, ok := k.files[token]
	if !ok {
		return
	}
	err := k.loop.WatchEnd(fd, func() {
		k.loop.Unwatch(fd)
		delete(k.ends, token)
		k.loop.Do(port.StoredFDClosed{Unit: unit, FD: token})
	})
	if err == nil { // a file has no other end
		k.ends[token] = true
	}
}

// settle closes what was offered and not stored.
func (k *keep) settle() {
	k.close(k.fresh)
	k.fresh = k.fresh[:0]
}

func (k *keep) close(tokens []uint64) {
	for _, token := range tokens {
		if fd, ok := k.files[token]; ok {
			if k.ends[token] {
				k.loop.Unwatch(fd)
				delete(k.ends, token)
			}
			_ = unix.Close(fd) // best effort: it is forgotten either way
			delete(k.files, token)
		}
	}
}

func (k *keep) file(token uint64) (int, bool) {
	fd, ok := k.files[token]
	return fd, ok
}
