package load

import (
	"slices"

	"github.com/steward-init/steward/model"
)

// NeedsReload says whether a unit's files are not any more what it was made of: another fragment, other drop-ins, or a
// newer file. org.freedesktop.systemd1(5), NeedDaemonReload.
func (l *Loader) NeedsReload(u *model.Unit) bool {
	if u.Load == model.LoadNotFound || u.Fragment == "" && len(u.DropIns) == 0 {
		return false
	}
	l.refresh()
	s := l.sources(u.Name)
	if u.Fragment != "" && s.found.File.Path != u.Fragment {
		return true
	}
	if !slices.EqualFunc(s.dropIns, u.DropIns, func(a Sibling, b string) bool { return a.Real == b }) {
		return true
	}
	for _, in := range s.inputs {
		known := u.Load == model.LoadLoaded || u.Load == model.LoadMasked
		if known && in.stat.Kind == Regular && in.stat.Modified > u.Stamp {
			return true
		}
	}
	return false
}
