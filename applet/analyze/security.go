package analyze

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/syntax/quantity"
)

// judged is a check with its verdict on one service.
type judged struct {
	check
	verdict
	policy policyRow
}

// policyRow is what a policy of the user's says of a check.
type policyRow struct {
	Good   *string `json:"description_good"`
	Bad    *string `json:"description_bad"`
	NA     *string `json:"description_na"`
	Weight *int    `json:"weight"`
	Range  *int    `json:"range"`
}

// security tells how exposed services are: those of a manager, or those of files.
func (s *session) security(args []string) (int, error) {
	policy, err := s.policy()
	if err != nil {
		return 1, err
	}
	s.page()
	if !s.opt.offline {
		return s.securityOnline(args, policy)
	}
	return s.securityOffline(args, policy), nil
}

// policy reads --security-policy=. A row that can't be read is passed over, as the original does.
func (s *session) policy() (map[string]policyRow, error) {
	name := s.opt.securityPolicy
	if name == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("Failed to parse '%s' at 0:0: %s", name, errnoText(err))
	}
	var whole json.RawMessage
	if err := json.Unmarshal(data, &whole); err != nil {
		line, column := position(data, err)
		return nil, fmt.Errorf("Failed to parse '%s' at %d:%d: Invalid argument", name, line, column)
	}
	var rows map[string]json.RawMessage
	if json.Unmarshal(whole, &rows) != nil {
		return nil, nil
	}
	policy := map[string]policyRow{}
	for id, text := range rows {
		var fields map[string]json.RawMessage
		if json.Unmarshal(text, &fields) != nil {
			continue
		}
		policy[id] = policyRow{Good: value[string](fields, "description_good"), Bad: value[string](fields, "description_bad"),
			NA: value[string](fields, "description_na"), Weight: number(fields, "weight"), Range: number(fields, "range")}
	}
	return policy, nil
}

// value is a field of an object, nil if it is missing or of another type.
func value[T any](fields map[string]json.RawMessage, name string) *T {
	v := new(T)
	if text, ok := fields[name]; !ok || string(text) == "null" || json.Unmarshal(text, v) != nil {
		return nil
	}
	return v
}

// number is a field that is a number from 0 to a million; a range of 0 is none.
func number(fields map[string]json.RawMessage, name string) *int {
	n := value[int](fields, name)
	if n == nil || *n < 0 || *n > 1e6 || *n == 0 && name == "range" {
		return nil
	}
	return n
}

// position is where in a text an error of package json is.
func position(data []byte, err error) (line, column int) {
	offset := len(data)
	if syntax, ok := err.(*json.SyntaxError); ok {
		offset = min(int(syntax.Offset), len(data))
	}
	before := string(data[:offset])
	return strings.Count(before, "\n") + 1, offset - strings.LastIndexByte(before, '\n')
}

// assess judges a service by all checks. exposure is from 0 to 100; sum is the weight of all checks that matter.
func assess(service *settings, policy map[string]policyRow) (list []judged, exposure, sum int) {
	bad := 0
	for _, c := range checks() {
		row := policy[c.id]
		if row.Weight != nil {
			c.weight = *row.Weight
		}
		if row.Range != nil {
			c.worst = *row.Range
		}
		j := judged{check: c, verdict: c.assess(service), policy: row}
		if c.weight == 0 {
			j.verdict = verdict{na: true, words: "Option excluded by policy, skipping"}
		}
		list = append(list, j)
		if !j.na {
			sum += c.weight
			bad += roundUp(j.badness*c.weight, c.worst)
		}
	}
	return list, roundUp(bad*100, max(1, sum)), max(1, sum)
}

// roundUp divides.
func roundUp(a, b int) int { return (a + b - 1) / b }

// description is what is said of the check: the assessment's words, or else the policy's or the check's.
func (j judged) description() (text string, silent bool) {
	own, words := j.policy.Good, j.good
	switch {
	case j.na:
		own, words = j.policy.NA, ""
	case j.badness > 0:
		own, words = j.policy.Bad, j.bad
	}
	switch {
	case j.silent:
		return "", true
	case own != nil && (j.usual || j.words == ""):
		return *own, false
	case j.words != "":
		return j.words, false
	}
	return words, false
}

// exposureOf is the share of one check in the exposure, from 0 to 100; ok is false where there is none to tell.
func (j judged) exposureOf(sum int) (exposure int, ok bool) {
	if j.na || j.badness == 0 {
		return 0, false
	}
	return roundUp(roundUp(j.badness*j.weight*100, j.worst), sum), true
}

// tenths prints a number from 0 to 100 as one from 0.0 to 10.0.
func tenths(n int) string { return fmt.Sprintf("%d.%d", n/10, n%10) }

// predicates are the words for exposures from a limit on.
var predicates = [...]struct {
	limit               int
	word, smiley, plain string
	style               ui.Style
}{
	{100, "DANGEROUS", "😨", ":-[", ui.Red}, {90, "UNSAFE", "😨", ":-{", ui.Red}, {75, "EXPOSED", "🙁", ":-(", ui.Yellow},
	{50, "MEDIUM", "😐", ":-|", noColour}, {10, "OK", "🙂", ":-)", ui.Green}, {1, "SAFE", "😀", ":-}", ui.Green},
	{0, "PERFECT", "😇", ":-]", ui.Green},
}

// noColour is a look of its own too: the original ends it as any other.
const noColour ui.Style = "\x1b[0m"

// predicate is the word for an exposure, its look, and a face.
func (s *session) predicate(exposure int) (word string, style ui.Style, face string) {
	for _, p := range predicates {
		if exposure >= p.limit {
			if !s.emoji() {
				return p.word, p.style, p.plain
			}
			return p.word, p.style, s.glyph(p.smiley, p.plain)
		}
	}
	return "", ui.Plain, ""
}

// emoji says whether the terminal has faces: $SYSTEMD_EMOJI, else where it is known and not too simple.
func (s *session) emoji() bool {
	if b, err := quantity.ParseBool(s.Getenv("SYSTEMD_EMOJI")); err == nil {
		return b
	}
	term := s.Getenv("TERM")
	return term != "" && term != "dumb" && term != "linux"
}

// glyph is a character, or what stands for it where the locale has only ASCII.
func (s *session) glyph(unicode, ascii string) string {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToUpper(s.Getenv(name)); locale != "" {
			if strings.Contains(locale, "UTF-8") || strings.Contains(locale, "UTF8") {
				return unicode
			}
			return ascii
		}
	}
	return unicode // as where nothing is said of the locale
}

// detail prints all verdicts on one service and returns its exposure.
func (s *session) detail(service *settings, policy map[string]policyRow) int {
	list, exposure, sum := assess(service, policy)
	sortJudged(list)
	if s.opt.json != "off" {
		s.detailJSON(list, sum)
		return exposure
	}
	t := ui.Table{Head: []string{" ", "NAME", "DESCRIPTION", "EXPOSURE"}, Right: []bool{false, false, false, true}}
	for _, j := range list {
		mark := ui.Cell{Text: s.glyph("✓", "+"), Style: ui.Green}
		switch {
		case j.na:
			mark = ui.Cell{Text: " ", Style: ui.Grey}
		case j.badness > 0:
			mark = ui.Cell{Text: s.glyph("✗", "-"), Style: ui.Red}
		}
		text, silent := j.description()
		description := ui.Cell{Text: text}
		if silent {
			description.Style = ui.Grey
		}
		share := ui.Cell{Text: " ", Style: ui.Grey}
		if n, ok := j.exposureOf(sum); ok {
			share = ui.Cell{Text: tenths(n)}
		}
		anchor, _, _ := strings.Cut(j.title, "=")
		t.Rows = append(t.Rows, []ui.Cell{mark,
			{Text: j.title, Link: "https://www.freedesktop.org/software/systemd/man/systemd.exec.html#" + anchor + "="},
			description, share})
	}
	t.Print(s.IO)
	word, style, face := s.predicate(exposure)
	name := service.unit
	if service.fragment != "" {
		name = s.FileLink(s.inRoot(service.fragment), name)
	}
	s.printf("\n%s %s: %s %s\n", s.glyph("→", "->"), s.Paint(ui.Bold, "Overall exposure level for "+name),
		strings.TrimPrefix(s.Paint(style, tenths(exposure)+" "+word), string(noColour)), face)
	return exposure
}

// detailJSON prints the verdicts for programs.
func (s *session) detailJSON(list []judged, sum int) {
	t := ui.Table{Head: []string{"set", "name", "json_field", "description", "exposure"}}
	for _, j := range list {
		set := ui.Cell{Value: j.badness == 0}
		if j.na {
			set.Value = ui.Null
		}
		text, silent := j.description()
		words, share := ui.Cell{Text: text}, ui.Cell{Value: ui.Null}
		if silent {
			words.Value = ui.Null
		}
		if n, ok := j.exposureOf(sum); ok {
			share = ui.Cell{Text: tenths(n)}
		}
		t.Rows = append(t.Rows, []ui.Cell{set, {Text: j.title}, {Text: j.id}, words, share})
	}
	if err := s.printJSON(&t); err != nil {
		s.complain(err)
	}
}

// printJSON prints a table as --json= asks; the short form is for programs and has no colours.
func (s *session) printJSON(t *ui.Table) error {
	u := s.IO
	if s.opt.json == "short" {
		u.Lookup = func(name string) (string, bool) { return "0", name == "SYSTEMD_COLORS" }
	}
	return t.JSON(u, s.opt.json == "pretty")
}

// sortJudged sorts by description, the last first, then by title. What has no description stands by its place among the
// checks, so that the order is none in truth: the result is that of a merge sort of halves, as the original's is.
func sortJudged(list []judged) {
	place := map[string]int{}
	for i, j := range list {
		place[j.id] = i
	}
	compare := func(a, b judged) int {
		x, silentX := a.description()
		y, silentY := b.description()
		switch {
		case silentX || silentY:
			return place[b.id] - place[a.id]
		case x != y:
			return strings.Compare(y, x)
		case a.title != b.title:
			return strings.Compare(a.title, b.title)
		}
		return place[a.id] - place[b.id]
	}
	mergeSort(list, make([]judged, len(list)), compare)
}

func mergeSort(list, space []judged, compare func(a, b judged) int) {
	if len(list) < 2 {
		return
	}
	half := len(list) / 2
	mergeSort(list[:half], space[:half], compare)
	mergeSort(list[half:], space[half:], compare)
	left, right := list[:half], list[half:]
	for i := range space {
		if len(right) == 0 || len(left) > 0 && compare(left[0], right[0]) <= 0 {
			space[i], left = left[0], left[1:]
		} else {
			space[i], right = right[0], right[1:]
		}
	}
	copy(list, space)
}
