package directive

import "github.com/steward-init/steward/model"

// unrun stands for the settings of a unit type that this version does not run: it has no fields.
type unrun struct{}

// late is the row of an option of such a type.
func late(name, hint string) *entry[unrun] {
	return &entry[unrun]{Directive: Directive{
		Name: name, Hint: hint, Status: Planned, Reason: "units of this type are not run yet", Property: name,
	}, keep: known("")}
}

// nowhere is the accessor of groups in sections of such types.
func nowhere[T any](*model.Unit) *T { return nil }
