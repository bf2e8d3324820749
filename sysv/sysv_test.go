package sysv

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/steward-init/steward/load"
	"github.com/steward-init/steward/model"
)

// FuzzParse: any text gives a unit that loads without a remark.
func FuzzParse(f *testing.F) {
	f.Add("### BEGIN INIT INFO\n# Provides: a $b\n# Required-Start: $network c.sh\n# Description: x\n#  y\n" +
		"### END INIT INFO\n")
	f.Add("# chkconfig: 35 1 99\n# description: a \\\n# b\n# pidfile: /run/%i.pid\necho usage: reload\n")
	f.Add("# description: \x00\xff\n# pidfile: /\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := Parse("/etc/init.d/x y", "x.service", text)
		Order([]*Script{s, Parse("/etc/init.d/z", "z.service", "")}, []Link{{"2", "S10x"}, {"3", "S09z"}, {"9", "K"}})
		Levels(text)
		files := &load.Memory{}
		files.Write("/etc/systemd/system/x.service", s.File())
		u := load.New(load.Options{Files: files, Path: load.Paths(load.System, nil)}).Unit("x.service")
		if u.Load != model.LoadLoaded && utf8.ValidString(text) && !strings.Contains(text, "\x00") {
			t.Skip() // not UTF-8, or no path: that the loader says
		}
		if u.Load == model.LoadLoaded && len(u.Service.Commands[model.ExecStart]) != 1 {
			t.Errorf("commands %v of\n%s", u.Service.Commands[model.ExecStart], s.File())
		}
	})
}
