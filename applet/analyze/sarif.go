package analyze

import (
	"net/url"
	"strings"

	"github.com/steward-init/steward/applet/ui"
	"github.com/steward-init/steward/lint"
	"github.com/steward-init/steward/syntax/unitfile"
	"github.com/steward-init/steward/verify"
)

// finding is a finding as --json= prints it. Line and Column count from 1, 0 is not known.
type finding struct {
	Unit     string `json:"unit"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Reason   string `json:"reason,omitempty"`
	Advice   string `json:"advice,omitempty"`
	Fixable  bool   `json:"fixable"`
}

func findingOf(f verify.Finding) finding {
	d := f.Diagnostic
	out := finding{Unit: f.Unit, File: d.Pos.File, Line: d.Pos.Line, Column: d.Pos.Col, Severity: d.Severity.String(),
		Code: f.Code, Message: d.Message, Advice: d.Advice}
	if f.Lint != nil {
		out.Message, out.Reason = f.Lint.Message, f.Lint.Rule.Reason
		out.Fixable = len(f.Lint.Fix) > 0 || f.Lint.Chmod != 0
	}
	return out
}

// The parts of SARIF 2.1.0 that are used, the form in which code hosts take findings.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID    string    `json:"id"`
		Short sarifText `json:"shortDescription"`
		Full  sarifText `json:"fullDescription"`
		Help  sarifText `json:"help"`
	}
	sarifText struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn,omitempty"`
	}
)

// sarifLevels are the levels of severities.
var sarifLevels = map[unitfile.Severity]string{unitfile.Info: "note", unitfile.Warning: "warning",
	unitfile.Error: "error"}

// plainRules describe the codes of findings that are not of the guideline.
var plainRules = [][2]string{{"load", "What the manager says when it loads the unit"},
	{"start", "The unit could not be started"}, {"command", "A program is missing or can not be executed"},
	{"manual", "A manual page is missing"}, {"service", "What a unit activates is missing"}}

// uri is a reference to a file: relative to the working directory, dir, if it is below, because code hosts look for
// files of the repository. What comes from the standard input has a name that no reference can have.
func uri(file, dir string) string {
	if file == stdin {
		file = "stdin"
	}
	inside, below := strings.CutPrefix(file, strings.TrimSuffix(dir, "/")+"/")
	switch {
	case below && dir != "":
		return (&url.URL{Path: inside}).String()
	case strings.HasPrefix(file, "/"):
		return (&url.URL{Scheme: "file", Path: file}).String()
	}
	return (&url.URL{Path: file}).String()
}

// sarif is the findings as a log, as it is looked at in a directory.
func sarif(found []verify.Finding, dir string) sarifLog {
	driver := sarifDriver{Name: "steward verify", Version: strings.TrimPrefix(ui.Version, "systemd ")}
	for _, r := range plainRules {
		driver.Rules = append(driver.Rules, sarifRule{ID: r[0], Short: sarifText{r[1]}, Full: sarifText{r[1]},
			Help: sarifText{"See systemd-analyze(1)."}})
	}
	for _, r := range lint.Rules() {
		driver.Rules = append(driver.Rules, sarifRule{ID: r.Code, Short: sarifText{r.Title}, Full: sarifText{r.Reason},
			Help: sarifText{r.Advice + ". " + r.Source}})
	}
	results := []sarifResult{}
	for _, f := range found {
		one := findingOf(f)
		text := one.Message
		if one.Advice != "" {
			text += " (" + one.Advice + ")"
		}
		result := sarifResult{RuleID: one.Code, Level: sarifLevels[f.Diagnostic.Severity],
			Message: sarifText{one.Unit + ": " + text}, Locations: []sarifLocation{}}
		if one.File != "" {
			where := sarifPhysical{Artifact: sarifArtifact{URI: uri(one.File, dir)}}
			if one.Line > 0 {
				where.Region = &sarifRegion{one.Line, one.Column}
			}
			result.Locations = append(result.Locations, sarifLocation{where})
		}
		results = append(results, result)
	}
	return sarifLog{Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0",
		Runs: []sarifRun{{Tool: sarifTool{driver}, Results: results}}}
}
