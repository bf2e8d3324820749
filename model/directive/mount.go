//tidy:table

package directive

// mountGroup is what systemd.mount(5) describes. Units of this type are not run yet.
func mountGroup() *group[unrun] {
	return &group[unrun]{manual: "systemd.mount(5)", rows: []*entry[unrun]{
		late("What", "STRING"),
		late("Where", "PATH"),
		late("Options", "STRING"),
		late("Type", "STRING"),
		late("TimeoutSec", "OTHER"),
		late("DirectoryMode", "MODE"),
		late("SloppyOptions", "BOOLEAN"),
		late("LazyUnmount", "BOOLEAN"),
		late("ForceUnmount", "BOOLEAN"),
		late("ReadWriteOnly", "BOOLEAN"),
	}}
}
