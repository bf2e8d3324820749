package quantity

// The two personalities that Personality= chooses between, personality(2).
const (
	personalityLinux   = 0
	personalityLinux32 = 8
)

// personalities are the words for them on each architecture, in Go's names for those.
var personalities = [...]struct {
	architecture, word string
	value              uint64
}{
	{"amd64", "x86-64", personalityLinux},
	{"amd64", "x86", personalityLinux32},
	{"386", "x86", personalityLinux},
	{"arm64", "arm64", personalityLinux},
	{"arm64", "arm", personalityLinux32},
	{"arm", "arm", personalityLinux},
	{"ppc64", "ppc64", personalityLinux},
	{"ppc64", "ppc", personalityLinux32},
	{"ppc64le", "ppc64-le", personalityLinux},
	{"ppc64le", "ppc-le", personalityLinux32},
	{"s390x", "s390x", personalityLinux},
	{"s390x", "s390", personalityLinux32},
}

// ParsePersonality reads the architecture that uname(2) is to tell, on an architecture in Go's name for it.
func ParsePersonality(s, architecture string) (uint64, error) {
	for _, p := range personalities {
		if p.architecture == architecture && p.word == s {
			return p.value, nil
		}
	}
	return 0, syntaxError(s, "an architecture this machine can run")
}

// PersonalityName is the word for a personality on an architecture, "" if there is none.
func PersonalityName(value uint64, architecture string) string {
	for _, p := range personalities {
		if p.architecture == architecture && p.value == value {
			return p.word
		}
	}
	return ""
}
