//tidy:table

package systemctl

// needs says what a verb works on.
type needs int

const (
	online  needs = 1 << iota // only a running manager; in a chroot it is passed over
	onFiles                   // unit files, so that --root= makes sense
	starts                    // units are started, for which a manager is launched where none runs
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
		{"start", 1, -1, online | starts, (*session).start},
		{"stop", 1, -1, online, (*session).start},
		{"reload", 1, -1, online, (*session).start},
		{"restart", 1, -1, online | starts, (*session).start},
		{"try-restart condrestart", 1, -1, online, (*session).start},
		{"reload-or-restart", 0, -1, online | starts, (*session).start},
		{"try-reload-or-restart reload-or-try-restart force-reload condreload", 1, -1, online, (*session).start},
		{"condstop", 1, -1, online, (*session).start},
		{"isolate", 1, 1, online | starts, (*session).start},
		{"list-automounts", 0, -1, online, (*session).listAutomounts},
		{"list-sockets", 0, -1, online, (*session).listSockets},
		{"list-timers", 0, -1, online, (*session).listTimers},
		{"cat", 1, -1, onFiles, (*session).cat},
		{"list-dependencies", 0, -1, online, (*session).listDependencies},
		{"kill", 1, -1, online, (*session).kill},
		{"clean", 1, -1, online, (*session).clean},
		{"freeze", 1, -1, online, (*session).freeze},
		{"thaw", 1, -1, online, (*session).freeze},
		{"set-property", 2, -1, online, (*session).setProperty},
		{"bind", 2, 3, online, (*session).bind},
		{"mount-image", 2, 4, online, (*session).mountImage},
		{"service-log-level", 1, 2, online, (*session).serviceSetting},
		{"service-log-target", 1, 2, online, (*session).serviceSetting},
		{"reset-failed", 0, -1, online, (*session).resetFailed},
		{"list-machines", 0, -1, online, (*session).listMachines},
		{"list-jobs", 0, -1, online, (*session).listJobs},
		{"cancel", 0, -1, online, (*session).cancel},
		{"clear-jobs", 0, 0, online, (*session).clearJobs},
		{"show-environment", 0, 0, online, (*session).showEnvironment},
		{"set-environment", 1, -1, online, (*session).setEnvironment},
		{"unset-environment", 1, -1, online, (*session).setEnvironment},
		{"import-environment", 0, -1, online, (*session).importEnvironment},
		{"daemon-reload", 0, 0, online, (*session).daemonReload},
		{"daemon-reexec", 0, 0, online, (*session).daemonReload},
		{"log-level", 0, 1, online, (*session).setting},
		{"log-target", 0, 1, online, (*session).setting},
		{"service-watchdogs", 0, 1, online, (*session).setting},
		{"help", 0, -1, online, (*session).help},
		{"list-unit-files", 0, -1, onFiles, (*session).listUnitFiles},
		{"enable", 1, -1, onFiles | starts, (*session).enable},
		{"disable", 1, -1, onFiles, (*session).enable},
		{"reenable", 1, -1, onFiles | starts, (*session).enable},
		{"preset", 1, -1, onFiles, (*session).enable},
		{"preset-all", 0, 0, onFiles, (*session).presetAll},
		{"is-enabled", 1, -1, onFiles, (*session).isEnabled},
		{"mask", 1, -1, onFiles, (*session).enable},
		{"unmask", 1, -1, onFiles, (*session).enable},
		{"link", 1, -1, onFiles, (*session).enable},
		{"revert", 1, -1, onFiles, (*session).enable},
		{"add-wants", 2, -1, onFiles, (*session).addDependency},
		{"add-requires", 2, -1, onFiles, (*session).addDependency},
		{"get-default", 0, 0, onFiles, (*session).getDefault},
		{"set-default", 1, 1, onFiles, (*session).setDefault},
		{"halt", 0, 0, online, (*session).power},
		{"poweroff", 0, 0, online, (*session).power},
		{"reboot", 0, 0, online, (*session).power},
		{"kexec", 0, 0, online, (*session).power},
		{"default", 0, 0, online, (*session).rescue},
		{"rescue", 0, 0, online, (*session).rescue},
		{"emergency", 0, 0, online, (*session).rescue},
		{"suspend", 0, 0, online, (*session).power},
		{"hibernate", 0, 0, online, (*session).power},
		{"hybrid-sleep", 0, 0, online, (*session).power},
		{"suspend-then-hibernate", 0, 0, online, (*session).power},
		{"switch-root", 1, 2, online, (*session).switchRoot},
		{"edit", 1, -1, onFiles, (*session).edit},
		{"exit", 0, 1, online, (*session).exit},
		{withManager, 1, -1, 0, (*session).withManager},
		{"is-system-running", 0, 0, 0, (*session).isSystemRunning},
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
