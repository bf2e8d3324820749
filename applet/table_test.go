package applet_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet"
	"github.com/steward-init/steward/applet/ui"
)

func TestMain_picks(t *testing.T) {
	ran := ""
	row := func(names string) applet.Applet {
		return applet.Applet{Names: names, Run: func(_ context.Context, _ ui.IO, args []string) int {
			ran = names + ":" + strings.Join(args, " ")
			return 7
		}}
	}
	table := []applet.Applet{row("manager init systemd"), row("systemctl poweroff")}
	for _, c := range []struct {
		argv, want string
		status     int
	}{
		{"init: /bin/steward", "manager init systemd:steward", 7},
		{"init: /bin/steward quiet single", "manager init systemd:steward quiet single", 7},
		{"init: /bin/steward --system", "manager init systemd:steward --system", 7},
		{"init: /bin/steward systemctl --user", "systemctl poweroff:systemctl --user", 7},
		{"/sbin/init splash", "manager init systemd:init splash", 7},
		{"/bin/steward --user", "manager init systemd:steward --user", 7},
		{"steward systemctl --user", "systemctl poweroff:systemctl --user", 7},
		{"/sbin/poweroff -f", "systemctl poweroff:poweroff -f", 7},
		{"steward help", "", 0},
		{"steward nothing", "", 1},
		{"steward", "", 1},
	} {
		var out, err bytes.Buffer
		ran = ""
		words, init := strings.CutPrefix(c.argv, "init: ")
		status := applet.Main(context.Background(), ui.IO{Out: &out, Err: &err}, table, strings.Fields(words), init)
		said := out.String() + err.String()
		if ran != c.want || status != c.status || ran == "" && said == "" {
			t.Errorf("%s: ran %q, status %d, said %q; want %q, %d", c.argv, ran, status, said, c.want, c.status)
		}
	}
}
