package analyze

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/lint"
	"github.com/steward-init/steward/offline"
	"github.com/steward-init/steward/rootfs"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/syntax/unitname"
	"github.com/steward-init/steward/verify"
)

// stdin is how the standard input is shown, and maxInput bounds what is read from it.
const (
	stdin    = "<stdin>"
	maxInput = 10 << 20
)

// verify is the verb: what is wrong with unit files. A word is the path of a unit file, with ":NAME" behind it to load
// it under another name; "-" is
// standard input, which is the unit that --unit= names.
func (s *session) verify(words []string) (int, error) {
	rules, unknown := lint.Select(s.opt.rules)
	if len(unknown) > 0 {
		return 1, fmt.Errorf("Unknown rule %s: docs/lint.md lists them.", unknown[0])
	}
	o := verify.Options{Rules: rules, Vendor: s.opt.has("vendor") || s.opt.root != "",
		Files: offline.Options{Root: s.opt.root, User: s.opt.scope != systemScope, Env: s.Getenv}}
	for _, word := range words {
		t, err := s.verifyTarget(word)
		if err != nil {
			return 1, err
		}
		o.Targets = append(o.Targets, t)
	}
	if s.opt.man && s.opt.root == "" {
		o.Manual = s.manual
	}
	if s.opt.generators {
		done, err := s.generate(&o.Files)
		if err != nil {
			return 1, err
		}
		defer done()
	}
	result := verify.Run(o)
	if s.opt.has("fix") {
		return s.mend(o, result)
	}
	return s.verdict(result), s.report(result)
}

// verifyTarget understands one word of the command line.
func (s *session) verifyTarget(word string) (verify.Target, error) {
	name, alias, renamed := strings.Cut(word, ":")
	t := verify.Target{Path: name}
	if name == "-" {
		data, err := io.ReadAll(io.LimitReader(s.In, maxInput+1))
		if err == nil && len(data) > maxInput {
			err = errors.New("more than 10 MiB")
		}
		if err != nil {
			return t, fmt.Errorf("Failed to read standard input: %w", err)
		}
		t.Path, t.Data, t.Unit = stdin, append([]byte{}, data...), cmp.Or(s.opt.unit, "stdin.service")
	} else {
		absolute, err := filepath.Abs(name)
		if err != nil {
			return t, fmt.Errorf("Failed to prepare filename %s: %w", word, err)
		}
		t.Path, t.Unit = absolute, path.Base(absolute)
	}
	if renamed {
		t.Unit = alias
	}
	if err := unitname.Valid(t.Unit); err != nil {
		return t, fmt.Errorf("Failed to prepare filename %s: Invalid argument", path.Join(path.Dir(t.Path), t.Unit))
	}
	return t, nil
}

// verdict is the exit status. Failures of what was asked for always count; warnings as far as --recursive-errors= says.
func (s *session) verdict(r verify.Result) int {
	far := map[string]verify.Reach{"yes": verify.Far, "one": verify.Near, "no": verify.Own}
	limit, counts := far[s.opt.recursiveErrors]
	for _, f := range r.Findings {
		if f.Failure || counts && f.Reach <= limit && f.Diagnostic.Severity > unitfile.Info {
			return 1
		}
	}
	return 0
}

// told says whether a finding is printed: with --recursive-errors=no or one those further away are not, with --quiet
// mere remarks aren't.
func (s *session) told(f verify.Finding) bool {
	switch {
	case s.opt.has("quiet") && f.Diagnostic.Severity == unitfile.Info:
		return false
	case s.opt.recursiveErrors == "no":
		return f.Reach == verify.Own
	case s.opt.recursiveErrors == "one":
		return f.Reach <= verify.Near
	}
	return true
}

// report prints the findings: to standard error as the original does, or in a form for programs.
func (s *session) report(r verify.Result) error {
	told := []verify.Finding{}
	for _, f := range r.Findings {
		if s.told(f) {
			told = append(told, f)
		}
	}
	switch {
	case s.opt.json == "sarif":
		dir, _ := os.Getwd() // without one, no file is below it
		return s.encode(sarif(told, dir), "pretty")
	case s.opt.json != "off":
		list := []finding{}
		for _, f := range told {
			list = append(list, findingOf(f))
		}
		return s.encode(list, s.opt.json)
	}
	for _, f := range told {
		text := f.Diagnostic.String()
		if f.Failure {
			text = f.Unit + ": " + f.Diagnostic.Message
		}
		s.diagnostic(f.Diagnostic.Severity, text)
	}
	return nil
}

// diagnostic prints what is wrong with a file, in the colour of how bad it is.
func (s *session) diagnostic(how unitfile.Severity, text string) {
	switch how {
	case unitfile.Error:
		s.message(ui.Red, text)
	case unitfile.Warning:
		s.message(ui.Yellow, text)
	default:
		s.message(ui.Plain, text)
	}
}

// encode prints a value as JSON.
func (s *session) encode(value any, how string) error {
	e := json.NewEncoder(s.out)
	e.SetEscapeHTML(false)
	if how == "pretty" {
		e.SetIndent("", "\t")
	}
	return e.Encode(value)
}

// mend writes the files as the rules want them. Standard input goes to standard output.
func (s *session) mend(o verify.Options, r verify.Result) (int, error) {
	root, err := rootfs.Open(o.Files.Root)
	if err != nil {
		return 1, err
	}
	defer root.Close()
	for i, t := range o.Targets {
		data, mode, ok := r.Fixed(i)
		switch {
		case t.Data != nil && r.Files[i] != nil:
			_, _ = s.out.Write(data) // best effort, as all output
		case ok:
			if err := rewrite(root, t.Path, data, mode); err != nil {
				return 1, fmt.Errorf("Failed to write %s: %w", t.Path, err)
			}
		}
	}
	left := verify.Result{}
	for _, f := range r.Findings {
		if f.Lint == nil || len(f.Lint.Fix) == 0 && f.Lint.Chmod == 0 {
			left.Findings = append(left.Findings, f)
			continue
		}
		f.Diagnostic.Advice = "mended"
		if s.told(f) {
			s.message(ui.Plain, f.Diagnostic.String())
		}
	}
	return s.verdict(left), s.report(left)
}

// rewrite replaces a file that is there, at the end of symlinks; its mode stays if no other is given.
func rewrite(root *rootfs.Root, name string, data []byte, mode os.FileMode) error {
	real, err := root.Resolve(name)
	if err != nil {
		return err
	}
	st, err := root.Lstat(real)
	if err != nil {
		return err
	}
	if mode == 0 {
		mode = os.FileMode(st.Mode & 0o7777)
	}
	return root.WriteFile(real, data, uint32(mode))
}
