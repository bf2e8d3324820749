package model

import (
	"slices"

	"github.com/steward-init/steward/syntax/span"
)

// Input is where a command's standard input comes from. systemd.exec(5), StandardInput=.
type Input uint8

// The inputs.
const (
	InputNull Input = iota
	InputTTY
	InputTTYForce
	InputTTYFail
	InputSocket
	InputNamedFD
	InputData
	InputFile
)

var inputWords = []string{"null", "tty", "tty-force", "tty-fail", "socket", "fd", "data", "file"}

func (i Input) String() string { return name(inputWords, i) }

// Output is where a command's standard output or error goes. systemd.exec(5), StandardOutput=.
type Output uint8

// The outputs.
const (
	OutputInherit Output = iota
	OutputNull
	OutputTTY
	OutputKmsg
	OutputKmsgConsole
	OutputJournal
	OutputJournalConsole
	OutputSocket
	OutputNamedFD
	OutputFile
	OutputAppend
	OutputTruncate
)

var outputWords = []string{"inherit", "null", "tty", "kmsg", "kmsg+console", "journal", "journal+console", "socket",
	"fd", "file", "append", "truncate"}

func (o Output) String() string { return name(outputWords, o) }

// Stdio is one of the three standard streams. Path holds the file, or the descriptor's name for fd.
type Stdio struct {
	Input  Input  // of StandardInput=
	Output Output // of StandardOutput= and StandardError=
	Path   string
}

// DirectoryKind is one of the places of which a service can own a directory. systemd.exec(5), RuntimeDirectory=.
type DirectoryKind uint8

// The directory kinds.
const (
	DirRuntime DirectoryKind = iota
	DirState
	DirCache
	DirLogs
	DirConfiguration
)

// DirectoryKinds is the number of directory kinds.
const DirectoryKinds = int(DirConfiguration) + 1

var directoryWords = []string{"RuntimeDirectory", "StateDirectory", "CacheDirectory", "LogsDirectory",
	"ConfigurationDirectory"}

func (k DirectoryKind) String() string { return name(directoryWords, k) }

var resourceWords = []string{"runtime", "state", "cache", "logs", "configuration"}

// Resource is the kind's word in systemctl(1), clean.
func (k DirectoryKind) Resource() string { return name(resourceWords, k) }

// Resources is a set of kinds: what is to be cleaned.
type Resources uint8

// AllResources is every kind.
const AllResources Resources = 1<<DirectoryKinds - 1

// Has reports that a kind is in the set.
func (r Resources) Has(k DirectoryKind) bool { return r&(1<<k) != 0 }

// ParseResource reads a word of systemctl(1), clean.
func ParseResource(word string) (Resources, bool) {
	if word == "all" {
		return AllResources, true
	}
	k, ok := index[DirectoryKind](resourceWords, word)
	return 1 << k, ok
}

// Resources is the set of kinds of which the service has directories.
func (x *Exec) Resources() (r Resources) {
	for _, d := range x.Directories {
		if len(d.Paths) > 0 {
			r |= 1 << d.Kind
		}
	}
	return r
}

// DirectoryMode is the mode of a directory for which none was given.
const DirectoryMode = 0o755

// Directory holds the paths below the kind's root, symlinks to them (StateDirectory=a:b) and the mode.
type Directory struct {
	Kind  DirectoryKind
	Mode  uint32
	Paths []string
	Links [][2]string // path, symlink
}

// Preserve is RuntimeDirectoryPreserve=. systemd.exec(5).
type Preserve uint8

// The preserve modes.
const (
	PreserveNo Preserve = iota
	PreserveYes
	PreserveRestart
)

var preserveWords = []string{"no", "yes", "restart"}

func (p Preserve) String() string { return name(preserveWords, p) }

// Preserves returns the words of Preserve, at the index of their value.
func Preserves() []string { return preserveWords }

// Inputs returns the words of Input.
func Inputs() []string { return inputWords }

// Outputs returns the words of Output.
func Outputs() []string { return outputWords }

// Keyring says which kernel keyring a command has. systemd.exec(5), KeyringMode=.
type Keyring uint8

// The keyring modes.
const (
	KeyringInherit Keyring = iota
	KeyringPrivate
	KeyringShared
)

var keyringWords = []string{"inherit", "private", "shared"}

func (k Keyring) String() string { return name(keyringWords, k) }

// Keyrings returns the words of Keyring, at the index of their value.
func Keyrings() []string { return keyringWords }

// Rlimit is one Limit…= option, soft and hard; Infinity is ^uint64(0).
type Rlimit struct {
	Resource   uint8 // RLIMIT_* number of Linux
	Soft, Hard uint64
}

// EnvFile is one EnvironmentFile= entry; Optional is its "-" prefix.
type EnvFile struct {
	Path     string
	Optional bool
}

// Exec holds the options of systemd.exec(5) that this version applies. Options that it only knows by name stand in
// Sandbox as written, so that nothing of a unit file is lost. Most services say the same in them, so those that are
// equal share one, which is never changed.
type Exec struct {
	Scalars
	SupplementaryGroups []string
	Limits              []Rlimit // those given, by the unit or by the manager's defaults
	Environment         []string // NAME=value
	EnvironmentFiles    []EnvFile
	PassEnvironment     []string
	LogExtraFields      []string // NAME=value
	UnsetEnvironment    []string
	InputData           []byte      // StandardInputText= and StandardInputData=
	Directories         []Directory // by kind, those of which anything is set; see Directory
	Sandbox             []Setting   // known options that this version does not apply, as written: for verdicts
}

// Scalars are the options of Exec that can be compared.
type Scalars struct {
	User, Group         string
	WorkingDirectory    string // "~" for the user's home, "" for the default
	WorkingDirectoryOpt bool   // "-" prefix: a missing directory is no error
	RootDirectory       string

	UMask           uint32
	Nice            int32
	OOMScore        int32
	SecureBits      uint32
	Scheduler       *Scheduler // nil: nothing of it is set
	CapabilityBound uint64     // CapabilityBoundingSet=, all bits for unset
	AmbientCaps     uint64
	TimerSlack      uint64 // TimerSlackNSec=, nanoseconds
	TimeoutClean    span.Span

	Stdin, Stdout, Stderr Stdio
	TTYPath               string

	SyslogIdentifier string
	Personality      string

	NiceSet, OOMSet, TimerSlackSet      bool
	TTYReset, TTYHangup, TTYDisallocate bool
	NoNewPrivileges                     bool
	IgnoreSIGPIPE                       bool
	DynamicUser                         bool
	SyslogLevelPrefix                   bool
	SyslogFacility                      uint8 // 0..23
	SyslogLevel                         uint8 // 0..7
	LogLevelMax                         int8  // -1 for unset
	RuntimePreserve                     Preserve
	Keyring                             Keyring
}

// Equal reports that two say the same, as far as can be seen at once: schedulers of equal values may differ.
func (x *Exec) Equal(y *Exec) bool {
	return x.Scalars == y.Scalars &&
		slices.Equal(x.SupplementaryGroups, y.SupplementaryGroups) &&
		slices.Equal(x.Limits, y.Limits) &&
		slices.Equal(x.Environment, y.Environment) &&
		slices.Equal(x.EnvironmentFiles, y.EnvironmentFiles) &&
		slices.Equal(x.PassEnvironment, y.PassEnvironment) &&
		slices.Equal(x.LogExtraFields, y.LogExtraFields) &&
		slices.Equal(x.UnsetEnvironment, y.UnsetEnvironment) &&
		slices.Equal(x.InputData, y.InputData) &&
		slices.EqualFunc(x.Directories, y.Directories, Directory.equal) &&
		slices.Equal(x.Sandbox, y.Sandbox)
}

func (d Directory) equal(e Directory) bool {
	return d.Kind == e.Kind && d.Mode == e.Mode && slices.Equal(d.Paths, e.Paths) && slices.Equal(d.Links, e.Links)
}

// Directory returns the directories of a kind; none, with the default mode, where the unit says nothing of it.
func (x *Exec) Directory(kind DirectoryKind) Directory {
	for _, d := range x.Directories {
		if d.Kind == kind {
			return d
		}
	}
	return Directory{Kind: kind, Mode: DirectoryMode}
}

// Scheduler holds the CPU and IO scheduling options; the Set fields tell which were given.
// It is never changed in place, as units may share it.
type Scheduler struct {
	IOPrio      int32 // class<<13 | level
	IOPrioSet   bool
	Policy      int32 // SCHED_* of Linux
	PolicySet   bool
	Priority    int32
	ResetOnFork bool
	Affinity    []uint64 // bit mask of CPUs
	AffinitySet bool
}

// Setting is an option as written, for what is known by name only.
type Setting struct {
	Name, Value string
}
