package sandbox

// Spec is one execution, fully resolved: nothing in it is looked up, expanded or searched for any more. The zero
// value of a field leaves that property as the manager has it, unless the field says otherwise. Spawn only reads it.
type Spec struct {
	// Path is the file to execute, absolute. Argv includes argv[0]. Env is NAME=value; nothing is added to it but
	// PIDEnv. No string may hold a NUL.
	Path string
	Argv []string
	Env  []string

	// PIDEnv names variables whose value is the new process's own PID: LISTEN_PID, WATCHDOG_PID, SYSTEMD_EXEC_PID.
	PIDEnv []string

	// Stdin, Stdout and Stderr are descriptors of the manager, or TerminalFD. Extra descriptors follow from 3 up in
	// their order (sd_listen_fds(3)). All others are closed by exec. A number may occur more than once.
	Stdin, Stdout, Stderr int
	Extra                 []int

	// Terminal is opened in the child for standard descriptors that are TerminalFD. It needs the executor.
	Terminal *Terminal

	// ControllingTTY makes the terminal that standard input is already open on the controlling terminal.
	ControllingTTY bool

	// CgroupFD is the directory of the cgroup2 group to be born in, or 0 or -1 for the manager's own. The group must not
	// be frozen: Spawn waits for the child's exec, and would wait until it is thawed.
	CgroupFD int

	// SameSession keeps the child in the manager's session; a service always gets its own.
	SameSession bool

	// KeepSIGPIPE leaves SIGPIPE at its default action; otherwise it is ignored (IgnoreSIGPIPE=yes is the default).
	KeepSIGPIPE bool

	// Root is the directory for chroot(2), "" for none. Dir is the working directory inside it, "" for /.
	// DirOptional lets a missing Dir pass: then the working directory is /.
	Root, Dir   string
	DirOptional bool

	Credential *Credential
	Umask      uint32 // always set; systemd's default is 0022

	OOMScoreAdjust *int       // -1000 to 1000
	Nice           *int       // -20 to 19
	IOPriority     *int       // class<<13 | level, ioprio_set(2)
	Scheduler      *Scheduler // CPUSchedulingPolicy= and friends
	CPUAffinity    []uint64   // bit i of word i/64 is CPU i; empty leaves it
	Personality    *uint32    // personality(2)
	TimerSlackNS   uint64     // nanoseconds, 0 leaves it

	// Rlimits are set as far as the manager may raise them. Without an entry for RLIMIT_NOFILE the soft limit is
	// 1024, the value the kernel gives init: the Go runtime has raised the manager's own.
	Rlimits []Rlimit

	// DropBounding are the capabilities (1<<CAP_…) taken from the bounding set, Ambient those raised in the ambient
	// one. SecureBits are set if not 0.
	DropBounding    uint64
	Ambient         uint64
	SecureBits      uint32
	NoNewPrivileges bool
	Keyring         Keyring
}

// TerminalFD stands for the opened Terminal as a standard descriptor.
const TerminalFD = -2

// Credential is who the process becomes. SetGroups replaces the supplementary groups by Groups, which only a
// privileged manager may do.
type Credential struct {
	UID, GID  uint32
	SetGroups bool
	Groups    []uint32
}

// Scheduler is a scheduling policy (SCHED_…) with its real-time priority.
type Scheduler struct {
	Policy, Priority int
	ResetOnFork      bool
}

// Rlimit is one resource limit (RLIMIT_…), ^0 for infinity.
type Rlimit struct {
	Resource   int
	Soft, Hard uint64
}

// Keyring is KeyringMode=, systemd.exec(5).
type Keyring uint8

// The keyring modes.
const (
	KeyringInherit Keyring = iota // the manager's session keyring
	KeyringPrivate                // a new session keyring
	KeyringShared                 // a new session keyring that links to the user's
)

// Terminal is TTYPath= and what goes with it, systemd.exec(5).
type Terminal struct {
	Path    string // /dev/console, /dev/tty1, …
	Acquire Acquire
	Reset   bool // TTYReset=
	VHangup bool // TTYVHangup=
}

// Acquire says what to do about a terminal that another session controls; StandardInput= of systemd.exec(5).
type Acquire uint8

// The ways to acquire a terminal.
const (
	AcquireNone  Acquire = iota // only open it, for output
	AcquireWait                 // "tty": wait until it is released
	AcquireForce                // "tty-force": take it
	AcquireFail                 // "tty-fail": fail
)
