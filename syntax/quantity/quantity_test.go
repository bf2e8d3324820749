package quantity_test

import (
	_ "embed"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/syntax/recorded"
)

var (
	//go:embed testdata/quantities.txt
	quantityFacts string
	//go:embed testdata/words.txt
	wordFacts string
	//go:embed testdata/bytes.txt
	byteFacts string
)

func size(s string, base quantity.Base) string {
	n, err := quantity.ParseSize(s, base)
	return recorded.Result(uint64(n), err)
}

func share(p quantity.Permyriad, err error) string { return recorded.Result(uint32(p), err) }

func limit(r quantity.Resource, s string) string {
	l, err := quantity.ParseLimit(r, s)
	return recorded.Result(l.String(), err)
}

func cpus(s string) string {
	set, err := quantity.ParseCPUSet(s)
	return recorded.Result(set.String(), err)
}

func TestQuantitiesAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(quantityFacts) {
		s := row.Text(0)
		got := []string{
			row[0], size(s, quantity.IEC), size(s, quantity.SI),
			recorded.Result(quantity.ParsePercent(s)), recorded.Result(quantity.ParsePermille(s)),
			share(quantity.ParsePermyriad(s)), share(quantity.ParsePermyriadUnbounded(s)),
			recorded.Result(quantity.ParseMode(s)), recorded.Result(quantity.ParseID(s)),
			recorded.Result(quantity.ParseNice(s)),
			limit(quantity.CPU, s), limit(quantity.FSize, s), limit(quantity.NoFile, s),
			limit(quantity.NicePriority, s), limit(quantity.RTTime, s), cpus(s),
		}
		for i := range row {
			if row[i] != "-" && got[i] != row[i] {
				t.Errorf("%s, column %d: got %s, want %s", row[0], i, got[i], row[i])
			}
		}
	}
}

func TestWordsAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(wordFacts) {
		s := row.Text(0)
		got := []string{
			row[0], recorded.Result(quantity.ParseBool(s)), recorded.Result(quantity.ParseSignal(s)),
			recorded.Result(quantity.ParseErrno(s)), recorded.Result(quantity.ParseCapability(s)),
			recorded.Result(quantity.ParseIOClass(s)), recorded.Result(quantity.ParseScheduler(s)),
			recorded.Result(quantity.ParseSyslogLevel(s)), recorded.Result(quantity.ParseSyslogFacility(s)),
		}
		for i := range row {
			if row[i] != "-" && got[i] != row[i] {
				t.Errorf("%s, column %d: got %s, want %s", row[0], i, got[i], row[i])
			}
		}
	}
}

func TestBytesAsTheOracle(t *testing.T) {
	for _, row := range recorded.Rows(byteFacts) {
		n, err := strconv.ParseUint(row[0], 10, 64)
		if got := quantity.Bytes(n).String(); err != nil || got != row.Text(1) {
			t.Errorf("%s: got %s, want %s", row[0], got, row[1])
		}
	}
	if quantity.NoLimit.String() != "infinity" {
		t.Error("no limit is not infinity")
	}
}

func TestNamesAreReadBack(t *testing.T) {
	for n := 1; n <= quantity.SignalRealtimeMax; n++ {
		if got, err := quantity.ParseSignal("SIG" + quantity.SignalName(n)); n != 32 && n != 33 && (got != n || err != nil) {
			t.Errorf("signal %d: got %d, %v", n, got, err)
		}
	}
	for n := 1; n <= quantity.MaxErrno; n++ {
		if got, err := quantity.ParseErrno(quantity.ErrnoName(n)); got != n || err != nil {
			t.Errorf("errno %d: got %d, %v", n, got, err)
		}
	}
	for n := range quantity.LastCapability + 1 {
		if got, err := quantity.ParseCapability(quantity.CapabilityName(n)); got != n || err != nil {
			t.Errorf("capability %d: got %d, %v", n, got, err)
		}
	}
	for r := quantity.CPU; r <= quantity.RTTime; r++ {
		if got, err := quantity.ParseResource(r.String()); got != r || err != nil {
			t.Errorf("resource %d: got %d, %v", r, got, err)
		}
	}
	for _, c := range []struct {
		parse func(string) (int, error)
		name  func(int) string
	}{
		{quantity.ParseIOClass, quantity.IOClassName}, {quantity.ParseScheduler, quantity.SchedulerName},
		{quantity.ParseSyslogLevel, quantity.SyslogLevelName}, {quantity.ParseSyslogFacility, quantity.SyslogFacilityName},
	} {
		for n := range 8 {
			if got, err := c.parse(c.name(n)); got != n || err != nil {
				t.Errorf("%s: got %d, %v, want %d", c.name(n), got, err, n)
			}
		}
	}
}

func TestSmallPrinters(t *testing.T) {
	bits, err := quantity.ParseSecureBit("keep-caps")
	if _, bad := quantity.ParseSecureBit("keep"); err != nil || bad == nil {
		t.Errorf("secure bits: %v, %v", err, bad)
	}
	for got, want := range map[string]string{
		quantity.FormatMode(0o22):                                              "0022",
		quantity.FormatMode(0o1777):                                            "1777",
		quantity.FormatBool(true) + quantity.FormatBool(false):                 "yesno",
		quantity.Permyriad(5000).String():                                      "50%",
		quantity.Permyriad(1205).String():                                      "12.05%",
		quantity.Permyriad(1250).String():                                      "12.5%",
		strings.Join(quantity.CapabilityNames(1|1<<10|1<<50), " "):             "cap_chown cap_net_bind_service 0x32",
		(bits | 1).String():                                                    "keep-caps noroot",
		quantity.PersonalityName(8, "amd64"):                                   "x86",
		quantity.PersonalityName(9, "amd64"):                                   "",
		quantity.Limit{Soft: 1, Hard: quantity.Unlimited}.String():             "1:infinity",
		quantity.CPUSet{0b10111}.String() + quantity.CPUSet(nil).String():      "0-2 4",
		strconv.Itoa(quantity.CPUSet{0b10111, 1}.Count()):                      "5",
		quantity.SignalName(37) + quantity.SignalName(9):                       "RTMIN+3KILL",
		quantity.ErrnoName(2) + quantity.ErrnoName(4000):                       "ENOENT4000",
		strconv.FormatBool(quantity.ValidID(65535) || quantity.ValidID(1<<32)): "false",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestPersonality(t *testing.T) {
	if p, err := quantity.ParsePersonality("x86", "amd64"); err != nil || p != 8 {
		t.Errorf("got %d, %v", p, err)
	}
	if _, err := quantity.ParsePersonality("arm", "amd64"); err == nil {
		t.Error("another machine's architecture is taken")
	}
}

func TestCapabilitiesAsInstalled(t *testing.T) {
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed; the table is compared where it is")
	}
	out, err := exec.Command(tool, "capability", "--no-pager").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n")[1:] {
		fields := strings.Fields(line)
		if n, err := quantity.ParseCapability(fields[0]); err != nil || strconv.Itoa(n) != fields[1] {
			t.Errorf("%s: got %d, %v", line, n, err)
		}
	}
}

func FuzzQuantities(f *testing.F) {
	for _, facts := range []string{quantityFacts, wordFacts} {
		for _, row := range recorded.Rows(facts) {
			f.Add(row.Text(0))
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for r := quantity.CPU; r <= quantity.RTTime; r++ {
			if l, err := quantity.ParseLimit(r, s); err == nil && l.Soft > l.Hard {
				t.Errorf("%v %q: %v", r, s, l)
			}
		}
		if set, err := quantity.ParseCPUSet(s); err == nil && cpus(set.String()) != recorded.Quote(set.String()) {
			t.Errorf("%q: printed as %s, read as %s", s, set, cpus(set.String()))
		}
		if p, err := quantity.ParsePermyriad(s); err == nil {
			if again, err := quantity.ParsePermyriad(p.String()); err != nil || again != p {
				t.Errorf("%q: printed as %s, read as %s, %v", s, p, again, err)
			}
		}
		if n, err := quantity.ParseSignal(s); err == nil && (n < 1 || n > quantity.SignalRealtimeMax) {
			t.Errorf("%q: signal %d", s, n)
		}
		if n, err := quantity.ParseInt(s, 64); err == nil && n >= 0 {
			if u, err := quantity.ParseUint(s, 64); (err != nil || u != uint64(n)) && !strings.Contains(s, "-") {
				t.Errorf("%q: signed %d, unsigned %d, %v", s, n, u, err)
			}
		}
		for _, parse := range []func(string) (int, error){
			quantity.ParseErrno, quantity.ParseCapability, quantity.ParseIOClass, quantity.ParseScheduler,
			quantity.ParseSyslogLevel, quantity.ParseSyslogFacility, quantity.ParsePercent, quantity.ParsePermille,
		} {
			if n, err := parse(s); err == nil && n < 0 {
				t.Errorf("%q: %d", s, n)
			}
		}
		size(s, quantity.IEC)
		size(s, quantity.SI)
	})
}
