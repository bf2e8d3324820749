package systemctl_test

import (
	"strings"
	"testing"
)

// installCases are command lines that are done beside the oracle, one after the other, on the files of installFiles.
var installCases = []string{
	"enable good-bad.service", "enable bad-good.service", "enable bad-want.service", "enable alias-badwant.service",
	"enable alias-badwant.service", "enable want-bad-want.service", "enable want-badrequire.service",
	"enable require-badwant.service", "enable badtemplate@.service", "enable badtemplate@x.service",
	"enable /opt/linked.service", "enable own.socket", "enable own@i.service", "disable own.socket",
	"enable a.slice", "enable a.mount", "list-unit-files", "list-unit-files -q", "list-unit-files --legend=yes -q",
	"list-unit-files -q --legend=yes", "list-unit-files --type=timer", "list-unit-files --state=foo",
	"list-unit-files nosuch", "--global list-unit-files", "--user list-unit-files", "--user get-default",
	"--user is-enabled good-bad", "is-enabled badalso", "enable badalso",
	"enable typed.service own-drop.service prefix-a.service",
	"enable foreign.service", "enable --force foreign.service",
	"enable t@a.service t@b.service", "is-enabled own.socket /opt/linked.service", "is-enabled /mnt/a", "enable /mnt/a",
	"link /opt/\u00e9.service", "disable /opt/linked.service /b/own.socket typed", "disable -q /opt/linked.service",
	"disable /dev/x", "disable a* /opt/linked.service", "enable \u00e9.service", "enable .service", "enable -q \u00e9",
	"mask x* y*.service", "mask -q z*", "is-enabled '' ", "enable @x.service", "unmask /mnt/a",
	"enable in.service", "is-enabled in.service", "disable in.service", "enable in-x.service", "enable in@.service",
	"is-enabled in@.service", "disable in@.service", "enable in@q.service", "is-enabled in@q.service",
	"enable upheld.service",
	"enable path.service", "enable in-template@.service", "is-enabled in-template@.service", "enable badwant.service",
	"preset badwant.service", "preset path.service", "preset /opt/linked.service", "preset /opt/nowhere.service",
	"--root=/nonexistent is-enabled a", "--root=/nonexistent list-unit-files", "--root=/nonexistent get-default",
	"is-enabled " + strings.Repeat("a", 300),
}

var installFiles = map[string]string{
	"good-bad.service":          "Alias=good.service bad.socket",
	"bad-good.service":          "Alias=bad.socket good1.service",
	"bad-want.service":          "Alias=bad.socket\nWantedBy=x.target",
	"alias-badwant.service":     "Alias=alias.service\nWantedBy=x.foo",
	"want-bad-want.service":     "WantedBy=a.target f.foo b.target",
	"want-badrequire.service":   "WantedBy=b.target\nRequiredBy=f.foo",
	"require-badwant.service":   "RequiredBy=b.target\nWantedBy=f.foo",
	"badtemplate@.service":      "Alias=g@.service u@.socket h@%i.service\nDefaultInstance=x\nWantedBy=k@%i.target",
	"own.socket":                "Alias=own.socket",
	"own@.service":              "Alias=own@.service",
	"a.slice":                   "Alias=b.slice\nWantedBy=x.target",
	"a.mount":                   "Alias=b.mount",
	"badalso.service":           "WantedBy=x.target\nAlso=%z.service",
	"typed.service":             "",
	"service.d/a.conf":          "WantedBy=all.target",
	"own-drop.service":          "",
	"own-drop.service.d/a.conf": "WantedBy=own.target",
	"prefix-a.service":          "",
	"prefix-.service.d/a.conf":  "WantedBy=prefix.target",
	"t@.service":                "",
	"t@.service.d/a.conf":       "WantedBy=t.target",
	"t@a.service":               "",
	"t@a.service.d/a.conf":      "WantedBy=a.target",
	"in.service":                "Alias=x.target.wants/in.service x.target.requires//in.service y@.target.wants/%n",
	"in-x.service":              "Alias=x.target.wants/y.service x.target.wants/in-x.socket",
	"in@.service":               "Alias=x.target.wants/in@.service x.target.wants/in@a.service x.target.wants/%n",
	"in-template@.service":      "DefaultInstance=d\nAlias=x@.target.wants/%n x.target.wants/in-template@%i.service",
	"upheld.service":            "Alias=x.target.upholds/upheld.service",
	"path.service":              "Alias=foo/bar a/x.target.wants/%n x.target.wants/../%n\nWantedBy=x.target",
	"badwant.service":           "WantedBy=%z.target",
	"linked.service":            "Alias=bad.socket\nWantedBy=x.foo",
	"foreign.service":           "Alias=taken.service\nWantedBy=x.target\nRequiredBy=y.target",
}

func TestInstallCases(t *testing.T) {
	p := newPair(t)
	for name, section := range installFiles {
		dir := "/usr/lib/systemd/system/"
		if name == "linked.service" {
			dir = "/opt/"
		}
		p.write(dir+name, "[Install]\n"+section+"\n")
	}
	foreign := []string{"x.target.wants/foreign.service", "y.target.requires/foreign.service", "taken.service"}
	for _, place := range foreign {
		p.write("/etc/systemd/system/"+place, "-> /opt/foreign.service") // only the last one stays without --force
	}
	for _, c := range installCases {
		p.log = nil
		p.run(strings.Fields(strings.ReplaceAll(c, "''", ""))...)
	}
}
