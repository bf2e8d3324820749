package model

// KillMode says which processes a stop ends. systemd.kill(5), KillMode=.
type KillMode uint8

// The kill modes.
const (
	KillControlGroup KillMode = iota
	KillProcess
	KillMixed
	KillNone
)

var killModeWords = []string{"control-group", "process", "mixed", "none"}

func (m KillMode) String() string { return name(killModeWords, m) }

// KillModes returns the words of KillMode, at the index of their value.
func KillModes() []string { return killModeWords }

// ParseKillMode reads a KillMode= word.
func ParseKillMode(word string) (KillMode, bool) { return index[KillMode](killModeWords, word) }

// Kill holds the options of systemd.kill(5). Signals are numbers.
type Kill struct {
	Mode           KillMode
	SendSIGKILL    bool
	SendSIGHUP     bool
	Signal         int32 // KillSignal=
	RestartSignal  int32 // RestartKillSignal=, 0: as Signal
	FinalSignal    int32 // FinalKillSignal=
	WatchdogSignal int32
}

// Control holds the options of systemd.resource-control(5) that this version applies or shows.
type Control struct {
	Slice    string // Slice=, "" for the default
	Delegate bool
	// Controllers are those that Delegate= names; Settings the options that this version does not apply, as written.
	Controllers []string
	Settings    []Setting
}
