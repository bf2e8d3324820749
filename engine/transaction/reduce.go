package transaction

import (
	"fmt"

	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
)

// reduce brings the closure into the shape of a plan. The order of the steps matters: cycles are looked for among the
// jobs that will stay, and merging before that would hide which job brought an order in.
func (b *builder) reduce() *port.Refusal {
	b.findMatters()
	if b.Mode == model.ModeFail {
		b.minimiseImpact()
	}
	b.dropRedundant()
	for {
		b.collectGarbage()
		again, refusal := b.breakCycle()
		if refusal != nil {
			return refusal
		}
		if !again {
			break
		}
	}
	for {
		again, refusal := b.merge()
		if refusal != nil {
			return refusal
		}
		if !again {
			break
		}
		b.collectGarbage()
	}
	b.dropRedundant()
	return nil
}

// findMatters marks the jobs whose failure would be the anchor's.
func (b *builder) findMatters() {
	b.anchor.matters = true
	work := []*Job{b.anchor}
	for len(work) > 0 {
		j := work[len(work)-1]
		work = work[:len(work)-1]
		for l := j.out; l != 0; l = b.links[l-1].nextOut {
			object := b.links[l-1].object
			if b.links[l-1].matters && object != nil && !object.matters {
				object.matters = true
				work = append(work, object)
			}
		}
	}
}

// minimiseImpact drops jobs that would stop what runs or replace what is queued, where the anchor can do without.
func (b *builder) minimiseImpact() {
	for _, j := range b.jobs {
		if j.dropped || j.matters {
			continue
		}
		stops := j.Type == model.JobStop && (j.Node.Active.IsUp() || j.Node.Active == model.Activating)
		changes := false
		if installed := j.Node.Job; installed != nil {
			_, ok := Merge(j.Type, installed.Type)
			changes = !ok && j.Type != model.JobNop
		}
		if stops || changes {
			b.drop(j, true)
		}
	}
}

// dropRedundant drops all jobs of a unit if none of them has anything to do and no installed job contradicts them.
func (b *builder) dropRedundant() {
	for _, j := range b.jobs {
		if j.dropped || j.Node.planned != j {
			continue
		}
		if !b.isRedundant(j) {
			continue
		}
		for k := j; k != nil; k = j.Node.planned {
			b.drop(k, false)
		}
	}
}

// isRedundant looks at all jobs of a unit, first being the first of them.
func (b *builder) isRedundant(first *Job) bool {
	for j := first; j != nil; j = j.next {
		if j == b.anchor || !IsRedundant(j.Type, j.Node.Active) {
			return false
		}
		if installed := j.Node.Job; installed != nil && j.Type != model.JobNop {
			if _, ok := Merge(j.Type, installed.Type); !ok {
				return false
			}
		}
	}
	return true
}

// collectGarbage drops jobs that nothing pulls in any more. What isolate stops, nothing pulls in but the mode itself.
func (b *builder) collectGarbage() {
	for found := true; found; {
		found = false
		for _, j := range b.jobs {
			if !j.dropped && j.wanted == 0 && j != b.anchor {
				b.drop(j, false)
				found = true
			}
		}
	}
}

// drop takes a job out of the plan; withDependents also those whose own success needs it.
func (b *builder) drop(j *Job, withDependents bool) {
	work := []*Job{j}
	for len(work) > 0 {
		j := work[len(work)-1]
		work = work[:len(work)-1]
		if j.dropped {
			continue
		}
		j.dropped = true
		b.unlist(j)
		for l := j.out; l != 0; l = b.links[l-1].nextOut {
			if object := b.links[l-1].object; object != nil {
				object.wanted--
			}
			b.links[l-1].subject, b.links[l-1].object = nil, nil
		}
		for l := j.in; l != 0; l = b.links[l-1].nextIn {
			if subject := b.links[l-1].subject; subject != nil && withDependents && b.links[l-1].matters {
				work = append(work, subject)
			}
			b.links[l-1].subject, b.links[l-1].object = nil, nil
		}
	}
}

// unlist takes a job off its unit's list.
func (b *builder) unlist(j *Job) {
	for p := &j.Node.planned; *p != nil; p = &(*p).next {
		if *p == j {
			*p = j.next
			return
		}
	}
}

// merge makes one job of all jobs of each unit. It reports true after it dropped a job that can't be merged, since that
// may leave others without a reason.
func (b *builder) merge() (again bool, refusal *port.Refusal) {
	for _, j := range b.jobs {
		if j.dropped || j.next == nil || j.Node.planned != j {
			continue
		}
		for k := j; k != nil; k = k.next {
			for l := k.next; l != nil; l = l.next {
				if _, ok := Merge(k.Type, l.Type); !ok {
					return true, b.dropOne(k, l)
				}
			}
		}
	}
	for _, j := range b.jobs {
		if !j.dropped && j.Node.planned == j {
			for j.next != nil {
				b.mergeInto(j, j.next)
			}
		}
	}
	return false, nil
}

// dropOne decides between two jobs that contradict each other: for what matters to the anchor, then for starts, unless
// the stop is there because something else conflicts with the unit.
func (b *builder) dropOne(j, k *Job) *port.Refusal {
	loser := j
	switch {
	case j.matters && k.matters:
		return refuse(ErrConflicting, "Transaction contains conflicting jobs '%s' and '%s' for %s. "+
			"Probably contradicting requirement dependencies configured.", k.Type, j.Type, j.Node.Unit.Name)
	case j.matters:
		loser = k
	case k.matters:
	case j.Type == model.JobStop && j.conflict:
		loser = k
	case k.Type == model.JobStop && k.conflict:
	case k.Type == model.JobStop:
		loser = k
	}
	b.note(loser.Node, 7, fmt.Sprintf("Fixing conflicting jobs %s/%s,%s/%s by deleting job %s/%s",
		j.Node.Unit.Name, j.Type, k.Node.Unit.Name, k.Type, loser.Node.Unit.Name, loser.Type))
	if loser == b.anchor { // can't be: the anchor matters to itself
		return refuse(ErrConflicting, "Job %s/%s contradicts itself.", loser.Node.Unit.Name, loser.Type)
	}
	b.drop(loser, true)
	return nil
}

// mergeInto makes j do what k does too, and drops k. The anchor stays the anchor.
func (b *builder) mergeInto(j, k *Job) {
	t, _ := Merge(j.Type, k.Type)
	j.Type = Collapse(t, j.Node.Active)
	j.matters = j.matters || k.matters
	j.IgnoreOrder = j.IgnoreOrder || k.IgnoreOrder
	if k == b.anchor {
		j.Cause, b.anchor = k.Cause, j
	}
	for l := k.in; l != 0; {
		in := &b.links[l-1]
		next := in.nextIn
		if in.object != nil {
			in.object, in.nextIn = j, j.in
			j.in = l
			j.wanted++
		}
		l = next
	}
	for l := k.out; l != 0; {
		out := &b.links[l-1]
		next := out.nextOut
		if out.subject != nil {
			out.subject, out.nextOut = j, j.out
			j.out = l
		}
		l = next
	}
	k.in, k.out, k.wanted = 0, 0, 0
	k.dropped = true
	b.unlist(k)
}
