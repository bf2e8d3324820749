// Package notify is the text of notification datagrams, sd_notify(3): what daemons tell their manager, as bytes.
//
// It exists for both ends: the manager parses what anyone may have sent, the library for daemons and the
// systemd-notify command encode. It must not know sockets, nor whether a sender may say what it says.
package notify

// MaxDatagram is the longest datagram that is looked at, in bytes. The oracle has the same bound (PIPE_BUF).
const MaxDatagram = 4096

// Field is a set of the fields a message carries.
type Field uint32

// The fields of sd_notify(3). A field is in a message only if its value was valid.
const (
	Ready Field = 1 << iota
	Reloading
	Stopping
	Status
	Errno
	BusError
	ExitStatus
	MainPID
	MainPIDFDID
	Watchdog
	WatchdogUsec
	MonotonicUsec
	ExtendTimeoutUsec
	FDStore
	FDStoreRemove
	FDName
	FDPoll
	Barrier
	NotifyAccess
	InvocationID
)

// Message is one datagram. A value is only meant if Fields holds its field. If a field stands in the datagram twice,
// the first counts.
type Message struct {
	Fields Field

	// Status is a sentence in UTF-8 for the user.
	Status string
	// Errno is an error number, positive.
	Errno int
	// BusError is the name of a D-Bus error.
	BusError string
	// ExitStatus is from 0 to 255.
	ExitStatus int
	// MainPID is a process, positive; MainPIDFDID the inode of its pidfd.
	MainPID     int
	MainPIDFDID uint64
	// WatchdogTrigger says that Watchdog asks to be treated as failed, rather than telling that all is well.
	WatchdogTrigger bool
	// WatchdogUsec, MonotonicUsec and ExtendTimeoutUsec are microseconds.
	WatchdogUsec, MonotonicUsec, ExtendTimeoutUsec uint64
	// FDName names the descriptors that come with FDStore or are meant by FDStoreRemove.
	FDName string
	// FDPoll is false if stored descriptors are not to be watched for their end.
	FDPoll bool
	// NotifyAccess is none, main, exec or all.
	NotifyAccess string
	// InvocationID is 32 lower-case hexadecimal digits.
	InvocationID string

	// Unknown holds the first fields of other names as they are, "X_FOO=bar"; Dropped counts further ones.
	Unknown []string
	Dropped int
	// Problems says in a sentence each what was ignored and why. It is bounded.
	Problems []string
}

// Has says whether all the fields are in the message.
func (m *Message) Has(fields Field) bool { return m.Fields&fields == fields }
