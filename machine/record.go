package machine

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// recordMax bounds what is kept of a console; what comes first is kept, and the rest only counted.
const recordMax = 8 << 20

// record keeps what a machine says, and wakes those who wait for a text in it.
type record struct {
	mu      sync.Mutex
	said    strings.Builder
	dropped int
	closed  bool
	changed chan struct{} // closed and replaced whenever something is said
}

func newRecord() *record { return &record{changed: make(chan struct{})} }

// copy records what r gives until it fails, with after added to each piece.
func (r *record) copy(from io.Reader, after string) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return // the machine has been stopped
		}
		r.add(string(buffer[:n]) + after)
	}
}

func (r *record) add(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if room := recordMax - r.said.Len(); len(text) > room {
		r.dropped += len(text) - room
		text = text[:room]
	}
	r.said.WriteString(text)
	r.wake()
}

// wake tells those who wait to look again; mu is held.
func (r *record) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// close says that nothing more is to be expected.
func (r *record) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	r.wake()
}

// text is what was said, without the carriage returns of the terminal.
func (r *record) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	text := strings.ReplaceAll(r.said.String(), "\r", "")
	if r.dropped > 0 {
		text += fmt.Sprintf("\n(%d bytes more)\n", r.dropped)
	}
	return text
}

// wait waits until text was said.
func (r *record) wait(ctx context.Context, text string) error {
	for {
		r.mu.Lock()
		found, closed, changed := strings.Contains(r.said.String(), text), r.closed, r.changed
		r.mu.Unlock()
		switch {
		case found:
			return nil
		case closed:
			return fmt.Errorf("machine ended without saying %q", text)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %q: %w", text, ctx.Err())
		}
	}
}
