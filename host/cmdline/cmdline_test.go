package cmdline

import (
	"fmt"
	"strings"
	"testing"
)

// TestOptions reads names and values: "-" is "_", and what stands alone has no value.
func TestOptions(t *testing.T) {
	var got []string
	for name, value := range Parse(`a-b systemd.log-level=debug "c-d=e-f g" h= rd.x=1`).All() {
		if value == nil {
			got = append(got, name)
		} else {
			got = append(got, fmt.Sprintf("%s is %q", name, *value))
		}
	}
	want := `a_b; systemd.log_level is "debug"; c_d is "e-f g"; h is ""; rd.x is "1"`
	if text := strings.Join(got, "; "); text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
}

func TestBool(t *testing.T) {
	for text, want := range map[string]string{
		"": "false false", "x": "true true", "x=no": "false true", "x=1": "true true", "x=what": "false false",
		"x x=off": "false true", "x=off x": "true true", "x=1 x=what": "false false", "y": "false false",
	} {
		value, ok := Parse(text).Bool("x")
		if got := fmt.Sprint(value && ok, ok); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// TestEFI decodes what a machine's firmware keeps.
func TestEFI(t *testing.T) {
	data := []byte{7, 0, 0, 0}
	for _, c := range []byte("quiet systemd.unit=é\x00") {
		data = append(data, c, 0)
	}
	for text, want := range map[string]string{string(data): "quiet systemd.unit=Ã©", "": "", "\x07\x00": "",
		string(data[:9]): "qu"} {
		if got := decode([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestReplaced reads the line that stands for the machine's.
func TestReplaced(t *testing.T) {
	t.Setenv("SYSTEMD_PROC_CMDLINE", `one "two three"`)
	for _, container := range []bool{false, true} {
		if got := Read(container); len(got) != 2 || !got.Holds("two three") || got.Holds("two") {
			t.Errorf("%q", got)
		}
	}
}
