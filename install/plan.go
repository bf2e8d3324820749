package install

import (
	"strings"
)

// Change is one edit of the file system, or with another type than these two a note, which changes nothing.
type Change struct {
	Type Type
	// Path is what is edited; Target what a symlink says. Notes name units or files, see their types.
	Path, Target string
	// Replace is set for a symlink that takes the place of another one, whose removal stands right before it.
	Replace bool
	// All is set for a removal of whatever is there: a file, or a directory with what is in it. Others remove symlinks.
	All bool
	// Reason says who asked for it.
	Reason Reason
}

// Type is the sort of a change, as D-Bus reports it.
type Type string

// The types of changes.
const (
	Symlinked  Type = "symlink"
	Unlinked   Type = "unlink"
	IsMaskedBy Type = "masked"                  // Path is masked, and left alone
	Dangling   Type = "dangling"                // Path leads to a unit that does not exist, and is left alone
	NoSuchUnit Type = "destination not present" // the unit file Target is linked below a unit Path that does not exist
	NoSuchAlso Type = "auxiliary unit failed"   // Path, which Also= names, can't be enabled
)

// Edits says whether the change is one of the file system.
func (c *Change) Edits() bool { return c.Type == Symlinked || c.Type == Unlinked }

// Reason is why a change is made.
type Reason struct {
	// Unit is the unit that is enabled, disabled, masked, …
	Unit string
	// By is the line that asks for the symlink, zero where the request itself does.
	By Origin
	// Through is the line by which the unit came into it: an Also= of another unit, or a rule of the presets. It is zero
	// where the user named the unit.
	Through Origin
}

// String is the reason in one line, "" if the user asked for just this.
func (r Reason) String() string {
	var parts []string
	for _, o := range []Origin{r.By, r.Through} {
		if o != (Origin{}) {
			parts = append(parts, o.String())
		}
	}
	return strings.Join(parts, ", through ")
}

// Plan is what is to be done, in order.
type Plan struct {
	Changes []Change
	// Faults are the parts that can't be done; the others still are.
	Faults []*Fault
	// CarriesInstallInfo says whether any of the units has an [Install] section that asks for something: of those that
	// are to be enabled, for symlinks that can be made or are there.
	CarriesInstallInfo bool
}

// Changed says whether the plan edits anything.
func (p *Plan) Changed() bool {
	for i := range p.Changes {
		if p.Changes[i].Edits() {
			return true
		}
	}
	return false
}

// Failure is the first fault for which the request as a whole fails, nil if there is none.
func (p *Plan) Failure() *Fault {
	for _, f := range p.Faults {
		if !f.Minor {
			return f
		}
	}
	return nil
}

// then is a plan followed by another one.
func (p Plan) then(q Plan) Plan {
	for _, f := range q.Faults {
		f.At += len(p.Changes)
	}
	return Plan{append(p.Changes, q.Changes...), append(p.Faults, q.Faults...),
		p.CarriesInstallInfo || q.CarriesInstallInfo}
}

// Options are what enable and disable can be told. Runtime edits what the next boot forgets; Force replaces symlinks
// that lead elsewhere.
type Options struct {
	Runtime bool
	Force   bool
}

// config is the directory that is edited.
func (v *View) config(o Options) string {
	if o.Runtime {
		return v.path.RuntimeConfig
	}
	return v.path.Config
}

// planner collects the edits of one directory.
type planner struct {
	*View
	files  *sketch // as the edits so far leave it
	dir    string
	force  bool
	reason Reason // of the edits to come
	plan   Plan
	// preset is set where the policy asks: then it is no fault that a template can't be wanted as it is.
	preset bool
	// linked says that the directive at hand has symlinks, settled that an earlier one of the same unit had.
	linked, settled bool
}

func (v *View) planner(o Options) *planner {
	return &planner{View: v, files: newSketch(v.files), dir: v.config(o), force: o.Force}
}

// after is what the search path will say when the plan is carried out.
func (p *planner) after() *View {
	if !p.plan.Changed() {
		return p.View
	}
	return New(p.files, p.path, p.machine, nil)
}

// fault takes up what can't be done.
func (p *planner) fault(f *Fault) {
	f.At = len(p.plan.Changes)
	f.Minor = f.Minor || p.settled
	p.plan.Faults = append(p.plan.Faults, f)
}

// add takes up a change.
func (p *planner) add(c Change) {
	c.Reason = p.reason
	p.plan.Changes = append(p.plan.Changes, c)
}
