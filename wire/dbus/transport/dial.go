package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/steward-init/steward/wire/dbus"
)

// Dial connects to the first address of the list that answers, and authenticates. The list is a D-Bus address such as
// "unix:path=/run/systemd/private" or "unix:abstract=name;unix:path=/run/dbus/system_bus_socket"; other kinds than unix
// are passed over. ctx bounds the dialogue, not the connection.
func Dial(ctx context.Context, addresses string, config Config) (*Conn, error) {
	c, early, err := dial(ctx, addresses, config)
	if err != nil {
		return nil, err
	}
	go c.run(early)
	return c, nil
}

func dial(ctx context.Context, addresses string, config Config) (*Conn, []byte, error) {
	config.setDefaults()
	err := error(nil)
	for _, address := range strings.Split(addresses, ";") {
		if address == "" {
			continue
		}
		name, nameErr := socketName(address)
		if nameErr != nil {
			err = errors.Join(err, nameErr)
			continue
		}
		c, early, dialErr := connect(ctx, name, config)
		if dialErr == nil {
			return c, early, nil
		}
		err = errors.Join(err, fmt.Errorf("connect to %s: %w", address, dialErr))
	}
	if err == nil {
		err = errors.New("dbus address: empty")
	}
	return nil, nil, err
}

// socketName is the name that net wants for one address: a path, or "@" and an abstract name.
func socketName(address string) (string, error) {
	list, ok := strings.CutPrefix(address, "unix:")
	if !ok {
		return "", fmt.Errorf("dbus address %q: not a unix socket", address)
	}
	for _, pair := range strings.Split(list, ",") {
		key, value, _ := strings.Cut(pair, "=")
		value, err := url.PathUnescape(value)
		if err != nil {
			return "", fmt.Errorf("dbus address %q: %w", address, err)
		}
		switch {
		case key == "path" && value != "":
			return value, nil
		case key == "abstract" && value != "":
			return "@" + value, nil
		}
	}
	return "", fmt.Errorf("dbus address %q: neither path nor abstract", address)
}

func connect(ctx context.Context, name string, config Config) (*Conn, []byte, error) {
	dialed, err := (&net.Dialer{}).DialContext(ctx, "unix", name)
	if err != nil {
		return nil, nil, err
	}
	c := dialed.(*net.UnixConn)
	// A context that ends makes every wait of the dialogue end.
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) }) // best effort: c may be closed
	conn, early, err := greet(c, config)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = c.Close() // best effort: the connection did not come to be
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, nil, err
	}
	return conn, early, nil
}

// greet holds the client's side of the dialogue.
func greet(c *net.UnixConn, config Config) (*Conn, []byte, error) {
	cred, err := credentials(c)
	if err != nil {
		return nil, nil, err
	}
	auth := dbus.ClientAuth{}
	if _, err := c.Write([]byte(auth.Opening())); err != nil {
		return nil, nil, err
	}
	buf := make([]byte, 0, readBuffer)
	for !auth.Done() {
		if len(buf) == cap(buf) {
			return nil, nil, dbus.ErrAuth
		}
		n, err := c.Read(buf[len(buf):cap(buf)])
		if err != nil {
			return nil, nil, err
		}
		buf = buf[:len(buf)+n]
		used, err := auth.Feed(buf)
		if err != nil {
			return nil, nil, err
		}
		buf = buf[:copy(buf, buf[used:])]
	}
	return &Conn{config: config, unix: c, peer: cred, guid: auth.GUID(), unixFDs: auth.UnixFDs()}, buf, nil
}
