package file

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// Config says where a Writer writes and how much. Zero bounds mean the defaults below.
type Config struct {
	// Dir is the folder, which exists; by custom /var/log/journal/<machine id> or /run/log/journal/<machine id>.
	Dir string
	// Name is the file's name without ".journal": "system" is what journalctl takes for the system's.
	Name      string
	MachineID ID
	// Mode of new files, 0640 if zero.
	Mode os.FileMode
	// MaxFileBytes is where a file is archived and another begun. Default: an eighth of a tenth of the file system, from
	// 512 KiB to 16 MiB, in steps of 64 KiB.
	MaxFileBytes uint64
	// MaxFiles is how many archived files are kept beside the current one; the oldest are removed. Default 7.
	MaxFiles int
	// Compact writes the smaller format, which readers before version 252 refuse.
	Compact bool
}

const (
	minFileBytes    = 512 << 10
	maxFileBytes    = 16 << 20
	defaultMaxFiles = 7
	// boundBytes is the largest MaxFileBytes: offsets stay well inside 32 bits.
	boundBytes = 256 << 20
	// residentBytes is how much of the file may be mapped in before it is given back, within one entry's worth.
	residentBytes = 1 << 20
	// jitterMicroseconds is how far a clock may step back before a new file is begun; a smaller step is evened out.
	jitterMicroseconds = 1_000_000
)

// Writer appends to the current file of a folder. Not safe for concurrent use.
//
// A file that is full, whose hash table is, or that the clock has left behind is archived and another begun. A file
// that turns out to be corrupt is put aside under a name ending in "~", as is one whose writer died.
type Writer struct {
	config Config
	image  *image
	items  []item
	dirty  bool
	tmpfs  bool
}

// Open takes over the folder's current file, or begins one.
func Open(c Config) (*Writer, error) {
	var fs unix.Statfs_t
	if err := unix.Statfs(c.Dir, &fs); err != nil {
		return nil, fmt.Errorf("journal folder %s: %w", c.Dir, err)
	}
	if c.Mode == 0 {
		c.Mode = 0o640
	}
	if c.MaxFiles == 0 {
		c.MaxFiles = defaultMaxFiles
	}
	if c.MaxFileBytes == 0 {
		c.MaxFileBytes = min(fs.Blocks*uint64(fs.Bsize)/80, maxFileBytes)
	}
	c.MaxFileBytes = min(max(c.MaxFileBytes, minFileBytes), boundBytes) &^ (1<<16 - 1)
	w := &Writer{config: c, tmpfs: fs.Type == unix.TMPFS_MAGIC}
	if err := w.begin(); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *Writer) path() string { return filepath.Join(w.config.Dir, w.config.Name+".journal") }

// begin opens or creates the current file.
func (w *Writer) begin() error {
	g, err := openImage(w.path(), &w.config, w.config.MachineID)
	switch {
	case err == nil:
		w.image = g
		return nil
	case errors.Is(err, errForeign):
		err = w.archive()
	case errors.Is(err, errUnclean):
		err = w.putAside()
	case errors.Is(err, os.ErrNotExist):
		err = nil
	}
	if err != nil {
		return err
	}
	return w.create(ID{}, 0)
}

func (w *Writer) create(seqnumID ID, seqnum uint64) error {
	g, err := createImage(w.path(), &w.config, w.config.MachineID, seqnumID, seqnum)
	if err != nil {
		return err
	}
	w.image = g
	return w.vacuum()
}

// Append writes one entry of FIELD=value pairs. Call Flush after a burst: until then readers that wait are not woken.
// ErrTooBig leaves everything as it was; after any other error the entry is lost and the next one is tried anew.
func (w *Writer) Append(at Stamp, fields [][]byte) error {
	if len(fields) == 0 || len(fields) > MaxFields {
		return fmt.Errorf("%w: %d fields", ErrTooBig, len(fields))
	}
	total := 0
	for _, f := range fields {
		total += len(f)
	}
	if total > MaxFieldBytes || uint64(total) > w.config.MaxFileBytes/4 {
		return fmt.Errorf("%w: %d bytes", ErrTooBig, total)
	}
	if w.image == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	err := w.try(at, fields)
	switch {
	case errors.Is(err, errFull):
		if err = w.Rotate(); err == nil {
			err = w.try(at, fields)
		}
	case errors.Is(err, ErrCorrupt):
		err = errors.Join(err, w.drop(), w.putAside())
	}
	return err
}

// try writes an entry to the current file; errFull if it belongs into another.
func (w *Writer) try(at Stamp, fields [][]byte) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer w.guard(&err)
	g := w.image
	if tail := g.get(hdrTailRealtime); at.Realtime < tail {
		if tail-at.Realtime > jitterMicroseconds {
			return errFull
		}
		at.Realtime = tail
	}
	if tail := g.get(hdrTailMonotonic); at.Monotonic < tail && ID(g.mem[hdrTailBootID:hdrTailBootID+16]) == at.BootID {
		at.Monotonic = tail
	}
	if g.get(hdrDataObjects) > g.data.buckets*3/4 {
		return errFull
	}
	g.mem[hdrState] = stateOnline
	w.dirty = true
	w.items, err = g.append(at, fields, w.items)
	if g.touched.count > residentBytes/pageBytes {
		err = errors.Join(err, g.release())
	}
	return err
}

// guard turns an access outside the file into ErrCorrupt: an offset that points nowhere, or a page that is gone because
// somebody made the file shorter.
func (w *Writer) guard(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("%w: %v", ErrCorrupt, r)
	}
}

// Flush wakes the readers that wait for what was appended.
func (w *Writer) Flush() (err error) {
	if w.image == nil || !w.dirty {
		return nil
	}
	w.dirty = false
	if w.tmpfs {
		// Nothing outlives the machine here, so what is in the file is what a reader or a successor will find.
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		defer w.guard(&err)
		w.image.mem[hdrState] = stateOffline
	}
	return w.image.kick()
}

// Release gives memory back that the next entry can do without; for a quiet moment.
func (w *Writer) Release() error {
	if w.image == nil {
		return nil
	}
	return w.image.release()
}

// Sync returns when what was appended is on disk, and marks the file as closed in order until the next entry.
func (w *Writer) Sync() (err error) {
	if w.image == nil {
		return nil
	}
	if err := w.Flush(); err != nil {
		return err
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer w.guard(&err)
	return w.settle(stateOffline)
}

// settle brings all to disk, then the mark that says so: in this order, so that the mark is never there alone.
func (w *Writer) settle(state byte) error {
	if err := w.image.file.Sync(); err != nil {
		return err
	}
	w.image.mem[hdrState] = state
	return w.image.file.Sync()
}

// Rotate archives the current file and begins another, which continues its numbering.
func (w *Writer) Rotate() error {
	if w.image == nil {
		return w.begin()
	}
	seqnumID := ID(w.image.mem[hdrSeqnumID : hdrSeqnumID+16])
	seqnum := w.image.get(hdrTailSeqnum)
	w.image.mem[hdrState] = stateArchived
	if err := errors.Join(w.image.kick(), w.drop(), w.archive()); err != nil {
		return err
	}
	return w.create(seqnumID, seqnum)
}

// drop lets go of the current file as it is.
func (w *Writer) drop() error {
	err := w.image.close()
	w.image, w.dirty = nil, false
	return err
}

// Close syncs and closes the file.
func (w *Writer) Close() error {
	if w.image == nil {
		return nil
	}
	return errors.Join(w.Sync(), w.drop())
}
