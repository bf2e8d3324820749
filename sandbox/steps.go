//tidy:table
package sandbox

import "github.com/steward-init/steward/syntax/exitstatus"

// Step is one row of the table: what a child does before it becomes the program.
type Step struct {
	Name   string // the key by which directives refer to the step
	Status Status // exit status if it fails
	Needs  string // what the kernel demands of the manager, "" for nothing
	Why    string // why it stands where it stands
	After  []string

	wanted  func(*Spec) bool // nil: always
	compile func(*compiler)
}

// Steps is the table in the order of execution. A constraint of the order is an After, which a test asserts, so that
// moving a row fails with the reason.
func Steps() []Step { return steps[:] }

var steps = [...]Step{
	{Name: "descriptors", Status: exitstatus.FDs, compile: (*compiler).ownFiles,
		Why: "first: until then the table of descriptors is the manager's, and it may hold thousands"},
	{Name: "signals", Status: exitstatus.SignalMask, compile: (*compiler).signals,
		Why: "handlers of the manager must be gone before anything else; all signals stay blocked until just before exec"},
	{Name: "cgroup", Status: exitstatus.Cgroup, wanted: wantsCgroupWrite, compile: (*compiler).cgroup,
		Needs: "a writable cgroup2",
		Why:   "only where clone3 is refused; all later work is then already accounted to the unit"},
	{Name: "setsid", Status: exitstatus.SetSID, wanted: wantsSession, compile: (*compiler).setsid,
		Why: "a signal from the manager's terminal must not reach the child, and only a session leader can take a terminal"},
	{Name: "park", Status: exitstatus.FDs, compile: (*compiler).park,
		Why: "descriptors whose number will be overwritten are copied out of the way first"},
	{Name: "stdin", Status: exitstatus.Stdin, compile: (*compiler).stdin,
		After: []string{"park"},
		Why:   "0 may be the source of a later descriptor"},
	{Name: "terminal", Status: exitstatus.Stdin, wanted: wantsControllingTTY, compile: (*compiler).terminal,
		After: []string{"setsid", "stdin"},
		Why:   "TIOCSCTTY wants a session leader without a terminal, and the terminal on 0"},
	{Name: "stdout", Status: exitstatus.Stdout, compile: (*compiler).stdout,
		After: []string{"park"},
		Why:   "1 may be the source of a later descriptor"},
	{Name: "stderr", Status: exitstatus.Stderr, compile: (*compiler).stderr,
		After: []string{"park"},
		Why:   "2 may be the source of a later descriptor"},
	{Name: "listen-fds", Status: exitstatus.FDs, compile: (*compiler).extraFDs,
		After: []string{"stdin", "stdout", "stderr"},
		Why:   "everything from 3 up is ours to give; what follows the last one is closed by exec"},
	{Name: "oom-score-adjust", Status: exitstatus.OOMAdjust, wanted: wantsOOM, compile: (*compiler).oom,
		Needs: "CAP_SYS_RESOURCE to lower it", After: []string{"listen-fds"},
		Why: "writes a file of /proc, so it precedes the limit on descriptors, the change of root and of user"},
	{Name: "nice", Status: exitstatus.Nice, wanted: wantsNice, compile: (*compiler).nice,
		Needs: "CAP_SYS_NICE to lower it",
		Why:   "before the change of user, which takes the right to lower the level"},
	{Name: "scheduler", Status: exitstatus.SetScheduler, wanted: wantsScheduler, compile: (*compiler).scheduler,
		Needs: "CAP_SYS_NICE for real-time policies", After: []string{"nice"},
		Why: "with reset-on-fork set, an unprivileged process can no longer change its nice level downwards"},
	{Name: "cpu-affinity", Status: exitstatus.CPUAffinity, wanted: wantsAffinity, compile: (*compiler).affinity,
		Why: "with the other scheduling settings"},
	{Name: "io-priority", Status: exitstatus.IOPrio, wanted: wantsIOPriority, compile: (*compiler).ioPriority,
		Needs: "CAP_SYS_ADMIN or CAP_SYS_NICE for class realtime", After: []string{"scheduler"},
		Why: "an unset priority follows the nice level, so the explicit one comes after it"},
	{Name: "timer-slack", Status: exitstatus.TimerSlack, wanted: wantsTimerSlack, compile: (*compiler).timerSlack,
		Why: "with the other scheduling settings"},
	{Name: "personality", Status: exitstatus.Personality, wanted: wantsPersonality, compile: (*compiler).personality,
		Why: "before exec, which lays out the memory by it"},
	{Name: "umask", compile: (*compiler).umask,
		Why: "cannot fail; nothing after it creates files"},
	{Name: "rlimits", Status: exitstatus.Limits, compile: (*compiler).rlimits,
		Needs: "CAP_SYS_RESOURCE to raise a hard limit", After: []string{"listen-fds", "oom-score-adjust"},
		Why: "after all steps that open a descriptor, before the change of user, which takes the right to raise"},
	{Name: "root", Status: exitstatus.Chroot, wanted: wantsRoot, compile: (*compiler).root,
		Needs: "CAP_SYS_CHROOT", After: []string{"cgroup", "oom-score-adjust"},
		Why: "paths of the manager end here; needs a privilege that the change of user takes"},
	{Name: "capability-bounding-set", Status: exitstatus.Capabilities, wanted: wantsBounding, compile: (*compiler).bounding,
		Needs: "CAP_SETPCAP", After: []string{"root"},
		Why: "CAP_SETPCAP is lost with the user, and dropping it from the bounding set does not take it from the process yet"},
	{Name: "group", Status: exitstatus.Group, wanted: wantsCredential, compile: (*compiler).group,
		Needs: "CAP_SETGID", After: []string{"nice", "rlimits", "root"},
		Why: "groups first: after the change of user there is no right to change groups"},
	{Name: "user", Status: exitstatus.User, wanted: wantsCredential, compile: (*compiler).user,
		Needs: "CAP_SETUID", After: []string{"group", "capability-bounding-set"},
		Why: "takes all capabilities from the process that are not asked to stay"},
	{Name: "keyring", Status: exitstatus.Keyring, wanted: wantsKeyring, compile: (*compiler).keyring,
		After: []string{"user"},
		Why:   "a keyring belongs to the user who makes it"},
	{Name: "working-directory", Status: exitstatus.Chdir, compile: (*compiler).chdir,
		After: []string{"root", "user"},
		Why:   "as the user: on a network file system only that user may be let in, and root must not be let in where the user isn't"},
	{Name: "ambient-capabilities", Status: exitstatus.Capabilities, wanted: wantsAmbient, compile: (*compiler).ambient,
		Needs: "the capabilities themselves", After: []string{"user", "working-directory"},
		Why: "the change of user clears the ambient set"},
	{Name: "secure-bits", Status: exitstatus.SecureBits, wanted: wantsSecureBits, compile: (*compiler).secureBits,
		Needs: "CAP_SETPCAP", After: []string{"ambient-capabilities"},
		Why: "they may lock the ambient set and the fix-up of capabilities by the change of user"},
	{Name: "no-new-privileges", Status: exitstatus.NoNewPrivileges, wanted: wantsNoNewPrivileges, compile: (*compiler).noNewPrivileges,
		After: []string{"secure-bits"},
		Why:   "last of the privileges: nothing after it needs one"},
	{Name: "signal-mask", Status: exitstatus.SignalMask, compile: (*compiler).signalMask,
		After: []string{"signals", "no-new-privileges"},
		Why:   "a stopped child would hold up the manager, so signals stay out until the last moment"},
	{Name: "exec", Status: exitstatus.Exec, compile: (*compiler).exec,
		After: []string{"working-directory", "no-new-privileges", "signal-mask"},
		Why:   "there is no way back"},
}
