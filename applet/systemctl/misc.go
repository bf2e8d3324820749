package systemctl

import "strconv"

// daemonReload is daemon-reload and daemon-reexec.
func (s *session) daemonReload(name string, _ []string) (int, error) {
	member, what := "Reload", "reload daemon"
	if name == "daemon-reexec" {
		member, what = "Reexecute", "reexecute daemon"
	}
	if _, err := s.call(member); err != nil {
		return 1, failed(what, err)
	}
	return 0, nil
}

// page puts what follows into a pager.
func (s *session) page() {}

// ownVerb is the verb that a name of the command stands for, "" for systemctl itself.
func ownVerb(string) string { return "" }

func (s *session) compatible(string, []string) (int, error) { return 1, nil }

const help = ""

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }
