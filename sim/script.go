package sim

import (
	"fmt"
	"strings"
)

// Script is a scenario: a claim, files, and steps with what they lead to.
type Script struct {
	// Claim is the first lines: what is shown, and the manual page that promises it.
	Claim string
	Files []File
	Steps []Step
}

// File is a file that is there before the manager is. Target is where a symlink leads, "" for a regular file.
type File struct {
	Path   string // as the script has it: below the directory of unit files unless absolute
	Target string
	Text   string
}

// Step is some commands, and the lines that they make.
type Step struct {
	Line     int // in the script, of the first command
	Commands []string
	Output   string
}

const runMark = "-- run --"

// Parse reads a script. The format is explained in the README of the scenarios.
func Parse(text string) (*Script, error) {
	s := &Script{}
	lines := strings.SplitAfter(text, "\n")
	n := 0
	for ; n < len(lines) && !strings.HasPrefix(lines[n], "-- "); n++ {
		s.Claim += lines[n]
	}
	if strings.TrimSpace(s.Claim) == "" {
		return nil, fmt.Errorf("line 1: no claim")
	}
	for ; n < len(lines); n++ {
		line := strings.TrimRight(lines[n], "\n")
		switch {
		case line == runMark:
			return s, s.steps(lines, n+1)
		case strings.HasPrefix(line, "-- ") && strings.HasSuffix(line, " --"):
			name := strings.TrimSuffix(strings.TrimPrefix(line, "-- "), " --")
			path, target, _ := strings.Cut(name, " -> ")
			s.Files = append(s.Files, File{Path: path, Target: target})
		default:
			last := &s.Files[len(s.Files)-1]
			last.Text += lines[n]
		}
	}
	return nil, fmt.Errorf("no line %q", runMark)
}

// steps reads what follows the files: commands, a line of dashes, output, an empty line.
func (s *Script) steps(lines []string, n int) error {
	for n < len(lines) {
		if strings.TrimSpace(lines[n]) == "" {
			n++
			continue
		}
		step := Step{Line: n + 1}
		for ; n < len(lines) && lines[n] != dashes; n++ {
			if strings.TrimSpace(lines[n]) == "" {
				return fmt.Errorf("line %d: no line of four dashes ends the commands", n+1)
			}
			step.Commands = append(step.Commands, strings.TrimRight(lines[n], "\n"))
		}
		if n == len(lines) {
			return fmt.Errorf("line %d: no line of four dashes ends the commands", n)
		}
		for n++; n < len(lines) && strings.TrimSpace(lines[n]) != ""; n++ {
			step.Output += lines[n]
		}
		s.Steps = append(s.Steps, step)
	}
	return nil
}

const dashes = "----\n"

// Format prints the script back.
func (s *Script) Format() string {
	var b strings.Builder
	b.WriteString(s.Claim)
	for _, f := range s.Files {
		name := f.Path
		if f.Target != "" {
			name += " -> " + f.Target
		}
		b.WriteString("-- " + name + " --\n" + f.Text)
	}
	b.WriteString(runMark + "\n")
	for i, step := range s.Steps {
		if i > 0 {
			b.WriteString("\n")
		}
		for _, c := range step.Commands {
			b.WriteString(c + "\n")
		}
		b.WriteString(dashes + step.Output)
	}
	return b.String()
}

// fields splits a command at spaces; quotes keep a text together.
func fields(line string) []string {
	var out []string
	var word strings.Builder
	inWord, inQuotes := false, false
	for i := range len(line) {
		c := line[i]
		switch {
		case c == '"':
			inQuotes, inWord = !inQuotes, true
		case c == ' ' && !inQuotes:
			if inWord {
				out = append(out, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		out = append(out, word.String())
	}
	return out
}
