package dbus

// A signature is a string of type codes, D-Bus Specification "Type System": y b n q i u x t d h are fixed, s o g
// are strings, v is a variant, a… an array, (…) a struct, a{kv} an array of dictionary entries.

// ValidSignature says whether sig is any number of complete types, none included, within the limits of length and
// depth.
func ValidSignature(sig string) bool { return validSignature(sig) }

func validSignature[T string | []byte](sig T) bool {
	if len(sig) > MaxSignature {
		return false
	}
	for i := 0; i < len(sig); {
		if i = typeEnd(sig, i, 0, 0); i < 0 {
			return false
		}
	}
	return true
}

// SingleType says whether sig is exactly one complete type, as the signature of a variant or of a property must be.
func SingleType(sig string) bool { return singleType(sig) }

func singleType[T string | []byte](sig T) bool {
	return len(sig) > 0 && len(sig) <= MaxSignature && typeEnd(sig, 0, 0, 0) == len(sig)
}

// NextType splits the first complete type from the rest of sig; ok is false where sig is empty or begins with none.
func NextType(sig string) (first, rest string, ok bool) {
	if sig == "" || len(sig) > MaxSignature {
		return "", sig, false
	}
	n := typeEnd(sig, 0, 0, 0)
	if n < 0 {
		return "", sig, false
	}
	return sig[:n], sig[n:], true
}

// AlignOf is the alignment, in bytes, of a value whose type begins with code; 1 for a code that is none.
func AlignOf(code byte) int {
	switch code {
	case 'n', 'q':
		return 2
	case 'b', 'i', 'u', 'h', 's', 'o', 'a':
		return 4
	case 'x', 't', 'd', '(', '{':
		return 8
	}
	return 1
}

// basicType says whether code is a type that may be the key of a dictionary entry.
func basicType(code byte) bool {
	switch code {
	case 'y', 'b', 'n', 'q', 'i', 'u', 'x', 't', 'd', 'h', 's', 'o', 'g':
		return true
	}
	return false
}

// typeEnd is the index behind the complete type that begins at sig[i], or -1.
func typeEnd[T string | []byte](sig T, i, arrays, structs int) int {
	if i >= len(sig) {
		return -1
	}
	switch c := sig[i]; {
	case basicType(c) || c == 'v':
		return i + 1
	case c == 'a':
		if arrays++; arrays > maxNesting {
			return -1
		}
		if i+1 < len(sig) && sig[i+1] == '{' {
			return entryEnd(sig, i+1, arrays, structs+1)
		}
		return typeEnd(sig, i+1, arrays, structs)
	case c == '(':
		return structEnd(sig, i, arrays, structs+1)
	}
	return -1
}

func structEnd[T string | []byte](sig T, i, arrays, structs int) int {
	if structs > maxNesting || i+1 >= len(sig) || sig[i+1] == ')' {
		return -1
	}
	for i++; i < len(sig) && sig[i] != ')'; {
		if i = typeEnd(sig, i, arrays, structs); i < 0 {
			return -1
		}
	}
	if i >= len(sig) {
		return -1
	}
	return i + 1
}

func entryEnd[T string | []byte](sig T, i, arrays, structs int) int {
	if structs > maxNesting || i+1 >= len(sig) || !basicType(sig[i+1]) {
		return -1
	}
	i = typeEnd(sig, i+2, arrays, structs)
	if i < 0 || i >= len(sig) || sig[i] != '}' {
		return -1
	}
	return i + 1
}
