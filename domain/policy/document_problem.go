package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Position is a place in a file. Lines and columns begin at 1, columns count
// characters. The zero Position is nowhere.
type Position struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String is "hospital.yaml:12:5".
func (p Position) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Severity is what follows from a Problem.
type Severity string

const (
	Error   Severity = "error"   // the document does not load
	Warning Severity = "warning" // it loads, and the report says so
)

// The rules of reading and compiling; those of lint are L-01 to L-20.
const (
	RuleParse = "parse" // no YAML, or YAML that the language leaves out
	RuleType  = "type"  // a key, a type or a word that the language does not have
	RuleRefer = "refer" // a name that is not there
	RuleCEL   = "cel"   // an expression: L-20
)

// Problem is one thing that is wrong with a document.
type Problem struct {
	At       Position `json:"at"`
	Rule     string   `json:"rule"` // parse, type, refer, cel, L-01
	Path     string   `json:"path,omitempty"`
	Text     string   `json:"text"`
	Remedy   string   `json:"remedy,omitempty"`
	Severity Severity `json:"severity"`
}

// String is one line: where, which rule, what, and the remedy.
func (p Problem) String() string {
	var b strings.Builder
	if at := p.At.String(); at != "" {
		b.WriteString(at + ": ")
	}
	b.WriteString(p.Rule)
	if p.Severity == Warning {
		b.WriteString(" (warning)")
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Text)
	if p.Remedy != "" {
		b.WriteString("; " + p.Remedy)
	}
	return b.String()
}

// Problems are in the order of the text.
type Problems []Problem

// Bad says whether one of them keeps the document from loading.
func (p Problems) Bad() bool {
	return slices.ContainsFunc(p, func(q Problem) bool { return q.Severity != Warning })
}

// Sort orders them by the text.
func (p Problems) Sort() {
	slices.SortStableFunc(p, func(a, b Problem) int {
		if a.At.Line != b.At.Line {
			return a.At.Line - b.At.Line
		}
		return a.At.Column - b.At.Column
	})
}

// Error is a line for each; Problems can be returned as an error where Bad.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, q := range p {
		lines[i] = q.String()
	}
	return strings.Join(lines, "\n")
}
