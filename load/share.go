package load

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/steward-init/steward/model"
)

// shares keep what was seen lately of what units have in common, so that those which say the same hold it once. They
// are bounded and may forget; several goroutines may use them.
type shares struct {
	texts    [512]atomic.Pointer[string]
	execs    recent[model.Exec]
	sections recent[model.UnitSection]
	seed     maphash.Seed
}

// maxShared is the length of text that is looked for; longer text is hardly ever the same.
const maxShared = 128

// text returns a copy of a part of a file, as the part would keep the whole file.
func (s *shares) text(part string) string {
	if part == "" {
		return ""
	}
	if len(part) > maxShared {
		return strings.Clone(part)
	}
	slot := &s.texts[maphash.String(s.seed, part)%uint64(len(s.texts))]
	if known := slot.Load(); known != nil && *known == part {
		return *known
	}
	own := strings.Clone(part)
	slot.Store(&own)
	return own
}

// unit replaces parts of a complete unit by equal ones of others.
func (s *shares) unit(u *model.Unit) {
	u.UnitSection = s.sections.share(u.UnitSection, func(a, b *model.UnitSection) bool { return *a == *b })
	if u.Service != nil {
		u.Service.Exec = s.execs.share(u.Service.Exec, (*model.Exec).Equal)
	}
}

// recent are the newest different values of a type.
type recent[T any] struct {
	values [16]atomic.Pointer[T]
	next   atomic.Uint32
}

// share returns an equal value that was seen lately, or else the value itself.
func (r *recent[T]) share(v *T, equal func(a, b *T) bool) *T {
	for i := range r.values {
		if known := r.values[i].Load(); known != nil && equal(known, v) {
			return known
		}
	}
	r.values[r.next.Add(1)%uint32(len(r.values))].Store(v)
	return v
}

// sum is a digest of what a unit is made of: it differs when a file does.
func (s *shares) sum(inputs []input) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	for _, in := range inputs {
		maphash.WriteComparable(&h, in)
	}
	return h.Sum64()
}
