package kind

import "github.com/steward-init/steward/model"

// Crossing is one edge of a type's table that a unit took: from a state, on an outcome, to another state. Where a
// decision lies between, By is not 0. Crossings exist to prove that tests take every edge there is.
type Crossing struct {
	Type model.Type
	From State
	on   outcome
	by   State
	To   State
}

// String names the crossing: "service: running on stop → stop", "service: stop-post on done by Restart= → failed".
func (c Crossing) String() string {
	k := Of(c.Type)
	text := c.Type.String() + ":"
	if c.From != 0 {
		text += " " + stateName(k, c.From) + " on " + outcomeWords[c.on]
	}
	if c.by != 0 {
		text += " by " + k.decisions[c.by-firstDecision].name
	}
	if c.To != 0 {
		text += " → " + stateName(k, c.To)
	}
	return text
}

func stateName(k *Kind, s State) string {
	name := k.table[s].sub
	if s == deadAgain || s == failedAgain {
		name += " before restart"
	}
	return name
}

// Crossings returns every edge of a unit type. An edge to a decision counts as taken with any of its results, and each
// result of a decision as taken from any state: From is 0 for those.
func Crossings(t model.Type) []Crossing {
	k := Of(t)
	var all []Crossing
	for s := range k.table {
		for o := range outcomes {
			if k.table[s].sub == "" {
				continue
			}
			if to := k.edge(State(s), o); to != 0 {
				all = append(all, Crossing{Type: t, From: State(s), on: o, by: decisionOf(to), To: stateOf(to)})
			}
		}
	}
	return all
}

// Results returns every result of every decision of a unit type.
func Results(t model.Type) []Crossing {
	k := Of(t)
	var all []Crossing
	for i, d := range k.decisions {
		for _, to := range d.among {
			all = append(all, Crossing{Type: t, by: firstDecision + State(i), To: to})
		}
	}
	return all
}

// Edge is the crossing as Crossings lists it: whatever a decision led to. Result is it as Results does.
func (c Crossing) Edge() Crossing {
	if c.by != 0 {
		c.To = 0
	}
	return c
}

// Result is described at Edge; it is meaningful only if a decision was made.
func (c Crossing) Result() Crossing { return Crossing{Type: c.Type, by: c.by, To: c.To} }

func decisionOf(s State) State {
	if s >= firstDecision {
		return s
	}
	return 0
}

func stateOf(s State) State {
	if s >= firstDecision {
		return 0
	}
	return s
}
