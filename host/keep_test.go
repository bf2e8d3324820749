package host

import (
	"errors"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/steward-init/steward/engine"
	"github.com/steward-init/steward/engine/port"
)

// files gives two descriptors of one file, and one of another.
func files(t *testing.T) (one, again, other int) {
	t.Helper()
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	again, err := unix.FcntlInt(uintptr(pipe[0]), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	return pipe[0], again, pipe[1]
}

// TestKeepStoresAFileOnce offers a file that is stored already, and one twice: the copies are closed.
func TestKeepStoresAFileOnce(t *testing.T) {
	l, err := NewLoop(engine.New(engine.Config{User: true}))
	if err != nil {
		t.Fatal(err)
	}
	k := newKeep(l)
	one, again, other := files(t)
	token := k.hold(one)
	copied, err := unix.FcntlInt(uintptr(other), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	fresh := k.without([]port.NamedFD{{FD: token}, {FD: 99}}, []int{again, other, copied})
	if len(fresh) != 1 || fresh[0] != other {
		t.Errorf("%v, want only %d", fresh, other)
	}
	for _, fd := range []int{again, copied} {
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); !errors.Is(err, unix.EBADF) {
			t.Errorf("descriptor %d of a file that is stored: %v", fd, err)
		}
	}
	k.offer(fresh)
	k.settle()
	k.close([]uint64{token})
	if len(k.files) != 0 {
		t.Errorf("left: %v", k.files)
	}
}

// TestKeepWatchesOnlyWhatItHas: descriptor 0 is the manager's, not what an unknown token stands for.
func TestKeepWatchesOnlyWhatItHas(t *testing.T) {
	l, err := NewLoop(engine.New(engine.Config{User: true}))
	if err != nil {
		t.Fatal(err)
	}
	k := newKeep(l)
	k.store("a.service", []port.NamedFD{{FD: 7, Poll: true}})
	if _, watched := l.tokens[0]; watched || len(k.ends) > 0 {
		t.Errorf("watched: %v, %v", l.tokens, k.ends)
	}
}
