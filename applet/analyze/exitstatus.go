package analyze

import (
	"fmt"
	"strconv"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/exitstatus"
)

// exitStatus lists exit statuses with a name, or the ones that are asked for.
func (s *session) exitStatus(args []string) (int, error) {
	t := ui.Table{Head: []string{"NAME", "STATUS", "CLASS"}, Right: []bool{false, true}}
	for _, arg := range args {
		number, ok := exitstatus.Parse(arg)
		if !ok {
			return 1, fmt.Errorf("Invalid exit status \"%s\".", arg)
		}
		row, ok := exitstatus.Find(number)
		if !ok {
			t.Add("-", strconv.Itoa(number), "-")
			continue
		}
		t.Add(row.Name, strconv.Itoa(number), row.Class.String())
	}
	if len(args) == 0 {
		for _, row := range exitstatus.All() {
			t.Add(row.Name, strconv.Itoa(row.Number), row.Class.String())
		}
	}
	s.page()
	t.Print(s.IO)
	return 0, nil
}
