package model

// index returns the position of word in words, or false. Enumerations print words[value], so that the words that
// tools parse stand in one place each.
func index[T ~uint8](words []string, word string) (T, bool) {
	for i, w := range words {
		if w == word {
			return T(i), true
		}
	}
	return 0, false
}

// name returns words[value]; a value outside of the table is our bug and prints as "invalid".
func name[T ~uint8](words []string, value T) string {
	if int(value) < len(words) {
		return words[value]
	}
	return "invalid"
}

// Type is the kind of a unit, told by the suffix of its name. systemd.unit(5).
type Type uint8

// The unit types, in the order in which systemd lists them.
const (
	TypeService Type = iota
	TypeMount
	TypeSwap
	TypeSocket
	TypeTarget
	TypeDevice
	TypeAutomount
	TypeTimer
	TypePath
	TypeSlice
	TypeScope
)

var typeWords = []string{"service", "mount", "swap", "socket", "target", "device", "automount", "timer", "path",
	"slice", "scope"}

func (t Type) String() string { return name(typeWords, t) }

// ParseType reads a unit name's suffix without its dot.
func ParseType(word string) (Type, bool) { return index[Type](typeWords, word) }

// Types returns the words of all unit types.
func Types() []string { return typeWords }

// LoadState says how reading a unit's files went. org.freedesktop.systemd1(5), LoadState.
type LoadState uint8

// The load states.
const (
	LoadStub LoadState = iota
	LoadLoaded
	LoadNotFound
	LoadBadSetting
	LoadError
	LoadMerged
	LoadMasked
)

var loadWords = []string{"stub", "loaded", "not-found", "bad-setting", "error", "merged", "masked"}

func (s LoadState) String() string { return name(loadWords, s) }

// ActiveState is the coarse state which all unit types share. org.freedesktop.systemd1(5), ActiveState.
type ActiveState uint8

// The active states. Inactive is the zero value: a unit nobody touched.
const (
	Inactive ActiveState = iota
	Active
	Reloading
	Failed
	Activating
	Deactivating
	Maintenance
)

var activeWords = []string{"inactive", "active", "reloading", "failed", "activating", "deactivating", "maintenance"}

func (s ActiveState) String() string { return name(activeWords, s) }

// IsUp reports a unit that runs: active or reloading.
func (s ActiveState) IsUp() bool { return s == Active || s == Reloading }

// IsDown reports a unit at rest: inactive or failed.
func (s ActiveState) IsDown() bool { return s == Inactive || s == Failed }

// Result is why a unit failed, or success; the union over the unit types. org.freedesktop.systemd1(5), Result.
type Result uint8

// The results of services and of the types that share their words.
const (
	Success Result = iota
	FailureResources
	FailureProtocol
	FailureTimeout
	FailureExitCode
	FailureSignal
	FailureCoreDump
	FailureWatchdog
	FailureStartLimitHit
	FailureOOMKill
	SkipCondition
	FailureServiceStartLimitHit
	FailureTriggerLimitHit
)

var resultWords = []string{"success", "resources", "protocol", "timeout", "exit-code", "signal", "core-dump",
	"watchdog", "start-limit-hit", "oom-kill", "exec-condition", "service-start-limit-hit", "trigger-limit-hit"}

func (r Result) String() string { return name(resultWords, r) }
