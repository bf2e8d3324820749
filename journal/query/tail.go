package query

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/steward-init/steward/journal/file"
)

// MaxFiles is how many files are looked at; more are an error, and those with the last names are taken.
const MaxFiles = 512

// Query is what to look for.
type Query struct {
	Match Match
	// Boot, if not zero, is the only boot to look at.
	Boot file.ID
	// Since, with Boot, is the monotonic time in microseconds before which nothing is wanted.
	Since uint64
}

// Journal is a set of open files. Not safe for concurrent use.
type Journal struct{ files []*source }

type source struct {
	name   string
	reader *file.Reader
	header file.Header
}

// Open opens the journal files of some folders; one that does not exist has none. It returns what could be opened, and
// an error for what could not.
func Open(folders ...string) (*Journal, error) {
	var paths []string
	var errs []error
	for _, dir := range folders {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
		for _, e := range entries {
			if n := e.Name(); strings.HasSuffix(n, ".journal") || strings.HasSuffix(n, ".journal~") {
				paths = append(paths, filepath.Join(dir, n))
			}
		}
	}
	if n := len(paths) - MaxFiles; n > 0 {
		errs = append(errs, fmt.Errorf("journal: %d files, %d are left out", len(paths), n))
		paths = paths[n:]
	}
	j := &Journal{}
	for _, path := range paths {
		r, err := file.OpenReader(path)
		switch {
		case errors.Is(err, os.ErrNotExist): // archived or vacuumed meanwhile
		case err != nil:
			errs = append(errs, err)
		default:
			j.files = append(j.files, &source{name: path, reader: r})
		}
	}
	return j, errors.Join(errs...)
}

// Close closes the files.
func (j *Journal) Close() error {
	var errs []error
	for _, s := range j.files {
		errs = append(errs, s.reader.Close())
	}
	return errors.Join(errs...)
}

// Tail is the last n entries that match, oldest first. A damaged file gives what comes before the damage, seen from its
// end, and is in the error; the entries are good all the same.
func (j *Journal) Tail(n int, q Query) ([]file.Entry, error) {
	var walks []*walk
	var errs []error
	for _, s := range j.files {
		w, err := s.walk(q)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", s.name, err))
			continue
		}
		walks = append(walks, w)
	}
	var found []file.Entry
	for len(found) < n {
		var last *walk
		for _, w := range walks {
			if w.off != 0 && (last == nil || w.later(last)) {
				last = w
			}
		}
		if last == nil {
			break
		}
		var e file.Entry
		if err := last.source.reader.Entry(last.off, &e); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", last.source.name, err))
		} else if k := len(found); k == 0 || !last.same(&found[k-1]) {
			found = append(found, e)
		}
		last.back()
	}
	for _, w := range walks {
		if w.err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", w.source.name, w.err))
		}
	}
	slices.Reverse(found)
	return found, errors.Join(errs...)
}

// walk goes back through the entries of one file that match. off is where it stands, 0 at its end; head is that entry
// without its fields.
type walk struct {
	source *source
	query  Query
	arms   []arm
	stop   uint64 // offsets below are before the boot
	off    uint64
	head   file.Entry
	err    error
}

// arm is one alternative of the match: the shortest of its lists is walked, the others must contain what it gives.
type arm struct {
	walked file.List
	others []file.List
	next   uint64 // entries of walked still to come
	off    uint64 // the last one that is in all lists, 0 at the end
}

func (s *source) walk(q Query) (*walk, error) {
	var err error
	if s.header, err = s.reader.Header(); err != nil {
		return nil, err
	}
	w := &walk{source: s, query: q}
	if q.Boot != (file.ID{}) {
		boot, err := s.reader.Find([]byte("_BOOT_ID=" + q.Boot.String()))
		if err != nil {
			return nil, err
		}
		if boot.Len() == 0 {
			return w, nil
		}
		if w.stop, err = boot.At(0); err != nil {
			return nil, err
		}
	}
	if len(q.Match) == 0 {
		all, err := s.reader.Entries()
		if err != nil {
			return nil, err
		}
		w.arms = []arm{{walked: all, next: all.Len()}}
	}
	for _, terms := range q.Match {
		a, err := s.arm(terms)
		if err != nil {
			return nil, err
		}
		if a.next != 0 {
			w.arms = append(w.arms, a)
		}
	}
	for i := range w.arms {
		w.step(&w.arms[i])
	}
	w.settle()
	return w, nil
}

func (s *source) arm(terms []string) (arm, error) {
	var lists []file.List
	for _, t := range terms {
		l, err := s.reader.Find([]byte(t))
		if err != nil || l.Len() == 0 {
			return arm{}, err
		}
		lists = append(lists, l)
	}
	if len(lists) == 0 {
		return arm{}, errors.New("journal match: an alternative without fields")
	}
	slices.SortFunc(lists, func(a, b file.List) int { return cmp.Compare(a.Len(), b.Len()) })
	return arm{walked: lists[0], others: lists[1:], next: lists[0].Len()}, nil
}

// step moves an arm to the entry before the one it stands at.
func (w *walk) step(a *arm) {
	last := a.off
	a.off = 0
	for a.next > 0 {
		a.next--
		off, err := a.walked.At(a.next)
		if err == nil && (off == 0 || last != 0 && off >= last) {
			err = fmt.Errorf("%w: entries out of order", file.ErrCorrupt)
		}
		if err != nil {
			w.fail(err)
			return
		}
		if off < w.stop {
			return
		}
		last = off
		in := true
		if len(a.others) > 0 {
			if err := w.source.reader.Head(off, &w.head); err != nil {
				w.fail(err)
				return
			}
			in = !slices.ContainsFunc(a.others, func(l file.List) bool { return !l.In(&w.head) })
		}
		if in {
			a.off = off
			return
		}
	}
}

func (w *walk) fail(err error) { w.err = cmp.Or(w.err, err) }

// back moves to the matching entry before this one.
func (w *walk) back() {
	for i := range w.arms {
		if a := &w.arms[i]; a.off == w.off {
			w.step(a)
		}
	}
	w.settle()
}

// settle stands at the last entry that any arm has and that is of the right time.
func (w *walk) settle() {
	for {
		w.off = 0
		for i := range w.arms {
			w.off = max(w.off, w.arms[i].off)
		}
		if w.off == 0 {
			return
		}
		if err := w.source.reader.Head(w.off, &w.head); err != nil {
			w.fail(err)
			w.off = 0
			return
		}
		if w.query.Boot == (file.ID{}) || w.head.BootID == w.query.Boot && w.head.Monotonic >= w.query.Since {
			return
		}
		if w.head.BootID == w.query.Boot { // what is before is older still
			w.off = 0
			return
		}
		for i := range w.arms {
			if a := &w.arms[i]; a.off == w.off {
				w.step(a)
			}
		}
	}
}

// later tells whether w stands at a later entry than v: by number where both were numbered alike, by the time since the
// boot where it is the same, else by the clock.
func (w *walk) later(v *walk) bool {
	a, b := &w.head, &v.head
	if w.source.header.SeqnumID == v.source.header.SeqnumID {
		return a.Seqnum > b.Seqnum
	}
	if a.BootID == b.BootID && a.Monotonic != b.Monotonic {
		return a.Monotonic > b.Monotonic
	}
	return a.Realtime > b.Realtime
}

// same tells whether the entry is the one found before: two files can hold a copy of one.
func (w *walk) same(e *file.Entry) bool {
	a := &w.head
	return a.Seqnum == e.Seqnum && a.Realtime == e.Realtime && a.BootID == e.BootID && a.XorHash == e.XorHash
}
