package policy

import (
	"fmt"

	"holdfast/domain/policy/yamlpos"
)

// Parse reads a document strictly and reports everything that is wrong with its
// form, each with its place and the remedy. The Document is there as far as it
// could be read, for an editor to go on with; it must not be used where the
// Problems are Bad.
func Parse(name string, text []byte) (*Document, Problems) {
	d := &Document{text: text}
	places, wrong := yamlpos.Decode(name, text, d)
	d.places = places
	var out Problems
	for _, w := range wrong {
		rule := RuleType
		if w.Syntax {
			rule = RuleParse
		}
		out = append(out, Problem{At: Position(w.At), Rule: rule, Path: w.Path, Text: w.Text, Remedy: w.Remedy, Severity: Error})
	}
	if !out.Bad() {
		out = append(out, d.checkHeader()...)
		out = append(out, d.checkForm()...)
	}
	out.Sort()
	return d, out
}

// wrong is a Problem of the form, at path.
func (d *Document) wrong(rule, path, remedy, format string, args ...any) Problem {
	return Problem{At: d.At(path), Rule: rule, Path: path, Text: fmt.Sprintf(format, args...), Remedy: remedy, Severity: Error}
}

func (d *Document) checkHeader() (out Problems) {
	if d.APIVersion != APIVersion {
		out = append(out, d.wrong(RuleType, "apiVersion", "write "+APIVersion, "%q is no version that is read here", d.APIVersion))
	}
	if d.Kind != DocumentKind {
		out = append(out, d.wrong(RuleType, "kind", "write "+DocumentKind, "%q is no kind of document that is read here", d.Kind))
	}
	return out
}
