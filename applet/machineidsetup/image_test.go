package machineidsetup

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/steward-init/steward/applet/beside"
	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/image/fixture"
)

// An image gets an identifier, once, which systemd's command then finds.
func TestImage(t *testing.T) {
	fixture.Need(t)
	system := fixture.FileSystem(t, "ext4", map[string]string{fixture.OSRelease: "ID=x\n", "etc/machine-id": ""})
	disk := fixture.GPT(t, fixture.Partition{Type: fixture.RootType(t, "root"), File: system})
	for _, path := range []string{system, disk} {
		var said []string
		for range 2 {
			var out, err bytes.Buffer
			status := Run(context.Background(), ui.IO{Out: &out, Err: &err},
				[]string{"systemd-machine-id-setup", "--image=" + path, "--print"})
			if status != 0 {
				t.Errorf("status %d, %s", status, err.String())
			}
			said = append(said, out.String())
		}
		i, err := image.Open(path, image.Options{ReadOnly: true})
		if err != nil {
			t.Fatal(err)
		}
		kept, err := i.Root().ReadFile("/etc/machine-id", 100)
		if err != nil || len(kept) != 33 || said[0] != string(kept) || said[1] != said[0] {
			t.Errorf("printed %q, kept %q, %v", said, kept, err)
		}
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
	pair := beside.New(t, "systemd-machine-id-setup", Run)
	pair.Compare(t, beside.Case{Args: []string{"--image=" + disk, "--print"}})
	got := pair.Ours(beside.Case{Args: []string{"--image=" + disk + "x"}})
	if got.Status != 1 || !strings.HasPrefix(got.Err, "Failed to set up loopback device for "+disk+"x: No such file") {
		t.Errorf("%+v", got)
	}
}
