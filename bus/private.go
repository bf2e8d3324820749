package bus

import (
	"fmt"

	"github.com/steward-init/steward/wire/dbus"
)

// busDaemon answers, on a private connection, what clients ask a message bus as soon as they are connected, so that
// those which know only buses can speak to us directly too: busctl --address=, and most libraries. Compat: systemd
// leaves them unanswered or refuses them.
func (c *call) busDaemon() {
	switch c.message.Member {
	case "Hello":
		c.reply("s", func(w *dbus.Writer) { w.String(fmt.Sprintf(":1.%d", c.client.number)) })
	case "AddMatch", "RemoveMatch": // every signal is sent anyway
		c.done()
	case "GetNameOwner":
		if name := c.in.String(); c.read() && name == busName {
			c.reply("s", func(w *dbus.Writer) { w.String(busName) })
			return
		}
		c.refuse("org.freedesktop.DBus.Error.NameHasNoOwner", "There is no bus on this connection.")
	case "ListNames", "ListActivatableNames":
		c.reply("as", func(w *dbus.Writer) { w.StringArray([]string{busName}) })
	default:
		c.refuse(errorUnknownMethod, "There is no bus on this connection.")
	}
}
