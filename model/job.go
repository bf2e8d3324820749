package model

// JobType is what a job does to its unit. systemctl(1); org.freedesktop.systemd1(5), job objects.
type JobType uint8

// The job types that can be installed, and behind them those that a transaction resolves to one of these when it
// looks at the unit's state (try-restart, reload-or-start, …).
const (
	JobStart JobType = iota
	JobVerifyActive
	JobStop
	JobReload
	JobRestart
	JobNop
	JobTryRestart
	JobTryReload
	JobReloadOrStart
)

var jobWords = []string{"start", "verify-active", "stop", "reload", "restart", "nop", "try-restart", "try-reload",
	"reload-or-start"}

func (t JobType) String() string { return name(jobWords, t) }

// ParseJobType reads a job type's word.
func ParseJobType(word string) (JobType, bool) { return index[JobType](jobWords, word) }

// JobMode says what a new job does to those already queued. systemctl(1), --job-mode=.
type JobMode uint8

// The job modes.
const (
	ModeFail JobMode = iota
	ModeReplace
	ModeReplaceIrreversibly
	ModeIsolate
	ModeFlush
	ModeIgnoreDependencies
	ModeIgnoreRequirements
	ModeTriggering
)

var modeWords = []string{"fail", "replace", "replace-irreversibly", "isolate", "flush", "ignore-dependencies",
	"ignore-requirements", "triggering"}

func (m JobMode) String() string { return name(modeWords, m) }

// JobModes returns the words of JobMode, at the index of their value.
func JobModes() []string { return modeWords }

// ParseJobMode reads a job mode's word.
func ParseJobMode(word string) (JobMode, bool) { return index[JobMode](modeWords, word) }

// JobState says whether a job's work has begun.
type JobState uint8

// The job states.
const (
	JobWaiting JobState = iota
	JobRunning
)

func (s JobState) String() string { return name([]string{"waiting", "running"}, s) }

// JobResult says how a job ended. org.freedesktop.systemd1(5), JobRemoved().
type JobResult uint8

// The job results.
const (
	JobDone JobResult = iota
	JobCanceled
	JobTimeout
	JobFailed
	JobDependency
	JobSkipped
	JobInvalid
	JobAssert
	JobUnsupported
	JobCollected
	JobOnce
)

var jobResultWords = []string{"done", "canceled", "timeout", "failed", "dependency", "skipped", "invalid", "assert",
	"unsupported", "collected", "once"}

func (r JobResult) String() string { return name(jobResultWords, r) }
