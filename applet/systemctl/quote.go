package systemctl

import (
	"strings"
	"syscall"

	"github.com/steward-init/steward/applet/ui"
)

// errInvalid is what systemd's tools say of input they can not use.
const errInvalid = syscallError(syscall.EINVAL)

// syscallError is an error number that prints as the C library has it.
type syscallError syscall.Errno

func (e syscallError) Error() string { return ui.Because(syscall.Errno(e)) }

// posixQuote quotes the value of a variable for a shell if it needs it, as $'…', which can say any character.
func posixQuote(value string) string {
	needs := strings.ContainsAny(value, "\"\\`$*?['()<>|&;! \t\n\r")
	for i := range len(value) {
		needs = needs || value[i] < ' ' || value[i] == 0x7f
	}
	if !needs {
		return value
	}
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(value) {
		switch c := value[i]; {
		case c == '\'' || c == '\\':
			b.WriteString(`\` + value[i:i+1])
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c < ' ' || c == 0x7f:
			b.WriteByte('\\')
			b.WriteByte('0' + c>>6)
			b.WriteByte('0' + c>>3&7)
			b.WriteByte('0' + c&7)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('\'')
	return b.String()
}
