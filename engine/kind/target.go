package kind

import "github.com/steward-init/steward/model"

// A target groups units: it has no settings, and is up as soon as what it requires is. systemd.target(5).

// targetTable is the whole life of a .target.
var targetTable = table{
	dead:   {sub: "dead", active: model.Inactive, edges: edges{begin: active}},
	active: {sub: "active", active: model.Active, edges: edges{stopAsked: dead}},
}

var target = Kind{
	Type:      model.TypeTarget,
	Perpetual: active,
	Started:   "Reached target %s.",
	Stopped:   "Stopped target %s.",
	table:     targetTable,
}
