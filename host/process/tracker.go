package process

import (
	"errors"
	"maps"
	"slices"

	"github.com/steward-init/steward/sys"
)

// maxChildren bounds one look at the manager's children.
const maxChildren = 1 << 20

// Tracker knows which process belongs to which unit where no control groups can be had. The manager is a subreaper, so
// every process of a unit is our child, or has an ancestor that is; when its parent ends it becomes our child. Such an
// orphan is told apart by the invocation mark in its environment, by its session, or by its parent's unit while that
// was known.
//
// It must only ever name processes that descend from what we started: all that it returns may be signalled.
type Tracker struct {
	self  int
	owner map[int]string // our children, by PID
	// marks finds the unit of an invocation: INVOCATION_ID= in the environment of its processes.
	marks map[string]string
	// leaders remembers sessions of processes we started, until the unit is released.
	leaders map[int]string
	prune   int // at how many leaders those whose session is over are forgotten
	count   map[string]int
}

// fewLeaders is how many leaders are not worth a look at all processes.
const fewLeaders = 64

// NewTracker makes an empty tracker.
func NewTracker(self int) *Tracker {
	return &Tracker{self: self, owner: map[int]string{}, marks: map[string]string{}, leaders: map[int]string{},
		prune: fewLeaders, count: map[string]int{}}
}

// Started records a child. Its PID is also its session: every command of a unit begins one.
func (t *Tracker) Started(pid int, unit, invocation string) {
	t.add(pid, unit)
	t.leaders[pid] = unit
	if len(t.leaders) > t.prune {
		t.forgetSessions()
	}
	if invocation != "" { // an adopted process has none
		t.marks[invocation] = unit
	}
}

// forgetSessions forgets the leaders whose session has no process any more. A unit that lives long and reloads often
// has a session for each reload, and the number of one that is over can come back as a stranger's.
func (t *Tracker) forgetSessions() {
	alive := map[int]bool{}
	for pid := range sys.Processes() {
		if stat, err := sys.ReadStat(pid); err == nil {
			alive[stat.Session] = true
		}
	}
	maps.DeleteFunc(t.leaders, func(pid int, _ string) bool { return !alive[pid] })
	t.prune = fewLeaders + 2*len(t.leaders)
}

func (t *Tracker) add(pid int, unit string) {
	if _, known := t.owner[pid]; !known {
		t.owner[pid] = unit
		t.count[unit]++
	}
}

// Reaped forgets a child and returns its unit, "" for one we never knew.
func (t *Tracker) Reaped(pid int) string {
	unit, known := t.owner[pid]
	if !known {
		return ""
	}
	delete(t.owner, pid)
	if t.count[unit]--; t.count[unit] <= 0 {
		delete(t.count, unit)
	}
	return unit
}

// Empty reports that no child of the unit is left. Call AdoptOrphans first.
func (t *Tracker) Empty(unit string) bool { return t.count[unit] == 0 }

// Released forgets what is remembered of a unit at rest.
func (t *Tracker) Released(unit string) {
	for mark, u := range t.marks {
		if u == unit {
			delete(t.marks, mark)
		}
	}
	for pid, u := range t.leaders {
		if u == unit {
			delete(t.leaders, pid)
		}
	}
}

// AdoptOrphans looks for children that became ours because their parent ended, and gives them to their units.
func (t *Tracker) AdoptOrphans() {
	children, err := sys.Children(t.self, maxChildren)
	if err != nil {
		return
	}
	for _, pid := range children {
		if _, known := t.owner[pid]; known {
			continue
		}
		if unit := t.classify(pid); unit != "" {
			t.add(pid, unit)
		}
	}
}

func (t *Tracker) classify(pid int) string {
	stat, err := sys.ReadStat(pid)
	if err != nil {
		return ""
	}
	if unit := t.leaders[stat.Session]; unit != "" {
		return unit
	}
	return t.marks[markOf(pid)]
}

// markOf reads the invocation mark of a process, "" for none. While a process executes a program its environment is
// empty for a moment, which on a busy machine can be long: then it shall run before we look again.
func markOf(pid int) string {
	for range 200 {
		mark, _, err := sys.Environ(pid, "INVOCATION_ID")
		if !errors.Is(err, sys.ErrNoEnvironment) {
			return mark
		}
		if stat, err := sys.ReadStat(pid); err != nil || stat.State == 'Z' || stat.State == 'X' {
			return ""
		}
		sys.Yield()
	}
	return ""
}

// Claim gives an orphan to a unit that has another reason to know it for its own: its PID file names it. Only a child
// of ours that no unit is known to have can be claimed, and such a one descends from something that we started.
func (t *Tracker) Claim(pid int, unit string) bool {
	stat, err := sys.ReadStat(pid)
	if _, known := t.owner[pid]; known || err != nil || stat.PPID != t.self || t.classify(pid) != "" {
		return false
	}
	t.add(pid, unit)
	t.leaders[stat.Session] = unit
	return true
}

// Of returns the unit of any process below us, by its ancestors.
func (t *Tracker) Of(pid int) string {
	for range 64 { // deeper trees than this are somebody's joke
		if unit, known := t.owner[pid]; known {
			return unit
		}
		stat, err := sys.ReadStat(pid)
		if err != nil || stat.PPID <= 1 && t.self != stat.PPID {
			return ""
		}
		if stat.PPID == t.self {
			return t.classify(pid)
		}
		pid = stat.PPID
	}
	return ""
}

// Processes lists all processes of a unit: its children of ours and their descendants. One look at /proc.
func (t *Tracker) Processes(unit string) []int {
	var all []int
	parents := map[int]int{}
	for pid := range t.owner {
		parents[pid] = t.self
	}
	for pid := range sys.Processes() {
		if stat, err := sys.ReadStat(pid); err == nil {
			parents[pid] = stat.PPID
		}
	}
	memo := map[int]string{}
	for pid := range parents {
		if t.inherited(pid, parents, memo) == unit {
			all = append(all, pid)
		}
	}
	slices.Sort(all)
	return all
}

func (t *Tracker) inherited(pid int, parents map[int]int, memo map[int]string) string {
	if unit, done := memo[pid]; done {
		return unit
	}
	memo[pid] = "" // a loop can't be, but a PID reused while we read could make one
	unit, known := t.owner[pid]
	if !known {
		switch parent, ok := parents[pid]; {
		case !ok:
			return ""
		case parent == t.self:
			unit = t.classify(pid)
		default:
			unit = t.inherited(parent, parents, memo)
		}
	}
	memo[pid] = unit
	return unit
}
