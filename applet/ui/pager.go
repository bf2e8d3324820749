package ui

import (
	"context"
	"os"
	"os/exec"
	"strings"
)

// Pager puts a pager between Out and the terminal, by the rules of systemctl(1): none if Out is no terminal; else
// $SYSTEMD_PAGER, else $PAGER, else less, more; an empty value or "cat" is none. It returns the IO to write to, and
// done, which waits until the user has left the pager.
func (u IO) Pager(ctx context.Context) (paged IO, done func()) {
	nothing := func() {}
	if !u.Terminal || u.Getenv("TERM") == "dumb" {
		return u, nothing
	}
	for _, words := range u.pagers() {
		if len(words) == 0 || words[0] == "cat" {
			return u, nothing
		}
		path, err := exec.LookPath(words[0])
		if err != nil {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			return u, nothing
		}
		cmd := exec.CommandContext(ctx, path, words[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = r, u.Out, u.Err
		cmd.Env = append(os.Environ(), "LESS="+u.lessOptions(), "LESSSECURE=1",
			"LESSCHARSET="+u.lessCharset())
		err = cmd.Start()
		_ = r.Close() // best effort: the child has its own
		if err != nil {
			_ = w.Close() // best effort: nobody reads it
			continue
		}
		paged = u
		paged.Out = w
		return paged, func() {
			_ = w.Close()  // best effort: the pager sees the end
			_ = cmd.Wait() // best effort: how the pager ended is the user's affair
		}
	}
	return u, nothing
}

// pagers are the command lines to try, in turn.
func (u IO) pagers() [][]string {
	for _, name := range []string{"SYSTEMD_PAGER", "PAGER"} {
		if v, set := u.lookup(name); set {
			return [][]string{strings.Fields(v)}
		}
	}
	return [][]string{{"less"}, {"more"}}
}

// lessOptions is what less is told, $SYSTEMD_LESS.
func (u IO) lessOptions() string {
	if v := u.Getenv("SYSTEMD_LESS"); v != "" {
		return v
	}
	return "FRSXMK"
}

// lessCharset is the encoding that less is told, $SYSTEMD_LESSCHARSET.
func (u IO) lessCharset() string {
	if v := u.Getenv("SYSTEMD_LESSCHARSET"); v != "" {
		return v
	}
	return "utf-8"
}
