//tidy:table

package directive

// automountGroup is what systemd.automount(5) describes. Units of this type are not run yet.
func automountGroup() *group[unrun] {
	return &group[unrun]{manual: "systemd.automount(5)", rows: []*entry[unrun]{
		late("Where", "PATH"),
		late("ExtraOptions", "STRING"),
		late("DirectoryMode", "MODE"),
		late("TimeoutIdleSec", "OTHER"),
	}}
}
