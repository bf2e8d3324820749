package directive

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/span"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/wire/dbus"
)

// notTheOracles are the properties of the samples whose values differ from the oracle's, with the reason.
var notTheOracles = map[string]string{
	"TasksMax":   "a share of the machine's limit, which the table doesn't know",
	"LimitNPROC": "the manager's own limit", "LimitNPROCSoft": "the manager's own limit",
	"LimitSIGPENDING": "the manager's own limit", "LimitSIGPENDINGSoft": "the manager's own limit",
	"LimitSTACKSoft": "the manager's own limit", "LimitCORESoft": "the manager's own limit",
	"LimitMSGQUEUE": "the manager's own limit", "LimitMSGQUEUESoft": "the manager's own limit",
	"LimitNICE": "the manager's own limit", "LimitNICESoft": "the manager's own limit",
	"LimitRTPRIO": "the manager's own limit", "LimitRTPRIOSoft": "the manager's own limit",
	"Slice":                 "the loader adds the default slice",
	"CapabilityBoundingSet": "printed by names", "CoredumpFilter": "printed in hexadecimal",
	"FragmentPath": "the loader finds the file", "RequiresMountsFor": "the loader adds those of directories",
	"RestrictNamespaces": "printed by names", "NUMAPolicy": "printed by name", "SecureBits": "printed by names",
	"MountFlags": "printed by names", "AmbientCapabilities": "printed by names",
	"FailureActionExitStatus": "printed by words", "SuccessActionExitStatus": "printed by words",
	"Documentation": "printed with quotes", "Environment": "printed with quotes",
	"LogExtraFields": "printed by lines", "Transient": "the caller's",
	"RestrictNetworkInterfaces": "not applied yet", "OOMScoreAdjust": "the manager's own",
}

func TestValuesAreTheOracles(t *testing.T) {
	for unit, show := range map[string]string{
		"sample.service": "oracle-show-all-service.txt",
		"plain.service":  "oracle-show-all-plain.txt",
		"sample.target":  "oracle-show-all-target.txt",
		"sample.slice":   "oracle-show-all-slice.txt",
	} {
		t.Run(unit, func(t *testing.T) { compareShow(t, unit, show) })
	}
}

func compareShow(t *testing.T, name, show string) {
	text, err := os.ReadFile("../../gen/oracle/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("../../bus/testdata/" + show)
	if err != nil {
		t.Fatal(err)
	}
	kind, _ := model.ParseType(name[strings.LastIndexByte(name, '.')+1:])
	u := NewUnit(name, kind, nil)
	file, _ := unitfile.Parse(name, text)
	ctx := Context{}
	for line := range file.Assignments() {
		Apply(u, line, &ctx)
	}
	Complete(u, nil)
	values := map[string]string{}
	for line := range strings.SplitSeq(string(want), "\n") {
		key, value, _ := strings.Cut(line, "=")
		values[key] = value
	}
	compared := 0
	for _, p := range Properties(kind, nil) {
		want, shown := values[p.Name]
		if p.Encode == nil || notTheOracles[p.Name] != "" || !shown || want == "[unprintable]" {
			continue
		}
		got, ok := showValue(p, u)
		if ok {
			compared++
		}
		if ok && got != want && !(got == "infinity" && want == "[not set]") {
			t.Errorf("%s: got %q, the oracle shows %q", p.Name, got, want)
		}
	}
	if compared < 20 {
		t.Errorf("only %d properties compared", compared)
	}
}

// showValue prints a property as systemctl does; ok is false for types that it prints in their own way.
func showValue(p Property, u *model.Unit) (text string, ok bool) {
	w := dbus.NewWriter(nil)
	p.Encode(w, u)
	r := dbus.NewReader(w.Bytes(), false)
	switch v := r.Value(p.Sig).(type) {
	case bool:
		return Bool.Format(v), true
	case string:
		return v, true
	case int32:
		return fmt.Sprint(v), true
	case uint32:
		if strings.HasSuffix(p.Name, "Mode") || p.Name == "UMask" {
			return Mode.Format(v), true
		}
		return fmt.Sprint(v), true
	case uint64:
		if v == math.MaxUint64 {
			return "infinity", true
		}
		if strings.HasSuffix(p.Name, "USec") {
			return span.Span(v).String(), true
		}
		return fmt.Sprint(v), true
	case []string:
		return strings.Join(v, " "), true
	}
	return "", false
}
