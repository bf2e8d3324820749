package ui

import (
	"errors"
	"strings"
	"syscall"
)

// Because is an error in the C library's words, as systemd's tools print it behind a colon: the text of the error
// number in its chain, with a capital letter where Go's has none; the error's own text where there is none.
func Because(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	text := errno.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
