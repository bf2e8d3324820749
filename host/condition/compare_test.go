package condition

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
)

// compared has values of the kinds that compare, right and wrong ones. Those of slices only ask for what a machine
// without such slices says.
var compared = map[string][]string{
	"KernelVersion": {">= 1.0", ">=1.0 <99", "> = 5", `"*"`, "!=5", "=*", "=*.*", "$=*", "!$=*",
		"a b", "* 5.*", ">=", "<> 5",
		"!= 5.0", "lt 7", `>= "5.0"`, "'>= 5'", ">=5 foo", "foo >=5", `*\`, `"6`, "=", "!$=", ">=1 >=",
		"foo >=", `foo "`, "<1",
		`""`, `foo ""`, `$="*"`, `$= "*"`, `= ""`, `>=""`},
	"OSRelease": {"ID=debian", "ID = debian", "ID= debian", "ID=debian foo", "ID", "ID=", `ID=""`,
		"FOO=", "FOO!=x", "FOO=x",
		"ID$=*", "ID!$=*", "ID$!=*", "VERSION_ID>=1", "VERSION_ID >= 1", "VERSION_ID<>1", `PRETTY_NAME$="* *"`,
		`"PRETTY_NAME$=* *"`, "=x", "ID='x", "FOO<1", "FOO>1", "FOO<>1", "ID=foo ID", `ID=debian\`,
		"I D=debian", "1=x",
		"ID-X=y", `ID"="debian`, `ID=deb"ian"`, "ID>=", "ID =debian", "id=debian", "ID!=", "ID~=debian",
		"ID=debian=x",
		"FOO$=*", "FOO!$=*", `FOO!=""`},
	"Memory": {">= 1M", "1M", "foo", "$=1", "1", ">=", "<1K", "== 1", "!=1", "<>1", "=1", "1.5M",
		"1M foo", "0", "-1", "!$=1",
		"1Q", "inf", "100%", "18446744073709551615", "18446744073709551616", "16E"},
	"CPUs": {">= 1", "1", "foo", "$=1", ">=", "0", "-1", "!=9999", "<>9999", "=9999", "0x1", "01",
		"1 2", "4294967296", "+1"},
	"Firmware": {"smbios-field(no_name = x)", "smbios-field(no_name=x)", `smbios-field(no_name = "x y")`,
		"smbios-field(no_name = x y)", "smbios-field(no_name >= 1)", "smbios-field(no_name)",
		"smbios-field(no_name =)",
		"smbios-field()", "smbios-field(= x)", "smbios-field(no/name = x)", "smbios-field(no_name = x",
		"smbios-field(no_name ~ x)", "smbios-field(../name = x)", "smbios-field(no_name $= x*)",
		`smbios-field(no_name = "x)`, "smbios-field(no_name = x)foo", "device-tree-compatible(x)",
		"device-tree-compatible(x", "device-tree-compatible()", "foo"},
	"ControlGroupController": {"v1", "v2", "no-such-controller", "V1"},
	"MemoryPressure": {"10", "10.5%", "10.55%", "10.555%", "101%", "100%", "-1%", "100‰", "10000‱",
		"100%/", "100%/1min",
		"10%/60s", "100%/10sec", "10%/10s", "10%/300", "10%/7min", "100%/ 1min", "100% /1min", "/1min", "foo"},
	"CPUPressure": {"100%/5min", "10"},
	"IOPressure":  {"100%", "100%/2min"},
}

// TestComparisonsAsTheOracle asks for the verdict, or that there is none.
func TestComparisonsAsTheOracle(t *testing.T) {
	needOracle(t)
	for kind, values := range compared {
		for _, value := range values {
			verdicts, _ := new(Checker).Check(&model.Unit{Conditions: []model.Condition{{Kind: kind, Value: value}}})
			got := "failed."
			switch {
			case verdicts[0].Err != "":
				got = "no result"
			case verdicts[0].True:
				got = "succeeded."
			}
			if want := said(kind, value); got != want {
				t.Errorf("%s=%s: %s (%s), the oracle says %s", kind, value, got, verdicts[0].Err, want)
			}
		}
	}
}

// said is what the real systemd says of a condition.
func said(kind, value string) string {
	out, _ := exec.Command("systemd-analyze", "condition",
		"Condition"+kind+"="+value).CombinedOutput() // 1 if it fails
	line, _, _ := strings.Cut(string(out), "\n")
	if strings.Contains(line, "Couldn't determine result") {
		return "no result"
	}
	return line[strings.LastIndexByte(line, ' ')+1:]
}

// TestPressure has what the kernel tells, in several of its versions.
func TestPressure(t *testing.T) {
	const text = "some avg10=1.00 avg60=2.50 avg300=3.00 total=9\nfull avg10=0.10 avg60=0.25 avg300=0.30 total=8\n"
	for _, c := range []struct {
		text, average string
		most          string
		want          string
	}{
		{text, "avg10", "0.1%", "true"}, {text, "avg10", "0.09%", "false"}, {text, "avg60", "0.25%", "true"},
		{text, "avg300", "0.29%", "false"}, {text, "avg300", "100%", "true"},
		{"some avg10=1.00 avg60=2.50 avg300=3.00 total=9\n", "avg60", "2.49%", "false"},
		{"some avg10=1.00 avg60=2.50 avg300=3.00 total=9\n", "avg60", "2.5%", "true"},
		{"some avg10=1.00\n", "avg60", "1%", "the kernel does not tell avg60"}, {"", "avg10", "1%",
			"the kernel does not tell avg10"},
	} {
		if got := below(c.text, c.average, c.most); got != c.want {
			t.Errorf("%q, %s at most %s: %s, not %s", c.text, c.average, c.most, got, c.want)
		}
	}
}

func below(text, average, most string) string {
	share, err := quantity.ParsePermyriad(most)
	if err != nil {
		return err.Error()
	}
	holds, err := isBelow(text, average, share)
	if err != nil {
		return err.Error()
	}
	return strconv.FormatBool(holds)
}

// TestPressureOfASlice has a slice with a file of its own, one without, and what is no slice.
func TestPressureOfASlice(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/busy.slice", 0o700); err != nil {
		t.Fatal(err)
	}
	text := "some avg10=90.00 avg60=90.00 avg300=90.00 total=9\nfull avg10=80.00 avg60=80.00 avg300=80.00 total=8\n"
	if err := os.WriteFile(dir+"/busy.slice/memory.pressure", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c := Checker{Group: func(slice string) string { return dir + "/" + slice }}
	for value, want := range map[string]bool{"busy.slice:80%": true, "busy.slice:79%": false,
		"busy.slice:79%/10sec": false,
		"other.slice:1%":       true} {
		if got := holds(t, &c, "MemoryPressure", value); got != want {
			t.Errorf("%s: %v", value, got)
		}
	}
	verdicts, _ := c.Check(&model.Unit{Conditions: []model.Condition{{Kind: "MemoryPressure",
		Value: "a.service:1%"}}})
	if verdicts[0].Err == "" {
		t.Error("a service passes for a slice")
	}
}
