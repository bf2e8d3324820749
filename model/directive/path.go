//tidy:table

package directive

// pathGroup is what systemd.path(5) describes. Units of this type are not run yet.
func pathGroup() *group[unrun] {
	return &group[unrun]{manual: "systemd.path(5)", rows: []*entry[unrun]{
		late("PathExists", "PATH"),
		late("PathExistsGlob", "PATH"),
		late("PathChanged", "PATH"),
		late("PathModified", "PATH"),
		late("DirectoryNotEmpty", "PATH"),
		late("Unit", "UNIT"),
		late("MakeDirectory", "BOOLEAN"),
		late("DirectoryMode", "MODE"),
		late("TriggerLimitIntervalSec", "SECONDS"),
		late("TriggerLimitBurst", "UNSIGNED"),
	}}
}
