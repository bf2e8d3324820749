//tidy:table

package directive

// swapGroup is what systemd.swap(5) describes. Units of this type are not run yet.
func swapGroup() *group[unrun] {
	return &group[unrun]{manual: "systemd.swap(5)", rows: []*entry[unrun]{
		late("What", "PATH"),
		late("Priority", "OTHER"),
		late("Options", "STRING"),
		late("TimeoutSec", "OTHER"),
	}}
}
