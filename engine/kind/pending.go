package kind

import "github.com/steward-init/steward/model"

// The types that this version only loads: they are shown, and a start of one is answered with "unsupported", which
// fails nobody who needs it. Each becomes a file of its own with a table of its own.

// pendingTable is the life of a unit of such a type; active stands for those that are always up, as the root mount.
func pendingTable(up string) table {
	return table{
		dead:   {sub: "dead", active: model.Inactive},
		active: {sub: up, active: model.Active, parked: true},
	}
}

func pending(t model.Type, up string) Kind {
	return Kind{Type: t, Pending: true, Perpetual: active, Started: "Started %s.", Stopped: "Stopped %s.",
		table: pendingTable(up)}
}

var (
	pendingTimer     = pending(model.TypeTimer, "waiting")
	pendingPath      = pending(model.TypePath, "waiting")
	pendingMount     = pending(model.TypeMount, "mounted")
	pendingAutomount = pending(model.TypeAutomount, "waiting")
	pendingSwap      = pending(model.TypeSwap, "active")
	pendingDevice    = pending(model.TypeDevice, "plugged")
)
