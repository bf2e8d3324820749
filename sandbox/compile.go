package sandbox

import (
	"strconv"
	"syscall"

	"github.com/steward-init/steward/sys"
)

// compiler turns a Spec into a program, step by step.
type compiler struct {
	spec *Spec
	p    *sys.Program
	caps sys.Capabilities // of the manager
	ends []int            // for each step, the number of ops up to its end

	beside bool // the child begins with our table of descriptors

	procs int   // descriptor of the cgroup's cgroup.procs, where clone3 is refused; else 0
	moved []int // sources of descriptors 0 … n-1 after parking
}

// compile fills the program with all steps that the Spec wants.
func (c *compiler) compile() {
	c.ends = c.ends[:0]
	for i := range steps {
		s := &steps[i]
		if s.wanted == nil || s.wanted(c.spec) {
			c.p.Begin(uint8(s.Status))
			s.compile(c)
		}
		c.ends = append(c.ends, c.p.Len())
	}
}

// step finds the step that an op belongs to.
func (c *compiler) step(op int) *Step {
	for i, end := range c.ends {
		if op < end {
			return &steps[i]
		}
	}
	return &steps[len(steps)-1]
}

func (c *compiler) has(capability int) bool {
	return c.caps.Effective&(1<<capability) != 0
}

// hasOnMachine is has for what only the whole machine's root may do: in a user namespace of its own, as in a rootless
// container, a process has every capability, and these count for nothing.
func (c *compiler) hasOnMachine(capability int) bool {
	return c.has(capability) && sys.InInitialUserNamespace()
}

func wantsCgroupWrite(s *Spec) bool     { return s.CgroupFD > 0 && !sys.CanClone3() }
func wantsSession(s *Spec) bool         { return !s.SameSession }
func wantsControllingTTY(s *Spec) bool  { return s.ControllingTTY }
func wantsOOM(s *Spec) bool             { return s.OOMScoreAdjust != nil }
func wantsNice(s *Spec) bool            { return s.Nice != nil }
func wantsScheduler(s *Spec) bool       { return s.Scheduler != nil }
func wantsAffinity(s *Spec) bool        { return len(s.CPUAffinity) > 0 }
func wantsIOPriority(s *Spec) bool      { return s.IOPriority != nil }
func wantsTimerSlack(s *Spec) bool      { return s.TimerSlackNS > 0 }
func wantsPersonality(s *Spec) bool     { return s.Personality != nil }
func wantsRoot(s *Spec) bool            { return s.Root != "" }
func wantsBounding(s *Spec) bool        { return s.DropBounding&sys.KnownCapabilities() != 0 }
func wantsCredential(s *Spec) bool      { return s.Credential != nil }
func wantsKeyring(s *Spec) bool         { return s.Keyring != KeyringInherit }
func wantsAmbient(s *Spec) bool         { return s.Ambient != 0 }
func wantsSecureBits(s *Spec) bool      { return s.SecureBits != 0 }
func wantsNoNewPrivileges(s *Spec) bool { return s.NoNewPrivileges }

func (c *compiler) signals() {
	c.p.ResetSignals()
	if !c.spec.KeepSIGPIPE {
		c.p.IgnoreSignal(int(syscall.SIGPIPE))
	}
}

func (c *compiler) signalMask() { c.p.UnblockSignals() }

// cgroup moves the child by hand. "0" means the process that writes.
func (c *compiler) cgroup() { c.p.Write(c.procs, "0") }

func (c *compiler) setsid() { c.p.Setsid() }

func (c *compiler) terminal() { c.p.ControllingTTY(0, false) }

// ownFiles leaves out what no step needs.
func (c *compiler) ownFiles() {
	if !c.beside {
		return
	}
	s := c.spec
	limit := max(s.Stdin, s.Stdout, s.Stderr) + 1
	for _, fd := range s.Extra {
		limit = max(limit, fd+1)
	}
	c.p.OwnFiles(limit)
}

// park copies those sources out of the way whose number is the target of another descriptor. The copies get numbers
// above all sources and targets: what they may hit in the child's own table isn't needed any more.
func (c *compiler) park() {
	s := c.spec
	c.moved = append(append(c.moved[:0], s.Stdin, s.Stdout, s.Stderr), s.Extra...)
	above := len(c.moved)
	for _, fd := range c.moved {
		above = max(above, fd+1)
	}
	for target, fd := range c.moved {
		if fd < len(c.moved) && fd != target {
			c.p.ReserveFD(fd, above)
			c.moved[target] = above
			above++
		}
	}
}

func (c *compiler) place(target int) {
	if fd := c.moved[target]; fd == target {
		c.p.KeepOpen(fd)
	} else {
		c.p.Dup3(fd, target)
	}
}

func (c *compiler) stdin()  { c.place(0) }
func (c *compiler) stdout() { c.place(1) }
func (c *compiler) stderr() { c.place(2) }

func (c *compiler) extraFDs() {
	for target := 3; target < len(c.moved); target++ {
		c.place(target)
	}
	// Our own descriptors are all closed by exec; this is for those the manager was born with. Before Linux 5.11 the
	// call isn't there.
	c.p.Tolerate()
	c.p.CloseFrom(len(c.moved))
}

func (c *compiler) oom() {
	if !c.hasOnMachine(sys.CapSysResource) {
		c.p.Tolerate() // as systemd does: a user's manager may not lower the score
	}
	c.p.HoldParent()
	c.p.WriteFile("/proc/self/oom_score_adj", strconv.Itoa(*c.spec.OOMScoreAdjust))
}

// nice asks for the nearest level that is allowed, as systemd does.
func (c *compiler) nice() {
	level := *c.spec.Nice
	if !c.hasOnMachine(sys.CapSysNice) {
		level = max(level, min(sys.OwnNice(), sys.LowestNice()))
	}
	c.p.Nice(level)
}

func (c *compiler) scheduler() {
	s := c.spec.Scheduler
	c.p.Scheduler(s.Policy, s.Priority, s.ResetOnFork)
}

func (c *compiler) affinity()    { c.p.Affinity(c.spec.CPUAffinity) }
func (c *compiler) ioPriority()  { c.p.IOPriority(*c.spec.IOPriority) }
func (c *compiler) timerSlack()  { c.p.TimerSlack(c.spec.TimerSlackNS) }
func (c *compiler) personality() { c.p.Personality(*c.spec.Personality) }
func (c *compiler) umask()       { c.p.Umask(c.spec.Umask) }

const defaultNOFILE = 1024

func (c *compiler) rlimits() {
	haveNOFILE := false
	for _, l := range c.spec.Rlimits {
		haveNOFILE = haveNOFILE || l.Resource == sys.RlimitNOFILE
		if !c.hasOnMachine(sys.CapSysResource) {
			if _, hard, err := sys.Rlimit(l.Resource); err == nil {
				l.Hard, l.Soft = min(l.Hard, hard), min(l.Soft, hard)
			}
		}
		c.p.Rlimit(l.Resource, l.Soft, l.Hard)
	}
	if haveNOFILE {
		return
	}
	if _, hard, err := sys.Rlimit(sys.RlimitNOFILE); err == nil {
		c.p.Rlimit(sys.RlimitNOFILE, min(defaultNOFILE, hard), hard)
	}
}

func (c *compiler) root() { c.p.Chroot(c.spec.Root) }

// bounding also empties the inheritable set of what is dropped, or a file with inheritable capabilities could bring
// it back.
func (c *compiler) bounding() {
	drop := c.spec.DropBounding & sys.KnownCapabilities()
	c.p.DropBounding(drop)
	if c.caps.Inheritable&drop != 0 {
		c.caps.Inheritable &^= drop
		c.p.SetCapabilities(c.caps)
	}
}

func (c *compiler) group() {
	cred := c.spec.Credential
	if cred.SetGroups {
		c.p.SetGroups(cred.Groups)
	}
	c.p.SetGID(cred.GID)
}

// user keeps the permitted capabilities where a later step needs them; exec takes those that aren't ambient. A change
// away from root clears the effective set, so the working directory is entered without them.
func (c *compiler) user() {
	cred := c.spec.Credential
	if c.spec.Ambient != 0 || c.spec.SecureBits != 0 {
		c.p.KeepCapabilities()
		if cred.UID != 0 {
			c.caps.Effective = 0
		}
	}
	c.p.SetUID(cred.UID)
}

// keyring is best effort: keyrings aren't namespaced, so containers refuse them, and systemd goes on then, too.
func (c *compiler) keyring() {
	c.p.Tolerate()
	c.p.JoinSessionKeyring(c.spec.Keyring == KeyringShared)
}

func (c *compiler) chdir() {
	if c.spec.Dir == "" || c.spec.DirOptional {
		c.p.Chdir("/")
	}
	if c.spec.DirOptional {
		c.p.Tolerate()
	}
	if c.spec.Dir != "" {
		c.p.Chdir(c.spec.Dir)
	}
}

// ambient makes the capabilities inheritable first, without which they can't be ambient.
func (c *compiler) ambient() {
	c.caps.Inheritable |= c.spec.Ambient
	c.p.SetCapabilities(c.caps)
	c.p.RaiseAmbient(c.spec.Ambient)
}

func (c *compiler) secureBits() {
	c.caps.Effective |= c.caps.Permitted & (1 << sys.CapSetPCap)
	c.p.SetCapabilities(c.caps)
	c.p.SecureBits(c.spec.SecureBits)
}

func (c *compiler) noNewPrivileges() { c.p.NoNewPrivileges() }

func (c *compiler) exec() {
	c.p.Exec(c.spec.Path, c.spec.Argv, c.spec.Env, c.spec.PIDEnv)
}
