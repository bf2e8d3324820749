package machineid

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestParse has what the oracle's systemd-id128 says of such files.
func TestParse(t *testing.T) {
	const id = "3d1219c7c4c5404aaa1f6d2a48adfda4"
	for _, c := range []struct {
		text string
		want error
	}{
		{id, nil}, {id + "\n", nil}, {"3D1219C7C4C5404AAA1F6D2A48ADFDA4\n", nil}, {"", unix.ENOMEDIUM},
		{"00000000000000000000000000000000\n", unix.ENOMEDIUM}, {"uninitialized\n", unix.ENOPKG},
		{id[1:], unix.EINVAL}, {id + "\n\n", unix.EINVAL}, {id + " \n", unix.EINVAL}, {"\n", unix.EINVAL},
		{"3d1219c7-c4c5-404a-aa1f-6d2a48adfda4\n", unix.EINVAL},
	} {
		if got, err := parse(c.text); err != c.want || err == nil && got.String() != id {
			t.Errorf("%q: %s, %v; want %v", c.text, got, err, c.want)
		}
	}
}
