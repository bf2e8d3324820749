package analyze

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/syscalls"
)

// check is one thing that security looks at.
type check struct {
	id            string // in JSON and in a policy
	title         string
	weight, worst int    // worst is the greatest badness; 0 is as it should be
	good, bad     string // descriptions where the assessment has none of its own
	assess        func(s *settings) verdict
}

// verdict is what an assessment finds. Without words the check's own description is used.
type verdict struct {
	badness int
	words   string
	na      bool // the check does not matter for the service
	usual   bool // the words may be replaced by a policy's, as the check's own may
	silent  bool // there is no description at all
}

// pass is a verdict from a truth, 1 where it does not hold.
func pass(ok bool) verdict {
	if ok {
		return verdict{}
	}
	return verdict{badness: 1}
}

func flag(name string) func(*settings) verdict {
	return func(s *settings) verdict { return pass(s.flags[name]) }
}

func noFlag(name string) func(*settings) verdict {
	return func(s *settings) verdict { return pass(!s.flags[name]) }
}

func word(name, want string) func(*settings) verdict {
	return func(s *settings) verdict { return pass(s.words[name] == want) }
}

// late is an assessment that has no meaning for what runs before the file systems are there.
func late(assess func(*settings) verdict) func(*settings) verdict {
	return func(s *settings) verdict {
		if s.early {
			return verdict{na: true, words: "Service runs in special boot phase, option is not appropriate"}
		}
		return assess(s)
	}
}

// capabilities passes if the bounding set has none of those named.
func capabilities(names string) func(*settings) verdict {
	return func(s *settings) verdict {
		for name := range strings.FieldsSeq(names) {
			n, err := quantity.ParseCapability("CAP_" + name)
			if err == nil && s.bounding>>n&1 == 1 {
				return pass(false)
			}
		}
		return pass(true)
	}
}

func ambient(s *settings) verdict { return pass(s.ambient == 0) }

func namespace(kind string) func(*settings) verdict {
	return func(s *settings) verdict { return pass(s.namespaces != nil && !s.namespaces[kind]) }
}

// family passes if none of a class of address families is left: AF_INET_INET6, OTHER, or one by its name.
func family(class string) func(*settings) verdict {
	return func(s *settings) verdict {
		if s.families == nil {
			return pass(false)
		}
		restricted := s.families.allow
		for name := range s.families.names {
			if familyClass(name) == class {
				restricted = !s.families.allow
			}
		}
		return pass(restricted)
	}
}

func familyClass(name string) string {
	switch name {
	case "AF_INET", "AF_INET6":
		return "AF_INET_INET6"
	case "AF_UNIX", "AF_NETLINK", "AF_PACKET":
		return name
	case "AF_LOCAL":
		return "AF_UNIX"
	}
	return "OTHER"
}

// calls assesses whether a set of system calls is kept from the service.
func calls(set string) func(*settings) verdict {
	return func(s *settings) verdict {
		if s.calls == nil {
			return verdict{badness: 10, words: "Service does not filter system calls"}
		}
		offending := offendingCall(set, s.calls)
		kind, is := "allow", "not "
		if offending != "" && s.calls.allow || offending == "" && !s.calls.allow {
			is = ""
		}
		if !s.calls.allow {
			kind = "deny"
		}
		words := fmt.Sprintf("System call %s list defined for service, and %s is %sincluded", kind, set, is)
		if offending == "" {
			return verdict{words: words}
		}
		v := verdict{badness: 9, words: words + fmt.Sprintf(" (e.g. %s is allowed)", offending)}
		if !s.calls.allow {
			v.badness = 10
		}
		return v
	}
}

// offendingCall is the first system call of the set, in the order of the table, that the filter lets through.
func offendingCall(set string, filter *filter) string {
	found, _ := syscalls.Find(set) // checks name sets of the table only
	for _, member := range found.Members() {
		if strings.HasPrefix(member, "@") {
			if call := offendingCall(member, filter); call != "" {
				return call
			}
			continue
		}
		if filter.names[member] == filter.allow && !isNarrow(member) {
			return member
		}
	}
	return ""
}

// isNarrow says whether only machines of 32 bits have a system call. A filter of other machines can't have it.
func isNarrow(call string) bool {
	return strings.HasSuffix(call, "32") || strings.HasSuffix(call, "_time64")
}

func user(s *settings) verdict {
	switch {
	case s.flags["DynamicUser"]:
		return verdict{words: "Service runs under a transient non-root user identity"}
	case s.privileged():
		return verdict{badness: 10, usual: true, words: "Service runs as root user"}
	case s.words["User"] == "nobody":
		return verdict{badness: 9, words: "Service runs under as 'nobody' user, which should not be used for services"}
	}
	return verdict{words: "Service runs under a static non-root user identity"}
}

func groups(s *settings) verdict {
	switch {
	case s.privileged():
		return verdict{usual: true, na: true, words: "Service runs as root, option does not matter"}
	case s.words["SupplementaryGroups"] != "":
		return verdict{usual: true, badness: 1, words: "Service runs with supplementary groups"}
	}
	return verdict{usual: true, words: "Service has no supplementary groups"}
}

func removeIPC(s *settings) verdict {
	switch {
	case s.privileged():
		return verdict{usual: true, na: true, words: "Service runs as root, option does not apply"}
	case !s.flags["RemoveIPC"]:
		return verdict{usual: true, badness: 1, words: "Service user may leave SysV IPC objects around"}
	}
	return verdict{usual: true, words: "Service user cannot leave SysV IPC objects around"}
}

func protectHome(s *settings) verdict {
	switch s.words["ProtectHome"] {
	case "yes":
		return verdict{words: "Service has no access to home directories"}
	case "read-only":
		return verdict{badness: 5, words: "Service has read-only access to home directories"}
	case "tmpfs":
		return verdict{badness: 1, words: "Service has access to fake empty home directories"}
	}
	return verdict{badness: 10, words: "Service has full access to home directories"}
}

func protectSystem(s *settings) verdict {
	switch s.words["ProtectSystem"] {
	case "strict":
		return verdict{words: "Service has strict read-only access to the OS file hierarchy"}
	case "full":
		return verdict{badness: 3, words: "Service has very limited write access to the OS file hierarchy"}
	case "yes":
		return verdict{badness: 5, words: "Service has limited write access to the OS file hierarchy"}
	}
	return verdict{badness: 10, words: "Service has full access to the OS file hierarchy"}
}

func rootDirectory(s *settings) verdict {
	dir := s.words["RootDirectory"]
	return pass(dir != "" && dir != "/" || s.words["RootImage"] != "")
}

func umask(s *settings) verdict {
	for _, row := range [...]struct {
		bit     uint32
		badness int
		words   string
	}{
		{0o002, 10, "world-writable"}, {0o004, 5, "world-readable"}, {0o020, 2, "group-writable"},
		{0o040, 1, "group-readable"},
	} {
		if s.umask&row.bit == 0 {
			return verdict{badness: row.badness, words: "Files created by service are " + row.words + " by default"}
		}
	}
	return verdict{words: "Files created by service are accessible only by service's own user by default"}
}

func protectProc(s *settings) verdict {
	switch s.words["ProtectProc"] {
	case "noaccess":
		return verdict{badness: 1, silent: true}
	case "invisible", "ptraceable":
		return verdict{}
	}
	return verdict{badness: 3}
}

func notifyAccess(s *settings) verdict { return pass(s.words["NotifyAccess"] != "all") }

func architectures(s *settings) verdict {
	switch list := strings.Fields(s.words["SystemCallArchitectures"]); {
	case len(list) == 0:
		return verdict{badness: 10, words: "Service may execute system calls with all ABIs"}
	case len(list) == 1 && list[0] == "native":
		return verdict{words: "Service may execute system calls only with native ABI"}
	}
	return verdict{badness: 8, words: "Service may execute system calls with multiple ABIs"}
}

func addresses(s *settings) verdict {
	switch {
	case s.words["IPIngressFilterPath"]+s.words["IPEgressFilterPath"] != "":
		return verdict{words: "Service defines custom ingress/egress IP filters with BPF programs"}
	case !s.denied["0.0.0.0/0"] || !s.denied["::/0"]:
		return verdict{badness: 10, words: "Service does not define an IP address allow list"}
	case s.allowedRemote:
		return verdict{badness: 5, words: "Service defines IP address allow list with non-localhost entries"}
	case s.allowedLocal:
		return verdict{badness: 2, words: "Service defines IP address allow list with only localhost entries"}
	}
	return verdict{words: "Service blocks all IP address ranges"}
}

func devices(s *settings) verdict {
	switch policy := s.words["DevicePolicy"]; {
	case policy != "closed" && policy != "strict":
		return verdict{badness: 10, words: "Service has no device ACL"}
	case len(s.devices) > 0:
		return verdict{badness: 5, words: "Service has a device ACL with some special devices: " +
			strings.Join(s.devices, " ")}
	}
	return verdict{words: "Service has a minimal device ACL"}
}
