package words_test

import (
	"testing"

	"github.com/steward-init/steward/syntax/words"
)

// TestJoinShell: command lines are shown as systemd 252 shows those of processes.
func TestJoinShell(t *testing.T) {
	for _, c := range []struct {
		want string
		argv []string
	}{
		{"/bin/sleep 1000", []string{"/bin/sleep", "1000"}},
		{`/bin/sh -c "echo \$HOME; cat"`, []string{"/bin/sh", "-c", "echo $HOME; cat"}},
		{`echo ""`, []string{"echo", ""}},
		{`echo "it's" "a\"b" "\\" "\` + "`x\\`" + `"`, []string{"echo", "it's", `a"b`, `\`, "`x`"}},
		{`echo "a\tb\n" "\001" "\177" é=1,2:3@4%5#6~7{8}`, []string{"echo", "a\tb\n", "\x01", "\x7f", "é=1,2:3@4%5#6~7{8}"}},
		{`echo "a*" "b?" "[c]" "(d)" "e|f" "!"`, []string{"echo", "a*", "b?", "[c]", "(d)", "e|f", "!"}},
		{"", nil},
	} {
		if got := words.JoinShell(c.argv); got != c.want {
			t.Errorf("%q: %s, not %s", c.argv, got, c.want)
		}
	}
}
