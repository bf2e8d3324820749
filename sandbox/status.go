package sandbox

import (
	"strconv"

	"github.com/steward-init/steward/syntax/exitstatus"
)

// Status is the exit status of a process that never became the program it was made for: systemd.exec(5), "Process
// Exit Codes".
type Status uint8

// String is the name as systemd prints it: "EXEC".
func (s Status) String() string {
	if name := exitstatus.Name(int(s), exitstatus.Systemd); name != "" {
		return name
	}
	return strconv.Itoa(int(s))
}
