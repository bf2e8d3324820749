package file

import (
	"cmp"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Archived files are named as journalctl expects: NAME@SEQNUMID-SEQNUM-REALTIME.journal for one that was closed in
// order, NAME@REALTIME-RANDOM.journal~ for one that was not; numbers are 16 hexadecimal digits.

// archive renames the current file, which nobody writes any more.
func (w *Writer) archive() error {
	h, err := w.headerOf(w.path())
	if err != nil {
		return w.putAside()
	}
	name := fmt.Sprintf("%s@%s-%016x-%016x.journal", w.config.Name, h.SeqnumID, h.HeadSeqnum, h.HeadRealtime)
	return os.Rename(w.path(), filepath.Join(w.config.Dir, name))
}

// putAside renames the current file, which is not to be trusted.
func (w *Writer) putAside() error {
	when := uint64(0)
	if h, err := w.headerOf(w.path()); err == nil {
		when = h.TailRealtime
	}
	var r [8]byte
	_, _ = rand.Read(r[:]) // never fails
	name := fmt.Sprintf("%s@%016x-%016x.journal~", w.config.Name, when, binary.LittleEndian.Uint64(r[:]))
	return os.Rename(w.path(), filepath.Join(w.config.Dir, name))
}

func (w *Writer) headerOf(path string) (Header, error) {
	r, err := OpenReader(path)
	if err != nil {
		return Header{}, err
	}
	h, err := r.Header()
	return h, errors.Join(err, r.Close())
}

// vacuum removes the oldest archived files of this name beyond MaxFiles.
func (w *Writer) vacuum() error {
	entries, err := os.ReadDir(w.config.Dir)
	if err != nil {
		return err
	}
	type archived struct {
		name string
		when uint64
	}
	var all []archived
	for _, e := range entries {
		if when, ok := archivedTime(e.Name(), w.config.Name); ok {
			all = append(all, archived{e.Name(), when})
		}
	}
	slices.SortFunc(all, func(a, b archived) int {
		return cmp.Or(cmp.Compare(a.when, b.when), strings.Compare(a.name, b.name))
	})
	for len(all) > w.config.MaxFiles {
		if err := os.Remove(filepath.Join(w.config.Dir, all[0].name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		all = all[1:]
	}
	return nil
}

// archivedTime is the time in an archived file's name, and whether it is one of the given name.
func archivedTime(name, of string) (uint64, bool) {
	rest, ok := strings.CutPrefix(name, of+"@")
	if !ok {
		return 0, false
	}
	var digits string
	if clean, ok := strings.CutSuffix(rest, ".journal"); ok {
		if len(clean) != 32+1+16+1+16 {
			return 0, false
		}
		digits = clean[50:]
	} else if unclean, ok := strings.CutSuffix(rest, ".journal~"); ok && len(unclean) == 16+1+16 {
		digits = unclean[:16]
	}
	when, err := strconv.ParseUint(digits, 16, 64)
	return when, err == nil
}
