package query

import "github.com/steward-init/steward/journal/file"

// Oldest is the monotonic time in microseconds of the first entry of a boot that is left; ok is false where none is. A
// damaged file has no say.
func (j *Journal) Oldest(boot file.ID) (usec uint64, ok bool) {
	for _, s := range j.files {
		list, err := s.reader.Find([]byte("_BOOT_ID=" + boot.String()))
		if err != nil || list.Len() == 0 {
			continue
		}
		off, err := list.At(0)
		if err != nil {
			continue
		}
		var e file.Entry
		if s.reader.Head(off, &e) == nil && (!ok || e.Monotonic < usec) {
			usec, ok = e.Monotonic, true
		}
	}
	return usec, ok
}
