package image

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// check has fsck(8) repair a file system, where it has a program for such ones.
func check(kind, device string) error {
	fsck, err := program("fsck")
	if err != nil {
		return nil // nothing to check with: the kernel notices what is wrong in time
	}
	if _, err := program("fsck." + kind); err != nil {
		return nil
	}
	cmd := exec.Command(fsck, "-aT", device)
	out, err := cmd.CombinedOutput()
	var status *exec.ExitError
	const corrected = 1
	if errors.As(err, &status) && status.ExitCode() == corrected {
		return nil
	}
	if err != nil && len(bytes.TrimSpace(out)) > 0 {
		return errors.Join(errors.New(strings.TrimSpace(string(out))), err)
	}
	return err
}

// program finds a program in $PATH or where system programs are, which is not in everybody's.
func program(name string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} {
		if path := filepath.Join(dir, name); isProgram(path) {
			return path, nil
		}
	}
	return "", exec.ErrNotFound
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
