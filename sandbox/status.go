package sandbox

import "strconv"

// Status is the exit status of a process that never became the program it was made for: systemd.exec(5), "Process
// Exit Codes". The numbers are an interface.
type Status uint8

// The statuses that a step of this package can end with.
const (
	StatusChdir        Status = 200
	StatusNice         Status = 201
	StatusFDs          Status = 202
	StatusExec         Status = 203
	StatusLimits       Status = 205
	StatusOOMAdjust    Status = 206
	StatusSignalMask   Status = 207
	StatusStdin        Status = 208
	StatusStdout       Status = 209
	StatusChroot       Status = 210
	StatusIOPrio       Status = 211
	StatusTimerSlack   Status = 212
	StatusSecureBits   Status = 213
	StatusSetScheduler Status = 214
	StatusCPUAffinity  Status = 215
	StatusGroup        Status = 216
	StatusUser         Status = 217
	StatusCapabilities Status = 218
	StatusCgroup       Status = 219
	StatusSetsid       Status = 220
	StatusStderr       Status = 222
	StatusNoNewPrivs   Status = 227
	StatusPersonality  Status = 230
	StatusKeyring      Status = 237
)

// statusNames is keyed, so that no number can slip against its name.
var statusNames = [...]string{
	StatusChdir:        "CHDIR",
	StatusNice:         "NICE",
	StatusFDs:          "FDS",
	StatusExec:         "EXEC",
	StatusLimits:       "LIMITS",
	StatusOOMAdjust:    "OOM_ADJUST",
	StatusSignalMask:   "SIGNAL_MASK",
	StatusStdin:        "STDIN",
	StatusStdout:       "STDOUT",
	StatusChroot:       "CHROOT",
	StatusIOPrio:       "IOPRIO",
	StatusTimerSlack:   "TIMERSLACK",
	StatusSecureBits:   "SECUREBITS",
	StatusSetScheduler: "SETSCHEDULER",
	StatusCPUAffinity:  "CPUAFFINITY",
	StatusGroup:        "GROUP",
	StatusUser:         "USER",
	StatusCapabilities: "CAPABILITIES",
	StatusCgroup:       "CGROUP",
	StatusSetsid:       "SETSID",
	StatusStderr:       "STDERR",
	StatusNoNewPrivs:   "NO_NEW_PRIVILEGES",
	StatusPersonality:  "PERSONALITY",
	StatusKeyring:      "KEYRING",
}

// String is the name as systemd prints it, without EXIT_: "EXEC".
func (s Status) String() string {
	if int(s) < len(statusNames) && statusNames[s] != "" {
		return statusNames[s]
	}
	return strconv.Itoa(int(s))
}
