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
		{"time", 0, 0, (*session).time},
		{"blame", 0, 0, (*session).blame},
		{"critical-chain", 0, -1, (*session).criticalChain},
		{"plot", 0, 0, (*session).plot},
		{"dot", 0, -1, (*session).dot},
		{"log-level", 0, 1, (*session).logLevel},
		{"log-target", 0, 1, (*session).logTarget},
		{"set-log-level", 1, 1, (*session).logLevel},
		{"get-log-level", 0, 0, (*session).logLevel},
		{"set-log-target", 1, 1, (*session).logTarget},
		{"get-log-target", 0, 0, (*session).logTarget},
		{"service-watchdogs", 0, 1, (*session).serviceWatchdogs},
		{"dump", 0, -1, (*session).dump},
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
