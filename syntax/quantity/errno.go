package quantity

import (
	"strconv"
	"strings"
)

// errnoNames are the kernel's errors on all architectures but alpha, mips, parisc and sparc, errno(3).
var errnoNames = [...]string{
	1: "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN",
	"ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL",
	"ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM",
	"ERANGE", "EDEADLK", "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP", "", "ENOMSG", "EIDRM", "ECHRNG",
	"EL2NSYNC", "EL3HLT", "EL3RST", "ELNRNG", "EUNATCH", "ENOCSI", "EL2HLT", "EBADE", "EBADR", "EXFULL", "ENOANO",
	"EBADRQC", "EBADSLT", "", "EBFONT", "ENOSTR", "ENODATA", "ETIME", "ENOSR", "ENONET", "ENOPKG", "EREMOTE",
	"ENOLINK", "EADV", "ESRMNT", "ECOMM", "EPROTO", "EMULTIHOP", "EDOTDOT", "EBADMSG", "EOVERFLOW", "ENOTUNIQ",
	"EBADFD", "EREMCHG", "ELIBACC", "ELIBBAD", "ELIBSCN", "ELIBMAX", "ELIBEXEC", "EILSEQ", "ERESTART", "ESTRPIPE",
	"EUSERS", "ENOTSOCK", "EDESTADDRREQ", "EMSGSIZE", "EPROTOTYPE", "ENOPROTOOPT", "EPROTONOSUPPORT",
	"ESOCKTNOSUPPORT", "EOPNOTSUPP", "EPFNOSUPPORT", "EAFNOSUPPORT", "EADDRINUSE", "EADDRNOTAVAIL", "ENETDOWN",
	"ENETUNREACH", "ENETRESET", "ECONNABORTED", "ECONNRESET", "ENOBUFS", "EISCONN", "ENOTCONN", "ESHUTDOWN",
	"ETOOMANYREFS", "ETIMEDOUT", "ECONNREFUSED", "EHOSTDOWN", "EHOSTUNREACH", "EALREADY", "EINPROGRESS", "ESTALE",
	"EUCLEAN", "ENOTNAM", "ENAVAIL", "EISNAM", "EREMOTEIO", "EDQUOT", "ENOMEDIUM", "EMEDIUMTYPE", "ECANCELED",
	"ENOKEY", "EKEYEXPIRED", "EKEYREVOKED", "EKEYREJECTED", "EOWNERDEAD", "ENOTRECOVERABLE", "ERFKILL",
	"EHWPOISON",
}

// ParseErrno is the number of an error's name, "ENOENT" in any case, or of its number as text.
func ParseErrno(s string) (int, error) {
	if n, err := ParseInt(s, 32); err == nil {
		if n < 0 || n > MaxErrno {
			return 0, rangeError(s, "an error number from 0 to 4095")
		}
		return int(n), nil
	}
	s = strings.ToUpper(s)
	switch s {
	case "EWOULDBLOCK":
		s = "EAGAIN"
	case "EDEADLOCK":
		s = "EDEADLK"
	case "ENOTSUP":
		s = "EOPNOTSUPP"
	}
	for n, name := range errnoNames {
		if name == s && s != "" {
			return n, nil
		}
	}
	return 0, syntaxError(s, "an error name such as ENOENT")
}

// MaxErrno is the greatest number the kernel returns as an error.
const MaxErrno = 4095

// ErrnoName is the name of an error, "ENOENT"; other numbers as such.
func ErrnoName(n int) string {
	if n > 0 && n < len(errnoNames) && errnoNames[n] != "" {
		return errnoNames[n]
	}
	return strconv.Itoa(n)
}
