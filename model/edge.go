package model

import "strconv"

// Dependency is a kind of dependency between two units. What each kind does is a row of model/dependency.
type Dependency uint8

// The dependency kinds: first those that unit files can say, then the inverses that only follow from them.
const (
	Requires Dependency = iota
	Requisite
	Wants
	BindsTo
	PartOf
	Upholds
	Conflicts
	Before
	After
	OnSuccess
	OnFailure
	PropagatesReloadTo
	ReloadPropagatedFrom
	PropagatesStopTo
	StopPropagatedFrom
	JoinsNamespaceOf
	Triggers
	TriggeredBy
	References
	InSlice

	RequiredBy
	RequisiteOf
	WantedBy
	BoundBy
	ConsistsOf
	UpheldBy
	ConflictedBy
	OnSuccessOf
	OnFailureOf
	ReferencedBy
	SliceOf
)

// Dependencies is the number of dependency kinds.
const Dependencies = int(SliceOf) + 1

var dependencyWords = []string{"Requires", "Requisite", "Wants", "BindsTo", "PartOf", "Upholds", "Conflicts", "Before",
	"After", "OnSuccess", "OnFailure", "PropagatesReloadTo", "ReloadPropagatedFrom", "PropagatesStopTo",
	"StopPropagatedFrom", "JoinsNamespaceOf", "Triggers", "TriggeredBy", "References", "Slice",
	"RequiredBy", "RequisiteOf", "WantedBy", "BoundBy", "ConsistsOf", "UpheldBy", "ConflictedBy", "OnSuccessOf",
	"OnFailureOf", "ReferencedBy", "SliceOf"}

func (d Dependency) String() string { return name(dependencyWords, d) }

// ParseDependency reads a dependency kind's word, which is its D-Bus property too.
func ParseDependency(word string) (Dependency, bool) { return index[Dependency](dependencyWords, word) }

// Edge is one dependency of a unit on another, with the place it was said.
type Edge struct {
	Kind   Dependency
	Unit   string
	Origin Origin
}

// Origin says where an edge comes from: a line of a file, a symlink (Line 0), or a rule of the manager (Implied).
type Origin struct {
	Path    string
	Line    int32
	Implied Implied
}

func (o Origin) String() string {
	switch {
	case o.Implied != FromFile:
		return o.Implied.String()
	case o.Line == 0:
		return o.Path
	}
	return o.Path + ":" + strconv.Itoa(int(o.Line))
}

// Implied names the rule that added an edge no file states.
type Implied uint8

// The rules, FromFile being none.
const (
	FromFile Implied = iota
	FromDefault
	FromImplicit
	FromSlice
	FromMountsFor
	FromInverse
	FromClient
)

var impliedWords = []string{"file", "default dependency", "implicit dependency", "slice membership",
	"RequiresMountsFor=", "inverse of the other unit's dependency", "client request"}

func (i Implied) String() string { return name(impliedWords, i) }
