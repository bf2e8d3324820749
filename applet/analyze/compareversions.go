package analyze

import (
	"fmt"

	"github.com/steward-init/steward/syntax/version"
)

// The exit statuses of compare-versions without an operator, those of rpmdev-vercmp.
const (
	rightIsLower = 11
	leftIsLower  = 12
)

// compareVersions says which of two versions is the higher, or whether they stand in a relation.
func (s *session) compareVersions(args []string) (int, error) {
	if len(args) == 3 {
		op, rest := version.CutOperator(args[1])
		switch {
		case op == "" || rest != "":
			return 1, fmt.Errorf("Unknown operator \"%s\".", rest)
		case op.Holds(version.Compare(args[0], args[2])):
			return 0, nil
		}
		return 1, nil
	}
	status, sign := 0, "=="
	switch order := version.Compare(args[0], args[1]); {
	case order < 0:
		status, sign = leftIsLower, "<"
	case order > 0:
		status, sign = rightIsLower, ">"
	}
	s.printf("%s %s %s\n", orQuotes(args[0]), sign, orQuotes(args[1]))
	return status, nil
}

// orQuotes makes an empty text visible.
func orQuotes(text string) string {
	if text == "" {
		return "''"
	}
	return text
}
