package directive

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/wire/dbus"
)

// number makes a codec of an unsigned number on D-Bus from what reads its text.
func number(what string, read func(text string) (uint64, error)) *Codec[uint64] {
	return &Codec[uint64]{
		Parse: func(old uint64, text string, _ *Context) (uint64, error) {
			v, err := read(text)
			if err != nil {
				return old, bad("%q is not %s", text, what)
			}
			return v, nil
		},
		Format: func(v uint64) string {
			if v == math.MaxUint64 {
				return "infinity"
			}
			return strconv.FormatUint(v, 10)
		},
		Sig:    "t",
		Encode: (*dbus.Writer).Uint64,
	}
}

// between makes a codec of a number from low to high.
func between(what string, low, high uint64) *Codec[uint64] {
	return number(fmt.Sprintf("%s from %d to %d", what, low, high), func(text string) (uint64, error) {
		v, err := strconv.ParseUint(text, 10, 64)
		if err == nil && (v < low || v > high) {
			err = quantity.ErrRange
		}
		return v, err
	})
}

// percentScale is what a share of a resource is scaled to where its size is not known here.
const percentScale = 10000

// These are the numbers of systemd.resource-control(5).
func weight() *Codec[uint64] {
	return between("a weight", 1, 10000)
}

func shares() *Codec[uint64] {
	return between("a number of shares", 2, 262144)
}

func blockWeight() *Codec[uint64] {
	return between("a weight", 10, 1000)
}

func cpuWeight() *Codec[uint64] {
	weight := weight()
	return number("a weight from 1 to 10000, or idle", func(text string) (uint64, error) {
		if text == "idle" {
			return 0, nil
		}
		return weight.Parse(0, text, nil)
	})
}

func memory() *Codec[uint64] {
	return number("an amount of memory", func(text string) (uint64, error) {
		if text == "infinity" {
			return math.MaxUint64, nil
		}
		if strings.HasSuffix(text, "%") {
			_, err := quantity.ParsePermyriad(text)
			return math.MaxUint64, err // how much memory the machine has is not known here
		}
		v, err := quantity.ParseBytes(text)
		if v == 0 && err == nil {
			err = quantity.ErrRange
		}
		return uint64(v), err
	})
}

// memoryFloor may be zero.
func memoryFloor() *Codec[uint64] {
	memory := memory()
	return number("an amount of memory", func(text string) (uint64, error) {
		if text == "0" || text == "0%" {
			return 0, nil
		}
		return memory.Parse(0, text, nil)
	})
}

func tasks() *Codec[uint64] {
	return number("a number of tasks", func(text string) (uint64, error) {
		if text == "infinity" {
			return math.MaxUint64, nil
		}
		if strings.HasSuffix(text, "%") {
			_, err := quantity.ParsePermyriad(text)
			return math.MaxUint64, err
		}
		return strconv.ParseUint(text, 10, 64)
	})
}

func cpuQuota() *Codec[uint64] {
	return number("a percentage", func(text string) (uint64, error) {
		v, err := quantity.ParsePermyriadUnbounded(text)
		return uint64(v) * (1000000 / percentScale), err
	})
}

// delegate is a boolean, or the controllers that the unit's processes may drive. systemd.resource-control(5).
func delegate() *entry[model.Control] {
	e := row("Delegate", "OTHER", Bool, func(c *model.Control) *bool { return &c.Delegate })
	plain := e.parse
	e.parse = func(c *model.Control, text string, ctx *Context) error {
		if _, err := quantity.ParseBool(text); err == nil {
			c.Controllers = nil
			return plain(c, text, ctx)
		}
		if text == "" {
			c.Controllers = nil
		}
		list, err := splitWords(text, ctx)
		for _, word := range list {
			if !validController(word) {
				ctx.warn(bad("%q is not a cgroup controller", word))
				continue
			}
			c.Controllers = append(c.Controllers[:len(c.Controllers):len(c.Controllers)], word)
		}
		c.Delegate = true
		return err
	}
	e.format = func(c *model.Control) string {
		if len(c.Controllers) > 0 {
			return strings.Join(c.Controllers, " ")
		}
		return quantity.FormatBool(c.Delegate)
	}
	return e
}

func validController(word string) bool {
	switch word {
	case "cpu", "cpuacct", "cpuset", "io", "blkio", "memory", "devices", "pids", "bpf-firewall", "bpf-devices",
		"bpf-foreign", "bpf-socket-bind", "bpf-restrict-network-interfaces":
		return true
	}
	return false
}
