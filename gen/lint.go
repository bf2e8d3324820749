package main

import (
	"fmt"
	"strings"

	"github.com/steward-init/steward/lint"
)

// lintRules is a page about the rules of "systemd-analyze verify".
func lintRules() string {
	var b strings.Builder
	rules := lint.Rules()
	fmt.Fprintf(&b, "# Rules of verify\n\nWritten by `go generate ./gen` from `lint/rules.go`. `systemd-analyze verify` "+
		"applies these %d rules to the files it\nis given, besides what the manager itself says of them. "+
		"`--rules=CODE,…` applies only some, `--rules=-CODE` all but one,\nand a comment `# lint: ignore CODE…` in a "+
		"unit file switches them off for it. With *fix*, `--fix` mends the file.\n\n", len(rules))
	b.WriteString("| code | | what |\n|---|---|---|\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s |\n", r.Code, r.Code, r.Severity, r.Title)
	}
	for _, r := range rules {
		fmt.Fprintf(&b, "\n## %s\n\n%s. %s\n\nWhat to do: %s", r.Code, r.Title, r.Reason, r.Advice)
		if r.Fixes {
			b.WriteString(" (*fix*)")
		}
		fmt.Fprintf(&b, ". Source: %s.\n\n```ini\n%s```\n\nbetter:\n\n```ini\n%s```\n", r.Source,
			strings.ReplaceAll(r.Bad, " \n", "␠\n"), r.Good)
	}
	return b.String()
}
