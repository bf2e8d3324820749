package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/steward-init/steward/wire/dbus"
	"github.com/steward-init/steward/wire/dbus/transport"
)

// Names of systemd's interface, org.freedesktop.systemd1(5).
const (
	busName   = "org.freedesktop.systemd1"
	busPath   = "/org/freedesktop/systemd1"
	busObject = busName + ".Manager"
)

// client speaks with a manager over its private socket. It runs inside the machine: systemd refuses peers whose process
// it can not see.
type client struct {
	*transport.Client
	removed chan removal
}

// removal is a job's end.
type removal struct {
	job, result string
	at          time.Duration
}

// dial connects to the manager.
func dial(ctx context.Context) (*client, error) {
	c := &client{removed: make(chan removal, 1024)}
	var err error
	config := transport.Config{Handle: c.handle}
	if c.Client, err = transport.Open(ctx, "unix:path=/run/systemd/private", config); err != nil {
		return nil, fmt.Errorf("private socket: %w", err)
	}
	if _, err := c.manager(ctx, "Subscribe"); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// handle takes the signals.
func (c *client) handle(_ *transport.Conn, m *transport.Message) {
	defer m.Close()
	if m.Type != dbus.Signal || m.Member != "JobRemoved" {
		return
	}
	r := m.Reader()
	r.Uint32()
	gone := removal{job: r.ObjectPath(), at: monotonic()}
	_, gone.result = r.String(), r.String()
	select {
	case c.removed <- gone:
	default: // more than anybody here starts at once; whoever waits for it will say so
	}
}

// manager calls a method of the manager, all of whose arguments are strings.
func (c *client) manager(ctx context.Context, member string, args ...string) (*transport.Message, error) {
	signature := "ssssssss"[:len(args)]
	h := dbus.Header{Type: dbus.MethodCall, Path: busPath, Interface: busObject, Member: member, Destination: busName,
		Signature: signature}
	m, err := c.Call(ctx, h, func(w *dbus.Writer) {
		for _, a := range args {
			w.String(a)
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", member, err)
	}
	return m, nil
}

// version gets a property: the least that a client can ask for.
func (c *client) version(ctx context.Context) error {
	h := dbus.Header{Type: dbus.MethodCall, Path: busPath, Interface: dbus.PropertiesInterface, Member: "Get",
		Destination: busName, Signature: "ss"}
	_, err := c.Call(ctx, h, func(w *dbus.Writer) {
		w.String(busObject)
		w.String("Version")
	})
	return err
}

// job calls StartUnit or StopUnit and waits for its JobRemoved; it says how long that took.
func (c *client) job(ctx context.Context, method, unit string) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	begun := monotonic()
	m, err := c.manager(ctx, method, unit, "replace")
	if err != nil {
		return 0, err
	}
	r := m.Reader()
	job := r.ObjectPath()
	if err := r.Done(); err != nil {
		return 0, err
	}
	for {
		select {
		case gone := <-c.removed:
			if gone.job != job {
				continue
			}
			if gone.result != "done" {
				return 0, errors.New(method + " " + unit + ": job " + gone.result)
			}
			return gone.at - begun, nil
		case <-ctx.Done():
			return 0, fmt.Errorf("%s %s: %w", method, unit, ctx.Err())
		}
	}
}

// jobs starts a unit again and again; with stop it is stopped before each start but the first. It says how long
// the starts took.
func (c *client) jobs(
	ctx context.Context, unit string, times int, quiet time.Duration, stop bool,
) (took []time.Duration, err error) {
	for range times {
		<-time.After(quiet)
		t, err := c.job(ctx, "StartUnit", unit)
		if err != nil {
			return nil, err
		}
		took = append(took, t)
		if !stop {
			continue
		}
		if _, err := c.job(ctx, "StopUnit", unit); err != nil {
			return nil, err
		}
	}
	return took, nil
}

// reload says how long daemon-reload takes, and how long another client waits for an answer meanwhile.
func (c *client) reload(ctx context.Context) ([]time.Duration, error) {
	other, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	defer other.Close()
	over := make(chan struct{})
	longest := make(chan time.Duration)
	go func() { longest <- other.keepAsking(ctx, over) }()
	begun := monotonic()
	_, err = c.manager(ctx, "Reload")
	took := monotonic() - begun
	close(over)
	return []time.Duration{took, <-longest}, err
}

// keepAsking asks for a property, every 5 ms, until over, and says how long the slowest answer took.
func (c *client) keepAsking(ctx context.Context, over <-chan struct{}) time.Duration {
	var longest time.Duration
	for {
		begun := monotonic()
		err := c.version(ctx)
		longest = max(longest, monotonic()-begun)
		if err != nil {
			return longest
		}
		select {
		case <-over:
			return longest
		case <-time.After(5 * time.Millisecond):
		}
	}
}
