package image

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// unverified refuses an image that comes with a Verity hash, in an attribute of its own or a file beside it: whoever
// put it there wants every block to be checked, and a change would break it. systemd-nspawn(1), "--root-hash=".
func (i *Image) unverified() error {
	if i.device {
		return nil
	}
	base := strings.TrimSuffix(i.path, ".raw")
	for _, suffix := range []string{"roothash", "usrhash"} {
		file := base + "." + suffix
		if _, err := os.Lstat(file); err == nil {
			return refused(i.path, file)
		}
		attribute := "user.verity." + suffix
		if _, err := unix.Fgetxattr(int(i.file.Fd()), attribute, nil); err == nil {
			return refused(i.path, "its attribute "+attribute)
		}
	}
	return nil
}

func refused(path, where string) error {
	return fmt.Errorf("%s has a Verity root hash (%s), which this version does not check: open it with veritysetup, "+
		"mount it, and use --root= with the directory.", path, where)
}
