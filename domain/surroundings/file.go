package surroundings

import (
	"fmt"
	"time"

	"holdfast"
	"holdfast/domain/policy/yamlpos"
)

// MaxFile bounds a file of declarations.
const MaxFile = yamlpos.MaxBytes

// A Line is one declaration of a file. Person, and the people among the
// holders, are as they are written: an id, or an e-mail address.
type Line struct {
	Line int
	Declaration
}

// A Fault is what is wrong with a line of a file.
type Fault struct {
	Line int
	Text string
}

type document struct {
	Surroundings []entry `yaml:"surroundings,required"`
}

type entry struct {
	Kind     string   `yaml:"kind,required"`
	Name     string   `yaml:"name"`
	Person   string   `yaml:"person"`
	Provider string   `yaml:"provider"`
	Primary  bool     `yaml:"primary"`
	SignIn   []string `yaml:"sign_in"`
	Recovery []string `yaml:"recovery"`
	Said     bool     `yaml:"recovery_complete"`
	Devices  []string `yaml:"devices"`
	Over     string   `yaml:"over"`
	Target   string   `yaml:"target"`
	Holders  []string `yaml:"holders"`
	K        int      `yaml:"k,min=1"`
	Check    string   `yaml:"check"`
	Status   string   `yaml:"status"`
	Source   string   `yaml:"source"`
	ReviewBy when     `yaml:"review_by"`
	From     when     `yaml:"from"`
	Until    when     `yaml:"until"`
}

type when struct{ time.Time }

// ReadText reads a day or an instant.
func (w *when) ReadText(text string) (err error) {
	if w.Time, err = ParseTime(text); err != nil {
		return &yamlpos.Wrong{Text: fmt.Sprintf("%.40q is neither a day nor an instant", text), Remedy: "write 2026-11-22 or 2026-11-22T09:00:00Z"}
	}
	return nil
}

// ParseTime reads a day, which is its first moment in UTC, or an instant of RFC
// 3339; an empty text is the zero time.
func ParseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, text); err == nil && t.Year() > 1 && t.Year() < 9999 {
			return t.UTC(), nil
		}
	}
	return time.Time{}, holdfast.Errorf(holdfast.Invalid, "surrounding_time", "%.40q is neither a day nor an instant: write 2026-11-22 or 2026-11-22T09:00:00Z.", text)
}

// ReadFile reads a YAML or JSON file of declarations. It takes the form alone:
// what makes sense is for Declare to say. Either there are lines, or faults.
func ReadFile(text []byte) ([]Line, []Fault) {
	if len(text) > MaxFile {
		return nil, []Fault{{1, fmt.Sprintf("The file has more than %d bytes: split it.", MaxFile)}}
	}
	var doc document
	places, problems := yamlpos.Decode("", text, &doc)
	if len(problems) > 0 {
		faults := make([]Fault, len(problems))
		for i, p := range problems {
			faults[i] = Fault{p.At.Line, p.Text}
			if p.Path != "" {
				faults[i].Text = p.Path + ": " + p.Text
			}
			if p.Remedy != "" {
				faults[i].Text += "; " + p.Remedy
			}
		}
		return nil, faults
	}
	lines := make([]Line, len(doc.Surroundings))
	for i, e := range doc.Surroundings {
		lines[i] = Line{places.At(fmt.Sprintf("surroundings[%d]", i)).Line, e.declaration()}
	}
	return lines, nil
}

func (e entry) declaration() Declaration {
	return Declaration{Kind: Kind(e.Kind), Name: e.Name, Person: holdfast.PersonID(e.Person),
		Provider: e.Provider, Primary: e.Primary, SignIn: e.SignIn, Recovery: e.Recovery, Said: e.Said, Devices: e.Devices,
		Over: e.Over, Target: e.Target, Holders: e.Holders, K: e.K, Check: e.Check,
		Status: e.Status, Source: e.Source, ReviewBy: e.ReviewBy.Time, From: e.From.Time, Until: e.Until.Time}
}
