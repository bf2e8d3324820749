//tidy:table

package analyze

// verb is a command: its name, how many arguments it takes (max -1 is any number), and what it does. run returns the
// exit status; an error is printed and makes it 1.
type verb struct {
	name     string
	min, max int
	run      func(s *session, args []string) (int, error)
}

// verbs are the commands of systemd-analyze(1), in the order of its manual page. Without a command it is "time".
func verbs() []verb {
	return []verb{
		{"unit-files", 0, -1, (*session).unitFiles},
		{"unit-paths", 0, 0, (*session).unitPaths},
		{"exit-status", 0, -1, (*session).exitStatus},
		{"capability", 0, -1, (*session).capability},
		{"syscall-filter", 0, -1, (*session).syscallFilter},
		{"filesystems", 0, -1, (*session).filesystems},
		{"cat-config", 1, -1, (*session).catConfig},
		{"condition", 0, -1, (*session).condition},
		{"compare-versions", 2, 3, (*session).compareVersions},
		{"calendar", 1, -1, (*session).calendar},
		{"timestamp", 1, -1, (*session).timestamp},
		{"timespan", 1, -1, (*session).timespan},
		{"verify", 1, -1, (*session).verify},
		{"security", 0, -1, (*session).security},
		{"inspect-elf", 1, -1, (*session).inspectELF},
	}
}

// findVerb looks a command up.
func findVerb(name string) (verb, bool) {
	for _, v := range verbs() {
		if v.name == name {
			return v, true
		}
	}
	return verb{}, false
}
