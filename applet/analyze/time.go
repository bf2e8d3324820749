package analyze

import (
	"errors"
	"fmt"
	"strings"

	"github.com/steward-init/steward/applet/connect"
	"github.com/steward-init/steward/syntax/span"
)

// defaultTarget is what the start of a system is for.
const defaultTarget = "default.target"

// time prints how long the start took.
func (s *session) time(_ []string) (int, error) {
	m, err := s.manager()
	if err != nil {
		return 1, err
	}
	defer m.Close()
	text, err := s.startText(m)
	if err != nil {
		return 1, err
	}
	s.printf("%s\n", text)
	return 0, nil
}

// startText is how long the start took and its stages, and when the target that it was for was reached.
func (s *session) startText(m *manager) (string, error) {
	b, err := s.bootTimes(m)
	if err != nil {
		return "", err
	}
	text := b.String()
	target, err := m.getText(unitPath(defaultTarget), unitInterface, "Id")
	if err != nil {
		s.message("", "default.target doesn't seem to exist, ignoring: "+connect.Text(err))
		return text, nil
	}
	r, sig, err := m.get(unitPath(defaultTarget), unitInterface, "ActiveEnterTimestampMonotonic")
	if err == nil && sig != "t" {
		err = errors.New("not a time")
	}
	if err != nil {
		s.message("", "Could not get time to reach default.target, ignoring: "+connect.Text(err))
		return text, nil
	}
	base := b.userspace
	if base == 0 {
		base = b.offset
	}
	reached := span.Span(r.Uint64())
	if reached == 0 {
		return text + "\n" + target + " was never reached.", nil
	}
	return text + fmt.Sprintf("\n%s reached after %s in userspace.", target, milli(reached-min(reached, base))), nil
}

// String is the stages and their sum.
func (b *bootTimes) String() string {
	var t strings.Builder
	t.WriteString("Startup finished in ")
	stage := func(is bool, took span.Span, name string) {
		if is {
			t.WriteString(milli(took) + " (" + name + ") + ")
		}
	}
	stage(b.firmware > 0, b.firmware-min(b.firmware, b.loader), "firmware")
	stage(b.loader > 0, b.loader, "loader")
	stage(b.kernelDone > 0, b.kernelDone, "kernel")
	stage(b.initrd > 0, b.userspace-min(b.userspace, b.initrd), "initrd")
	t.WriteString(milli(b.finish-min(b.finish, b.userspace)) + " (userspace) ")
	if b.kernelDone > 0 {
		t.WriteString("= " + milli(b.firmware+b.finish) + " ")
	}
	return t.String()
}

// milli is a span of time to the millisecond.
func milli(t span.Span) string { return t.Format(span.Millisecond) }
