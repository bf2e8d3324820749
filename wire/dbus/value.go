package dbus

// Variant is a value together with its signature.
type Variant struct {
	Sig   string
	Value any
}

// ObjectPath, Signature and UnixFD are the Go types of o, g and h where the signature does not stand beside the value.
type (
	ObjectPath string
	Signature  string
	UnixFD     uint32 // the index of a descriptor among those of the message
)

// Struct is a struct's members in order.
type Struct []any

// Entry is one entry of a dictionary.
type Entry struct{ Key, Value any }

// Dict is an array of dictionary entries in the order of the message; a key may stand in it twice.
type Dict []Entry

// Value reads one value of the complete type sig:
//
//	y byte    b bool     n int16    q uint16    i int32    u uint32    x int64    t uint64    d float64
//	s string  o ObjectPath  g Signature  h UnixFD  v Variant  (…) Struct
//	ay []byte  as []string  a{kv} Dict  any other array []any
//
// It returns nil after an error. More than MaxValues values in one Reader are an error.
func (r *Reader) Value(sig string) any {
	if !SingleType(sig) {
		r.fail(ErrSignature)
		return nil
	}
	v := r.value(sig, 0)
	if r.err != nil {
		return nil
	}
	return v
}

// Values reads the values of the complete types in sig, as a body has them; nil after an error.
func (r *Reader) Values(sig string) []any {
	if !ValidSignature(sig) {
		r.fail(ErrSignature)
		return nil
	}
	list := r.members(sig, 0)
	if r.err != nil {
		return nil
	}
	return list
}

func (r *Reader) value(sig string, depth int) any {
	if depth > MaxDepth {
		r.fail(ErrTooDeep)
	}
	if r.values++; r.values > MaxValues {
		r.fail(ErrTooLarge)
	}
	if r.err != nil {
		return nil
	}
	switch sig[0] {
	case 'v':
		inner := r.Variant()
		if r.err != nil {
			return nil
		}
		return Variant{inner, r.value(inner, depth+1)}
	case 'a':
		return r.array(sig[1:], depth+1)
	case '(':
		r.Struct()
		return Struct(r.members(sig[1:len(sig)-1], depth+1))
	}
	return r.basic(sig[0])
}

func (r *Reader) basic(code byte) any {
	switch code {
	case 'y':
		return r.Byte()
	case 'b':
		return r.Bool()
	case 'n':
		return r.Int16()
	case 'q':
		return r.Uint16()
	case 'i':
		return r.Int32()
	case 'u':
		return r.Uint32()
	case 'x':
		return r.Int64()
	case 't':
		return r.Uint64()
	case 'd':
		return r.Double()
	case 's':
		return r.String()
	case 'o':
		return ObjectPath(r.ObjectPath())
	case 'g':
		return Signature(r.Signature())
	case 'h':
		return UnixFD(r.UnixFD())
	}
	r.fail(ErrSignature)
	return nil
}

func (r *Reader) members(sig string, depth int) []any {
	var list []any
	for sig != "" && r.err == nil {
		n := typeEnd(sig, 0, 0, 0)
		list = append(list, r.value(sig[:n], depth))
		sig = sig[n:]
	}
	return list
}

func (r *Reader) array(elem string, depth int) any {
	switch elem[0] {
	case 'y':
		return r.ByteArray()
	case 's':
		var list []string
		for end := r.OpenArray(4); r.More(end); {
			if r.values++; r.values > MaxValues {
				r.fail(ErrTooLarge)
			}
			list = append(list, r.String())
		}
		return list
	case '{':
		var dict Dict
		for end := r.OpenArray(8); r.More(end); {
			r.Struct()
			key := r.value(elem[1:2], depth)
			dict = append(dict, Entry{key, r.value(elem[2:len(elem)-1], depth)})
		}
		return dict
	}
	var list []any
	for end := r.OpenArray(AlignOf(elem[0])); r.More(end); {
		list = append(list, r.value(elem, depth))
	}
	return list
}

// Value writes one value of the complete type sig from the Go types that Reader.Value returns; string serves for o
// and g too. Another type is ErrType.
func (w *Writer) Value(sig string, v any) {
	if !SingleType(sig) {
		w.fail(ErrSignature)
		return
	}
	w.value(sig, v, 0)
}

// Values writes the values of the complete types in sig.
func (w *Writer) Values(sig string, list []any) {
	if !ValidSignature(sig) {
		w.fail(ErrSignature)
		return
	}
	w.members(sig, list, 0)
}

func (w *Writer) value(sig string, v any, depth int) {
	if depth > MaxDepth {
		w.fail(ErrTooDeep)
	}
	if w.err != nil {
		return
	}
	switch sig[0] {
	case 'v':
		x, ok := v.(Variant)
		if !ok || !SingleType(x.Sig) {
			w.fail(ErrType)
			return
		}
		w.signature(x.Sig)
		w.value(x.Sig, x.Value, depth+1)
	case 'a':
		w.array(sig[1:], v, depth+1)
	case '(':
		x, ok := v.(Struct)
		if !ok {
			w.fail(ErrType)
			return
		}
		w.Struct()
		w.members(sig[1:len(sig)-1], x, depth+1)
	default:
		w.basic(sig[0], v)
	}
}

func (w *Writer) members(sig string, list []any, depth int) {
	for _, v := range list {
		if sig == "" {
			w.fail(ErrType)
			return
		}
		n := typeEnd(sig, 0, 0, 0)
		w.value(sig[:n], v, depth)
		sig = sig[n:]
	}
	if sig != "" {
		w.fail(ErrType)
	}
}

func (w *Writer) array(elem string, v any, depth int) {
	mark := w.OpenArray(AlignOf(elem[0]))
	switch list := v.(type) {
	case []byte:
		if elem != "y" {
			w.fail(ErrType)
		}
		w.b = append(w.b, list...)
	case []string:
		for _, s := range list {
			w.value(elem, s, depth)
		}
	case Dict:
		if elem[0] != '{' {
			w.fail(ErrType)
			return
		}
		for _, e := range list {
			w.Struct()
			w.value(elem[1:2], e.Key, depth)
			w.value(elem[2:len(elem)-1], e.Value, depth)
		}
	case []any:
		if elem[0] == '{' {
			w.fail(ErrType)
			return
		}
		for _, e := range list {
			w.value(elem, e, depth)
		}
	default:
		w.fail(ErrType)
	}
	w.CloseArray(mark)
}

// basic writes a value whose Go type and type code must agree.
func (w *Writer) basic(code byte, v any) {
	switch x := v.(type) {
	case byte:
		w.only(code == 'y')
		w.Byte(x)
	case bool:
		w.only(code == 'b')
		w.Bool(x)
	case int16:
		w.only(code == 'n')
		w.Int16(x)
	case uint16:
		w.only(code == 'q')
		w.Uint16(x)
	case int32:
		w.only(code == 'i')
		w.Int32(x)
	case uint32:
		w.only(code == 'u')
		w.Uint32(x)
	case int64:
		w.only(code == 'x')
		w.Int64(x)
	case uint64:
		w.only(code == 't')
		w.Uint64(x)
	case float64:
		w.only(code == 'd')
		w.Double(x)
	case string:
		w.stringAs(code, x)
	case ObjectPath:
		w.only(code == 'o')
		w.ObjectPath(string(x))
	case Signature:
		w.only(code == 'g')
		w.Signature(string(x))
	case UnixFD:
		w.only(code == 'h')
		w.UnixFD(uint32(x))
	default:
		w.fail(ErrType)
	}
}

func (w *Writer) only(ok bool) {
	if !ok {
		w.fail(ErrType)
	}
}

func (w *Writer) stringAs(code byte, s string) {
	switch code {
	case 's':
		w.String(s)
	case 'o':
		w.ObjectPath(s)
	case 'g':
		w.Signature(s)
	default:
		w.fail(ErrType)
	}
}
