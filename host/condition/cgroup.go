package condition

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/sys"
)

// hasController asks for all of some controllers. What is none is not asked for, as systemd says.
func hasController(c *Checker, value string) (bool, error) {
	switch value {
	case "v2":
		return sys.IsCgroup2(cgroups), nil
	case "v1":
		return !sys.IsCgroup2(cgroups), nil
	}
	for word := range strings.FieldsSeq(value) {
		if slices.Contains(controllers, word) && !slices.Contains(c.Controllers, word) {
			return false, nil
		}
	}
	return true, nil
}

// cgroups is where the kernel's control groups are, one hierarchy or several.
const cgroups = "/sys/fs/cgroup"

// averages are the times over which the kernel tells pressure. systemd.unit(5), ConditionMemoryPressure=.
var averages = map[string]string{"10sec": "avg10", "1min": "avg60", "5min": "avg300", "": "avg300"}

// isPressureBelow tests the pressure on a resource, of the machine or of a slice: "[SLICE:]SHARE[/TIME]". Where the
// kernel does not tell it there is none.
func isPressureBelow(resource string) test {
	return func(c *Checker, value string) (bool, error) {
		file := "/proc/pressure/" + resource
		slice, limit, ofSlice := strings.Cut(value, ":")
		if !ofSlice {
			limit = value
		}
		share, over, _ := strings.Cut(limit, "/")
		most, err := quantity.ParsePermyriad(strings.Trim(share, whitespace))
		if err != nil {
			return false, err
		}
		average := averages[strings.Trim(over, whitespace)]
		if average == "" {
			return false, fmt.Errorf("%q is not 10sec, 1min or 5min", over)
		}
		if ofSlice {
			if unitname.ValidSlice(slice) != nil {
				return false, fmt.Errorf("%q is not the name of a slice", slice)
			}
			if c.Group == nil {
				return true, nil
			}
			file = c.Group(slice) + "/" + resource + ".pressure"
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return true, nil
		}
		return isBelow(string(data), average, most)
	}
}

// isBelow reads an average out of what the kernel tells of pressure: that of the time in which all tasks waited or,
// where it does not tell this, some.
func isBelow(text, average string, most quantity.Permyriad) (bool, error) {
	for _, kind := range []string{"full ", "some "} {
		for line := range strings.Lines(text) {
			rest, ok := strings.CutPrefix(line, kind)
			if !ok {
				continue
			}
			for field := range strings.FieldsSeq(rest) {
				if share, ok := strings.CutPrefix(field, average+"="); ok {
					now, err := quantity.ParsePermyriad(share + "%")
					return now <= most, err
				}
			}
		}
	}
	return false, fmt.Errorf("the kernel does not tell %s", average)
}
