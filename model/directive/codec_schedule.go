package directive

import (
	"encoding/binary"
	"strconv"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/wire/dbus"
)

// What the kernel does with a process that asks for nothing: class best-effort, level 4. ioprio_set(2).
const (
	ioClassShift  = 13
	ioClassNone   = 0
	ioClassBest   = 2
	ioDefault     = ioClassBest<<ioClassShift | 4
	ioLevelMask   = 1<<ioClassShift - 1
	schedFIFO     = 1
	schedRR       = 2
	maxPriority   = 99
	maxIOPriority = 7
)

// schedule makes a codec of what reads and prints one part of a Scheduler.
func schedule(sig string, read func(s *model.Scheduler, text string) error, print func(s *model.Scheduler) string,
	encode func(w *dbus.Writer, s *model.Scheduler)) *Codec[*model.Scheduler] {
	return &Codec[*model.Scheduler]{
		Parse: func(old *model.Scheduler, text string, _ *Context) (*model.Scheduler, error) {
			v := schedulerOf(old)
			if err := read(&v, text); err != nil {
				if _, told := err.(*Problem); told {
					return old, err
				}
				return old, bad("%v", err)
			}
			return &v, nil
		},
		Format: func(v *model.Scheduler) string { s := schedulerOf(v); return print(&s) },
		Sig:    sig,
		Encode: func(w *dbus.Writer, v *model.Scheduler) { s := schedulerOf(v); encode(w, &s) },
	}
}

// schedulerOf is a copy of what is set, with the kernel's defaults for the rest.
func schedulerOf(s *model.Scheduler) model.Scheduler {
	if s == nil {
		return model.Scheduler{IOPrio: ioDefault}
	}
	return *s
}

// IOClass reads IOSchedulingClass=. systemd.exec(5), Scheduling; so do the following.
func IOClass() *Codec[*model.Scheduler] {
	return schedule("i", func(s *model.Scheduler, text string) error {
		if text == "" {
			s.IOPrio, s.IOPrioSet = ioDefault, false
			return nil
		}
		class, err := quantity.ParseIOClass(text)
		if err != nil {
			return err
		}
		s.IOPrio, s.IOPrioSet = int32(class)<<ioClassShift|s.IOPrio&ioLevelMask, true
		return nil
	}, func(s *model.Scheduler) string {
		if !s.IOPrioSet {
			return ""
		}
		return quantity.IOClassName(int(s.IOPrio >> ioClassShift))
	}, func(w *dbus.Writer, s *model.Scheduler) { w.Int32(effectiveIO(s) >> ioClassShift) })
}

// IOPriority reads IOSchedulingPriority=.
func IOPriority() *Codec[*model.Scheduler] {
	return schedule("i", func(s *model.Scheduler, text string) error {
		if text == "" {
			s.IOPrio, s.IOPrioSet = ioDefault, false
			return nil
		}
		level, err := Integer(0, maxIOPriority, 0).Parse(0, text, nil)
		if err != nil {
			return err
		}
		s.IOPrio, s.IOPrioSet = s.IOPrio&^ioLevelMask|level, true
		return nil
	}, func(s *model.Scheduler) string {
		if !s.IOPrioSet {
			return ""
		}
		return strconv.Itoa(int(s.IOPrio & ioLevelMask))
	}, func(w *dbus.Writer, s *model.Scheduler) { w.Int32(effectiveIO(s) & ioLevelMask) })
}

// CPUPolicy reads CPUSchedulingPolicy=; the priority follows into the range of the policy.
func CPUPolicy() *Codec[*model.Scheduler] {
	return schedule("i", func(s *model.Scheduler, text string) error {
		if text == "" {
			s.Policy, s.Priority, s.PolicySet = 0, 0, false
			return nil
		}
		policy, err := quantity.ParseScheduler(text)
		if err != nil {
			return err
		}
		s.Policy, s.PolicySet = int32(policy), true
		low, high := priorities(s.Policy)
		s.Priority = min(max(s.Priority, low), high)
		return nil
	}, func(s *model.Scheduler) string {
		if !s.PolicySet {
			return ""
		}
		return quantity.SchedulerName(int(s.Policy))
	}, func(w *dbus.Writer, s *model.Scheduler) { w.Int32(s.Policy) })
}

// CPUPriority reads CPUSchedulingPriority=.
func CPUPriority() *Codec[*model.Scheduler] {
	return schedule("i", func(s *model.Scheduler, text string) error {
		if text == "" {
			return bad("the priority is empty")
		}
		v, err := Integer(0, maxPriority, 0).Parse(0, text, nil)
		if err != nil {
			return err
		}
		s.Priority = v
		return nil
	}, func(s *model.Scheduler) string { return strconv.Itoa(int(s.Priority)) },
		func(w *dbus.Writer, s *model.Scheduler) { w.Int32(s.Priority) })
}

// CPUReset reads CPUSchedulingResetOnFork=.
func CPUReset() *Codec[*model.Scheduler] {
	return schedule("b", func(s *model.Scheduler, text string) (err error) {
		s.ResetOnFork, err = Bool.Parse(s.ResetOnFork, text, nil)
		return err
	}, func(s *model.Scheduler) string { return Bool.Format(s.ResetOnFork) },
		func(w *dbus.Writer, s *model.Scheduler) { w.Bool(s.ResetOnFork) })
}

// CPUAffinity reads CPUAffinity= and adds to the set.
func CPUAffinity() *Codec[*model.Scheduler] {
	return schedule("ay", func(s *model.Scheduler, text string) error {
		if text == "" {
			s.Affinity, s.AffinitySet = nil, false
			return nil
		}
		set, err := quantity.ParseCPUSet(text)
		if err != nil {
			return err
		}
		s.Affinity, s.AffinitySet = union(s.Affinity, set), true
		return nil
	}, func(s *model.Scheduler) string { return quantity.CPUSet(s.Affinity).String() },
		func(w *dbus.Writer, s *model.Scheduler) { w.ByteArray(bitBytes(s.Affinity)) }).decoder(decodeAffinity)
}

// decoder adds a reader of its own to a codec.
func (c *Codec[T]) decoder(decode func(r *dbus.Reader, sig string, old T, ctx *Context) (T, error)) *Codec[T] {
	c.Decode = decode
	return c
}

func decodeAffinity(r *dbus.Reader, sig string, old *model.Scheduler, _ *Context) (*model.Scheduler, error) {
	if sig != "ay" {
		return old, errSignature
	}
	v := schedulerOf(old)
	b := r.ByteArray()
	if len(b) > quantity.MaxCPU/8 {
		return old, bad("the bit mask is longer than %d CPUs", quantity.MaxCPU)
	}
	v.Affinity, v.AffinitySet = nil, len(b) > 0
	for i, bits := range b {
		if i%8 == 0 {
			v.Affinity = append(v.Affinity, 0)
		}
		v.Affinity[i/8] |= uint64(bits) << (i % 8 * 8)
	}
	return &v, nil
}

// effectiveIO is the class and level that hold: class none means what the kernel gives everybody.
func effectiveIO(s *model.Scheduler) int32 {
	if s.IOPrio>>ioClassShift == ioClassNone {
		return ioDefault
	}
	return s.IOPrio
}

// priorities are those a policy allows. sched(7).
func priorities(policy int32) (low, high int32) {
	if policy == schedFIFO || policy == schedRR {
		return 1, maxPriority
	}
	return 0, 0
}

func union(a, b []uint64) []uint64 {
	v := make([]uint64, max(len(a), len(b)))
	copy(v, a)
	for i, word := range b {
		v[i] |= word
	}
	return v
}

// bitBytes is a bit mask as D-Bus has it: bytes, the lowest first, without zeroes at the end.
func bitBytes(mask []uint64) []byte {
	var b []byte
	for _, word := range mask {
		b = binary.LittleEndian.AppendUint64(b, word)
	}
	for len(b) > 0 && b[len(b)-1] == 0 {
		b = b[:len(b)-1]
	}
	return b
}
