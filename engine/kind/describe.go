package kind

import "github.com/steward-init/steward/model"

// outcomeWords are the names of outcomes in diagrams.
var outcomeWords = [...]string{
	begin: "start", stopAsked: "stop", reloadAsked: "reload", cleanAsked: "clean", done: "done", fail: "failed",
	skip:  "skipped",
	ready: "ready", ended: "main process ended", emptied: "last process ended", gone: "signalled processes ended",
	busy: "reloading", stopping: "stopping", hung: "watchdog", timeout: "timeout", overtime: "runtime limit",
	traffic: "traffic", rested: "triggered unit ended",
}

// StateRow is a state of a unit type as documentation shows it.
type StateRow struct {
	Sub    string
	Active model.ActiveState
	Edges  []EdgeRow
}

// EdgeRow says where an outcome leads. Decision names what chooses between several targets, by their sub-states.
type EdgeRow struct {
	Outcome  string
	Decision string
	To       []string
}

// Describe returns the table of a unit type, in the order in which it is lived.
func Describe(t model.Type) []StateRow {
	k := Of(t)
	var rows []StateRow
	for s := range k.table {
		r := &k.table[s]
		if r.sub == "" {
			continue
		}
		row := StateRow{Sub: r.sub, Active: r.active}
		for o := range outcomes {
			to := k.edge(State(s), o)
			if to == 0 {
				continue
			}
			edge := EdgeRow{Outcome: outcomeWords[o]}
			if to >= firstDecision {
				edge.Decision = k.decisions[to-firstDecision].name
			}
			for _, target := range k.targets(to) {
				edge.To = append(edge.To, k.table[target].sub)
			}
			row.Edges = append(row.Edges, edge)
		}
		rows = append(rows, row)
	}
	return rows
}

// targets returns the states that an edge can lead to.
func (k *Kind) targets(s State) []State {
	if s < firstDecision {
		return []State{s}
	}
	return k.decisions[s-firstDecision].among
}
