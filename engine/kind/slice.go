package kind

import (
	"github.com/steward-init/steward/engine/port"
	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
)

// A slice is a node of the tree in which units share resources; it has no processes of its own. systemd.slice(5).

// sliceTable is the whole life of a .slice.
var sliceTable = table{
	dead:   {sub: "dead", active: model.Inactive, edges: edges{begin: active}},
	active: {sub: "active", active: model.Active, edges: edges{stopAsked: dead}},
}

var slice = Kind{
	Type:      model.TypeSlice,
	Perpetual: active,
	Started:   "Created slice %s.",
	Stopped:   "Removed slice %s.",
	table:     sliceTable,
	life:      func(u *Unit) life { return &sliceLife{u: u} },
}

// sliceLife gives the slice's place in the cgroup tree back when it is down.
type sliceLife struct {
	quiet
	u *Unit
}

func (l *sliceLife) after(s State) {
	if s == dead {
		l.u.world.Emit(port.ReleaseUnit{Unit: l.u.Status.Unit})
	}
}

// quiet is a life in which nothing happens, for types to embed.
type quiet struct{}

func (quiet) isEmpty(State) bool          { return false }
func (quiet) before(State)                {}
func (quiet) after(State)                 {}
func (quiet) limit(clock) span.Span       { return span.Infinity }
func (quiet) isIdle() bool                { return false }
func (quiet) isSudden() bool              { return false }
func (quiet) canReload() bool             { return false }
func (quiet) stopAsked()                  {}
func (quiet) isHindered() bool            { return false }
func (quiet) limitHit()                   {}
func (quiet) reset()                      {}
func (quiet) due()                        {}
func (quiet) handle(port.Event) bool      { return false }
func (quiet) processes() (int, int, bool) { return 0, 0, false }
