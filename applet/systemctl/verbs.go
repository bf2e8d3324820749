//tidy:table

package systemctl

// needs says what a verb works on.
type needs int

const (
	online needs = 1 << iota // only a running manager; in a chroot it is passed over
	files                    // unit files, so that --root= makes sense
)

// verb is a command: its names, how many arguments it takes (max -1 is any number), and what it does. run gets the name
// it was called by.
type verb struct {
	names    string
	min, max int
	needs    needs
	run      func(s *session, name string, args []string) (int, error)
}

// verbs are the commands of systemctl(1), in the order of its manual page.
func verbs() []verb {
	return []verb{
		{"list-units", 0, -1, online, (*session).listUnits},
		{"is-active check", 1, -1, online, (*session).isActive},
		{"is-failed", 1, -1, online, (*session).isFailed},
		{"status", 0, -1, 0, (*session).status},
		{"show", 0, -1, online, (*session).show},
		{"start", 1, -1, online, (*session).start},
		{"stop", 1, -1, online, (*session).start},
		{"reload", 1, -1, online, (*session).start},
		{"restart", 1, -1, online, (*session).start},
		{"try-restart condrestart", 1, -1, online, (*session).start},
		{"reload-or-restart", 0, -1, online, (*session).start},
		{"try-reload-or-restart reload-or-try-restart force-reload condreload", 1, -1, online, (*session).start},
		{"condstop", 1, -1, online, (*session).start},
		{"isolate", 1, 1, online, (*session).start},
		{"daemon-reload", 0, 0, online, (*session).daemonReload},
		{"daemon-reexec", 0, 0, online, (*session).daemonReload},
	}
}

// findVerb looks a command up.
func findVerb(name string) (verb, bool) {
	for _, v := range verbs() {
		for word, rest, more := "", v.names, true; more; {
			if word, rest, more = cut(rest); word == name {
				return v, true
			}
		}
	}
	return verb{}, false
}

// cut takes the first word off a list.
func cut(list string) (word, rest string, more bool) {
	for i := range len(list) {
		if list[i] == ' ' {
			return list[:i], list[i+1:], true
		}
	}
	return list, "", false
}
