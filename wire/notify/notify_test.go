package notify_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/steward-init/steward/wire/notify"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		text string
		want notify.Message
	}{
		{"", notify.Message{}},
		{"READY=1", notify.Message{Fields: notify.Ready}},
		{"READY=1\nSTATUS=Up, 3 clients\n", notify.Message{Fields: notify.Ready | notify.Status, Status: "Up, 3 clients"}},
		{"RELOADING=1\nMONOTONIC_USEC=5", notify.Message{
			Fields: notify.Reloading | notify.MonotonicUsec, MonotonicUsec: 5,
		}},
		{"STOPPING=1\nEXIT_STATUS=3\nERRNO=2\nBUSERROR=org.x.Y", notify.Message{
			Fields:     notify.Stopping | notify.ExitStatus | notify.Errno | notify.BusError,
			ExitStatus: 3, Errno: 2, BusError: "org.x.Y",
		}},
		{"MAINPID=17\nMAINPID=18", notify.Message{Fields: notify.MainPID, MainPID: 17}},
		{"WATCHDOG=1", notify.Message{Fields: notify.Watchdog}},
		{"WATCHDOG=trigger\nWATCHDOG_USEC=7\nEXTEND_TIMEOUT_USEC=9", notify.Message{
			Fields:          notify.Watchdog | notify.WatchdogUsec | notify.ExtendTimeoutUsec,
			WatchdogTrigger: true, WatchdogUsec: 7, ExtendTimeoutUsec: 9,
		}},
		{"FDSTORE=1\nFDNAME=a b\nFDPOLL=0", notify.Message{
			Fields: notify.FDStore | notify.FDName | notify.FDPoll, FDName: "a b",
		}},
		{"FDSTOREREMOVE=1\nFDNAME=x", notify.Message{Fields: notify.FDStoreRemove | notify.FDName, FDName: "x"}},
		{"BARRIER=1\n", notify.Message{Fields: notify.Barrier}},
		{"NOTIFYACCESS=main\nINVOCATION_ID=0123456789ABCDEF0123456789abcdef", notify.Message{
			Fields:       notify.NotifyAccess | notify.InvocationID,
			NotifyAccess: "main", InvocationID: "0123456789abcdef0123456789abcdef",
		}},
		{"X_A=1\nword\nREADY=1\x00STOPPING=1", notify.Message{Fields: notify.Ready, Unknown: []string{"X_A=1", "word"}}},
	} {
		if got := notify.Parse([]byte(c.text)); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q:\n got %+v\nwant %+v", c.text, got, c.want)
		}
	}
}

func TestInvalidFieldsAreToldAndLeftOut(t *testing.T) {
	for _, text := range []string{
		"READY=0", "READY=", "MAINPID=0", "MAINPID=-1", "MAINPID=x", "ERRNO=0", "ERRNO=99999", "EXIT_STATUS=256",
		"STATUS=\xff", "WATCHDOG=2", "WATCHDOG_USEC=-1", "FDNAME=a:b", "FDNAME=\x7f", "FDPOLL=2", "NOTIFYACCESS=some",
		"INVOCATION_ID=12", "BUSERROR=\x01", "BARRIER=1\nREADY=x", "EXTEND_TIMEOUT_USEC=18446744073709551616",
		"FDNAME=" + strings.Repeat("x", 256),
	} {
		m := notify.Parse([]byte(text))
		if m.Fields != 0 || len(m.Problems) == 0 {
			t.Errorf("%.40q: got %+v", text, m)
		}
	}
	m := notify.Parse([]byte("MAINPID=x\nMAINPID=5"))
	if m.MainPID != 5 || len(m.Problems) != 1 {
		t.Errorf("a valid field after an invalid one: %+v", m)
	}
}

func TestMessagesAreBounded(t *testing.T) {
	m := notify.Parse([]byte(strings.Repeat("A=b\n", 1000)))
	if len(m.Unknown) != 16 || m.Dropped != 984 {
		t.Errorf("kept %d, dropped %d", len(m.Unknown), m.Dropped)
	}
	m = notify.Parse([]byte(strings.Repeat("ERRNO=\n", 500)))
	if len(m.Problems) != 16 {
		t.Errorf("%d problems", len(m.Problems))
	}
	m = notify.Parse([]byte("READY=1\n" + strings.Repeat("x", notify.MaxDatagram)))
	if m.Fields != 0 || len(m.Problems) != 1 {
		t.Errorf("a datagram over the limit: %+v", m)
	}
}

func TestEncodeKeepsLinesApart(t *testing.T) {
	m := notify.Message{Fields: notify.Status, Status: "a\nREADY=1\x00", Unknown: []string{"X=1\nSTOPPING=1"}}
	if got := string(m.Encode()); got != "STATUS=a READY=1 \nX=1 STOPPING=1\n" {
		t.Errorf("got %q", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"READY=1\nSTATUS=x", "MAINPID=1\nERRNO=2\nBUSERROR=a.b\nEXIT_STATUS=0", "FDSTORE=1\nFDNAME=a\nFDPOLL=1",
		"WATCHDOG=trigger\nWATCHDOG_USEC=1\nMONOTONIC_USEC=2\nEXTEND_TIMEOUT_USEC=3", "BARRIER=1", "X=\n=\n\x00",
		"INVOCATION_ID=01234567-89ab-cdef-0123-456789abcdef\nNOTIFYACCESS=all\nMAINPIDFDID=1\nRELOADING=1",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m := notify.Parse(data)
		again := notify.Parse(m.Encode())
		m.Problems, again.Problems = nil, nil
		m.Dropped = 0
		if m.Has(notify.Barrier) && len(m.Unknown) > 0 || len(m.Encode()) > notify.MaxDatagram {
			return
		}
		if !reflect.DeepEqual(m, again) {
			t.Errorf("%+v\nencoded and read: %+v", m, again)
		}
	})
}
