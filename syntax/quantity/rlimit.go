package quantity

import (
	"math"
	"strconv"
	"strings"

	"github.com/steward-init/steward/syntax/span"
)

// Resource is what a limit is for, in the kernel's numbers, getrlimit(2).
type Resource int

// The resources, in the kernel's order.
const (
	CPU Resource = iota
	FSize
	Data
	Stack
	Core
	RSS
	NProc
	NoFile
	MemLock
	AddressSpace
	Locks
	SigPending
	MsgQueue
	NicePriority
	RTPriority
	RTTime
	resources
)

var resourceNames = [resources]string{
	"CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE",
	"NICE", "RTPRIO", "RTTIME",
}

// String is the name as in Limit…=, "NOFILE".
func (r Resource) String() string {
	if r < 0 || r >= resources {
		return strconv.Itoa(int(r))
	}
	return resourceNames[r]
}

// ParseResource is the resource of a name as in Limit…=.
func ParseResource(name string) (Resource, error) {
	for i, n := range resourceNames {
		if n == name {
			return Resource(i), nil
		}
	}
	return 0, syntaxError(name, "a resource such as NOFILE")
}

// Unlimited is the limit that "infinity" stands for (RLIM_INFINITY).
const Unlimited uint64 = math.MaxUint64

// Limit is a soft and a hard resource limit, in the kernel's unit for it.
type Limit struct{ Soft, Hard uint64 }

// ParseLimit reads the value of Limit…=, systemd.exec(5): one value for both or "soft:hard"; sizes, times and nice
// levels in their own notation, "infinity" for none.
func ParseLimit(r Resource, s string) (Limit, error) {
	soft, hard, two := strings.Cut(s, ":")
	var l Limit
	var err error
	if l.Soft, err = r.parse(soft); err != nil {
		return Limit{}, err
	}
	l.Hard = l.Soft
	if two {
		if l.Hard, err = r.parse(hard); err != nil {
			return Limit{}, err
		}
	}
	if l.Soft > l.Hard {
		return Limit{}, rangeError(s, "a soft limit that is not above the hard limit")
	}
	return l, nil
}

func (r Resource) parse(s string) (uint64, error) {
	if s == "infinity" && r != NicePriority {
		return Unlimited, nil
	}
	switch r {
	case FSize, Data, Stack, Core, RSS, MemLock, AddressSpace, MsgQueue:
		n, err := ParseBytes(s)
		if err == nil && uint64(n) == Unlimited {
			return 0, rangeError(s, "infinity or less")
		}
		return uint64(n), err
	case CPU:
		t, err := span.ParseSeconds(s)
		if err != nil || t == span.Infinity {
			return Unlimited, err
		}
		return uint64((t + span.Second - 1) / span.Second), nil
	case RTTime:
		t, err := span.ParseDefault(s, span.Microsecond)
		return uint64(t), err
	case NicePriority:
		return parseNiceLimit(s)
	}
	n, err := ParseUint(s, 64)
	if err != nil || n == Unlimited {
		return 0, syntaxError(s, "a number or infinity")
	}
	return n, nil
}

// parseNiceLimit reads a nice level with its sign, or the kernel's number for it: 20 minus the level.
func parseNiceLimit(s string) (uint64, error) {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		n, err := ParseInt(s, 32)
		if err != nil || n < -20 || n > 19 {
			return 0, rangeError(s, "a nice level from -20 to +19")
		}
		return uint64(20 - n), nil
	}
	n, err := ParseUint(s, 32)
	if err != nil {
		return 0, syntaxError(s, "a nice level such as +5")
	}
	if n > 40 {
		return 0, rangeError(s, "0 to 40")
	}
	return n, nil
}

// String prints "soft:hard", one number if both are the same, or "infinity".
func (l Limit) String() string {
	soft, hard := formatLimit(l.Soft), formatLimit(l.Hard)
	if soft == hard {
		return soft
	}
	return soft + ":" + hard
}

func formatLimit(n uint64) string {
	if n == Unlimited {
		return "infinity"
	}
	return strconv.FormatUint(n, 10)
}
