// Package debian installs Debian's packages in throw-away machines, as their users do, so that tests can run real
// services from real packages under any init.
//
// It exists to keep the real root untouched: packages are downloaded into a cache of the caller's, and installed, with
// their maintainer scripts, inside. It must not know which init the machine has. It needs root, Debian, and for the
// first download a network.
package debian

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/steward-init/steward/machine"
)

// Archives is the folder of packages inside. It is not apt's own, which images of containers empty after each use.
const Archives = "/opt/packages"

// Download puts packages, with those they depend on and this machine lacks, into a folder below the user's cache, and
// returns it. What is there already is not fetched again.
func Download(ctx context.Context, packages ...string) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("package cache: %w", err)
	}
	dir := filepath.Join(cache, "steward", "packages")
	if err := os.MkdirAll(filepath.Join(dir, "partial"), 0o755); err != nil {
		return "", fmt.Errorf("package cache: %w", err)
	}
	files, err := Files(ctx, packages...)
	if err != nil {
		return "", err
	}
	if !slices.ContainsFunc(files, func(name string) bool { return !exists(filepath.Join(dir, name)) }) {
		return dir, nil
	}
	words := append([]string{"--yes", "--no-install-recommends", "--download-only", "-o", "Dir::Cache::archives=" + dir,
		"-o", "APT::Sandbox::User=root", "install"}, packages...)
	if out, err := exec.CommandContext(ctx, "apt-get", words...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("download packages: %w: %s", err, lastLine(out))
	}
	return dir, nil
}

// Files are the names, in the folder of Download, of packages and of those they depend on and this machine lacks.
func Files(ctx context.Context, packages ...string) ([]string, error) {
	empty, err := os.MkdirTemp("", "steward-packages-")
	if err != nil {
		return nil, fmt.Errorf("package cache: %w", err)
	}
	defer func() { _ = os.RemoveAll(empty) }() // best effort: a folder of temporary files
	words := append([]string{"--yes", "--no-install-recommends", "--print-uris", "-o", "Dir::Cache::archives=" + empty,
		"install"}, packages...)
	cmd := exec.CommandContext(ctx, "apt-get", words...)
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("what packages need: %w: %s", err, lastLine(out))
	}
	var files []string
	for line := range strings.Lines(string(out)) { // 'URI' NAME SIZE HASH
		if fields := strings.Fields(line); len(fields) > 2 && strings.HasPrefix(line, "'") {
			files = append(files, fields[1])
		}
	}
	return files, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// Bind makes the packages of a folder known to apt-get(8) inside of a machine.
func Bind(c *machine.Config, dir string) {
	if c.Binds == nil {
		c.Binds = map[string]string{}
	}
	c.Binds[dir] = Archives
}

// Install installs packages of the bound folder inside, and starts what they start.
func Install(ctx context.Context, m *machine.Machine, packages ...string) error {
	// A host that is itself a container image may forbid its packages to start anything; the machine does not.
	script := "rm -f /usr/sbin/policy-rc.d && DEBIAN_FRONTEND=noninteractive apt-get --yes --no-install-recommends" +
		" --no-download -o APT::Sandbox::User=root -o Dir::Cache::archives=" + Archives +
		" install " + strings.Join(packages, " ")
	out, stderr, status := m.Exec(ctx, "sh", "-c", script)
	if status != 0 {
		return fmt.Errorf("install packages: status %d: %s\n%s", status, stderr, out)
	}
	return nil
}

func lastLine(out []byte) string {
	text := strings.TrimSpace(string(out))
	return text[strings.LastIndexByte(text, '\n')+1:]
}
