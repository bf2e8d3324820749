package systemctl

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/host/files"
	"github.com/steward-init/steward/image"
	"github.com/steward-init/steward/install"
	"github.com/steward-init/steward/load"
)

// root is the file system with the unit files, which is opened by the first call.
func (s *session) root() (load.Files, error) {
	if s.opt.root == "" {
		return files.Root(""), nil
	}
	tree, err := s.tree()
	return tree, err
}

// tree is the same for changing it.
func (s *session) tree() (files.Tree, error) {
	if s.opened != nil {
		return *s.opened, nil
	}
	tree, err := files.Open(s.opt.root)
	if err != nil {
		return tree, &rootError{s.opt.root, err}
	}
	s.opened = &tree
	return tree, nil
}

// rootError is why another root can't be looked at.
type rootError struct {
	root  string
	cause error
}

func (e *rootError) Error() string {
	return fmt.Sprintf("Failed to initialize unit search paths for root directory %s: %s", e.root, errorText(e.cause))
}

func (e *rootError) Unwrap() error { return e.cause }

// view is what unit files say, read here.
func (s *session) view() (*install.View, error) {
	root, path, err := s.place()
	if err != nil {
		return nil, err
	}
	return install.New(root, path, s.machine(), nil), nil
}

// place is where the unit files are.
func (s *session) place() (load.Files, load.SearchPath, error) {
	root, err := s.root()
	if err != nil {
		return root, load.SearchPath{}, err
	}
	path := s.searchPath()
	if path.Config == "" || s.opt.scope == userScope && s.opt.root != "" {
		return root, path, &install.Fault{Code: install.Invalid} // there is no telling where the user's files are
	}
	return root, path, nil
}

// machine is what the specifiers of [Install] sections stand for.
func (s *session) machine() *load.Machine {
	machine := load.SystemMachine()
	return &machine
}

// presets is the preset policy, read here.
func (s *session) presets() (install.Presets, error) {
	root, err := s.root()
	if err != nil {
		return install.Presets{}, err
	}
	return install.ReadPresets(root, s.mode()), nil
}

// planOf is what a verb would change.
func (s *session) planOf(verb string, names []string) (install.Plan, error) {
	o := install.Options{Runtime: s.opt.has("runtime"), Force: s.opt.forced > 0}
	switch verb {
	case "mask", "unmask", "link":
		root, path, err := s.place()
		if err != nil {
			return install.Plan{}, err
		}
		return planBlindly(install.Blind(root, path), verb, names, o)
	}
	view, err := s.view()
	if err != nil {
		return install.Plan{}, err
	}
	mode := install.PresetMode(s.opt.presetMode)
	switch verb {
	case "enable":
		return view.Enable(names, o)
	case "disable":
		return view.Disable(names, o)
	case "reenable":
		return view.Reenable(names, o)
	case "revert":
		return view.Revert(names)
	case "add-wants":
		return view.AddDependency(names[1:], names[0], "Wants", o)
	case "add-requires":
		return view.AddDependency(names[1:], names[0], "Requires", o)
	case "set-default":
		return view.SetDefault(names[0], true)
	}
	presets, err := s.presets()
	if err != nil {
		return install.Plan{}, err
	}
	if verb == "preset-all" {
		return view.PresetAll(presets, mode, o)
	}
	return view.Preset(names, presets, mode, o)
}

// planBlindly is what a verb would change that needs no look at the search path.
func planBlindly(view *install.View, verb string, names []string, o install.Options) (install.Plan, error) {
	switch verb {
	case "mask":
		return view.Mask(names, o)
	case "unmask":
		return view.Unmask(names, o)
	}
	return view.Link(names, o)
}

// editHere changes unit files without a manager: it plans what a verb does to names, and does it. word is what messages
// call it. With --dry-run the plan is only shown.
func (s *session) editHere(verb, word string, names []string) (int, error) {
	plan, err := s.planOf(verb, names)
	var fault *install.Fault
	switch {
	case errors.As(err, &fault):
		return 1, s.fault(word, fault)
	case err != nil:
		return 1, failed(word, err)
	}
	if s.opt.has("dry-run") {
		s.showPlan(word, plan)
	} else if err := s.apply(word, plan); err != nil {
		return 1, err
	}
	if plan.Failure() != nil {
		return 1, nil
	}
	if (verb == "enable" || verb == "reenable") && !plan.CarriesInstallInfo {
		s.noteNothing(word)
	}
	return 0, nil
}

// apply carries a plan out and prints it.
func (s *session) apply(word string, plan install.Plan) error {
	tree, err := s.tree()
	if err != nil {
		return err
	}
	done, err := install.Apply(plan, tree)
	s.told(word, plan.Faults, len(done), func(at int) { s.printChange(done[at]) })
	if err != nil {
		var wrong interface{ Unwrap() []error }
		if errors.As(err, &wrong) {
			for _, err := range wrong.Unwrap() {
				s.complain(s.fault(word, err))
			}
		}
		return errSilent
	}
	return nil
}

// told prints n changes, with the faults between them.
func (s *session) told(word string, faults []*install.Fault, n int, change func(at int)) {
	for at := range n + 1 {
		for len(faults) > 0 && (faults[0].At <= at || at == n) {
			s.complain(s.fault(word, faults[0]))
			faults = faults[1:]
		}
		if at < n {
			change(at)
		}
	}
}

// showPlan prints what would be done, and why.
func (s *session) showPlan(word string, plan install.Plan) {
	s.told(word, plan.Faults, len(plan.Changes), func(at int) {
		c := plan.Changes[at]
		switch {
		case c.Type == install.Symlinked:
			s.printf("Would create symlink %s → %s.\n", s.inRoot(c.Path), c.Target)
		case c.Type == install.Unlinked:
			s.printf("Would remove \"%s\".\n", s.inRoot(c.Path))
		default:
			s.printChange(c)
		}
		if reason := c.Reason.String(); reason != "" && c.Edits() {
			s.printf("%s\n", s.Paint(ui.Grey, "    for "+c.Reason.Unit+": "+reason))
		}
	})
}

// inRoot is a path as it is seen from here.
func (s *session) inRoot(path string) string {
	if s.opt.root == "" || !strings.HasPrefix(path, "/") {
		return path
	}
	return strings.TrimSuffix(s.opt.root, "/") + path
}

// fault is an error of the install package in the words that systemctl has where no manager says them.
func (s *session) fault(word string, err error) error {
	var f *install.Fault
	if !errors.As(err, &f) {
		return failed(word, err)
	}
	why := ""
	switch f.Code {
	case install.Missing:
		why = fmt.Sprintf("unit %s does not exist.", f.Name)
	case install.Masked:
		why = fmt.Sprintf("unit %s is masked.", s.inRoot(f.Name))
	case install.Generated:
		why = fmt.Sprintf("unit %s is transient or generated.", s.inRoot(f.Name))
	case install.BadName:
		why = fmt.Sprintf("\"%s\" is not a valid unit name.", f.Name)
	case install.BadSpecifier:
		why = fmt.Sprintf("invalid specifier in \"%s\".", f.Name)
	case install.BadReference:
		why = fmt.Sprintf("invalid unit reference \"%s\".", f.Name)
	case install.BadAlias:
		why = fmt.Sprintf("cannot alias %s as %s.", f.Name, f.Other)
	case install.IsLink:
		why = fmt.Sprintf("refusing to operate on linked unit file %s.", f.Name)
	case install.Exists:
		if why = fmt.Sprintf("file \"%s\" already exists", s.inRoot(f.Name)); f.Other != "" {
			why += fmt.Sprintf(" and is a symlink to \"%s\"", f.Other)
		}
		why += "."
	case install.NoTemplate:
		return fmt.Errorf("Failed to %s %s, destination unit %s is a non-template unit.", word, f.Name, f.Other)
	case install.NotAbsolute:
		return fmt.Errorf("Non-absolute paths are not allowed when --root is used: %s", f.Name)
	case install.Invalid, install.NotTarget:
		return fmt.Errorf("Failed to %s: Invalid argument.", word)
	case install.Severed:
		why = fmt.Sprintf("file \"%s\": %s", f.Name, f.Error())
	default:
		name := s.inRoot(f.Name)
		if errors.Is(f.Err, syscall.EINVAL) {
			name = f.Name // as it was given: it is no name of a unit file
		}
		why = fmt.Sprintf("file \"%s\": %s", name, errorText(f.Err))
	}
	return fmt.Errorf("Failed to %s unit, %s", word, why)
}

// openImage opens the image that --image= names, which from then on is the root.
func (s *session) openImage() error {
	switch {
	case s.opt.image == "":
		return nil
	case s.opt.root != "":
		return errors.New("Please specify either --root= or --image=, the combination of both is not supported.")
	}
	opened, err := image.Open(s.opt.image, image.Options{Say: s.notice})
	if err != nil {
		return err
	}
	tree := files.In(opened.Root())
	s.image, s.opened, s.opt.root = opened, &tree, opened.Prefix()
	return nil
}

// closeImage writes what was changed to the image.
func (s *session) closeImage() error {
	if s.image == nil {
		return nil
	}
	s.opened = nil // it was the image's
	return s.image.Close()
}

// absolute makes paths of the arguments absolute.
func absolute(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("Failed to make path absolute: %s", errorText(err))
	}
	return path, nil
}
