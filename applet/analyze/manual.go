package analyze

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// manual asks man(1) for a page.
func (s *session) manual(page string) error {
	name, section, _ := strings.Cut(strings.TrimSuffix(page, ")"), "(")
	args := []string{"-w", "--", section, name}
	if section == "" {
		args = []string{"-w", "--", name}
	}
	err := exec.CommandContext(s.ctx, "man", args...).Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return fmt.Errorf("with code %d", exit.ExitCode()) // behind "failed"
	case errors.Is(err, exec.ErrNotFound):
		return nil // without man(1) nobody can tell
	}
	if err != nil {
		return fmt.Errorf("to start: %w", err)
	}
	return nil
}
