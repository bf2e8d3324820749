package directive

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/steward-init/steward/model"
	"github.com/steward-init/steward/syntax/quantity"
	"github.com/steward-init/steward/wire/dbus"
)

// Listen reads an address of a kind and adds it; the empty text drops all that the unit has. systemd.socket(5),
// ListenStream=.
func Listen(kind model.ListenKind) *Codec[[]model.Listen] {
	return &Codec[[]model.Listen]{
		Parse: func(old []model.Listen, text string, ctx *Context) ([]model.Listen, error) {
			if text == "" {
				return nil, nil
			}
			text, err := ctx.expand(text)
			if err != nil {
				return old, err
			}
			address, err := listenAddress(kind, text)
			if err != nil {
				return old, err
			}
			return append(slices.Clip(old), model.Listen{Kind: kind, Address: address}), nil
		},
		Format: func(list []model.Listen) string {
			for _, l := range slices.Backward(list) {
				if l.Kind == kind {
					return escapeSpecifiers(l.Address)
				}
			}
			return ""
		},
		Sig: "a(ss)", Encode: encodeListen,
	}
}

// listenAddress checks an address and writes it as the oracle shows it.
func listenAddress(kind model.ListenKind, text string) (string, error) {
	switch {
	case kind == model.ListenFIFO:
		if p := badPath(text); p != nil {
			return "", p
		}
		return simplify(text), nil
	case kind == model.ListenNetlink:
		if text == "" || len(strings.Fields(text)) > 2 {
			return "", bad("%q is not a netlink family with a group", text)
		}
		return text, nil
	case text[0] == '/':
		if p := badPath(text); p != nil {
			return "", p
		}
		if len(text) > 107 {
			return "", bad("the path is longer than the 107 bytes that a socket's can have")
		}
		return simplify(text), nil
	case text[0] == '@' && len(text) > 1 && len(text) <= 108:
		return text, nil
	case kind == model.ListenSequentialPacket:
		return "", bad("%q is neither a path nor @name, the addresses of sequential packets", text)
	}
	if port, err := strconv.ParseUint(text, 10, 16); err == nil && port > 0 {
		return "[::]:" + text, nil
	}
	if strings.HasPrefix(text, "vsock:") {
		return "", bad("sockets of virtual machines (vsock:) are not supported by this version")
	}
	address, err := netip.ParseAddrPort(text)
	if err != nil || address.Port() == 0 {
		return "", bad("%q is not an address", text).advise("write a path, @name, a port, 127.0.0.1:80 or [::1]:80")
	}
	return address.String(), nil
}

func encodeListen(w *dbus.Writer, list []model.Listen) {
	mark := w.OpenArray(dbus.AlignOf('('))
	for _, l := range list {
		w.Struct()
		w.String(l.Kind.String())
		w.String(l.Address)
	}
	w.CloseArray(mark)
}

// Bytes reads a size in bytes, with suffixes to the base 1024.
var Bytes = &Codec[uint64]{
	Parse: func(old uint64, text string, _ *Context) (uint64, error) {
		v, err := quantity.ParseBytes(text)
		if err != nil {
			return old, bad("%q is not a size", text).advise("write for example 64K or 8M")
		}
		return uint64(v), nil
	},
	Format: func(v uint64) string { return strconv.FormatUint(v, 10) },
	Sig:    "t",
	Encode: (*dbus.Writer).Uint64,
}

// validDescriptorName is what sd_listen_fds_with_names(3) can hand over.
func validDescriptorName(name string) bool {
	return len(name) <= 255 && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r >= 0x7f || r == ':' })
}

// accept tells of what this version can't do.
func accept() *Codec[bool] {
	c := *Bool
	c.Parse = func(old bool, text string, ctx *Context) (bool, error) {
		v, err := Bool.Parse(old, text, ctx)
		if v && err == nil {
			ctx.warn(odd("a service per connection is not made by this version, the unit can't be started"))
		}
		return v, err
	}
	return &c
}

func fdName() *Codec[string] { return checked("a name of a descriptor", validDescriptorName) }
