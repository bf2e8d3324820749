package host

import (
	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine/port"
)

// keep holds the descriptors that came with notifications, by token, until the engine stores them for a unit or lets
// them go. The engine bounds how many a unit may store (FileDescriptorStoreMax=).
type keep struct {
	next  uint64
	files map[uint64]int
	fresh []uint64 // of the present event; what the engine does not store is closed after its step
}

func newKeep() *keep { return &keep{files: map[uint64]int{}} }

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

// hold takes a descriptor in that stays until it is closed.
func (k *keep) hold(fd int) uint64 {
	k.next++
	k.files[k.next] = fd
	return k.next
}

// store marks offered descriptors as wanted.
func (k *keep) store(_ string, fds []port.NamedFD) {
	for _, fd := range fds {
		for i, token := range k.fresh {
			if token == fd.FD {
				k.fresh[i] = 0
			}
		}
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
			_ = unix.Close(fd) // best effort: it is forgotten either way
			delete(k.files, token)
		}
	}
}

func (k *keep) file(token uint64) (int, bool) {
	fd, ok := k.files[token]
	return fd, ok
}
