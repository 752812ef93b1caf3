package page

import (
	"html/template"
	"net/url"
	"time"
)

// Field is one labelled input.
type Field struct {
	ID           string // Name where empty; set it where a page has the name twice
	Name, Label  string
	Type         string // of the input; "text" where empty; "textarea", "select" and "checkbox" too
	Value        string
	Help         string // tied to the input by aria-describedby
	Error        string // likewise, and announced
	Autocomplete string
	Placeholder  string
	Required     bool
	Autofocus    bool
	Options      []Option // of a select
	Checked      bool     // of a checkbox
}

// For is the id of the input.
func (f Field) For() string {
	if f.ID != "" {
		return f.ID
	}
	return f.Name
}

// atFirstError moves the focus to the first field that is wrong, if one is.
func atFirstError(fields []Field) []Field {
	for i := range fields {
		if fields[i].Error == "" {
			continue
		}
		for j := range fields {
			fields[j].Autofocus = j == i
		}
		break
	}
	return fields
}

// Option is one choice of a select, radio or checkbox list.
type Option struct {
	Value, Label string
	Help         string
	Chosen       bool
}

// Evidence is how well something is known.
type Evidence string

const (
	Unknown Evidence = ""        // nobody said
	Claimed Evidence = "claimed" // the device says so; nothing vouches for it
	Proven  Evidence = "proven"  // a verified statement says so
)

// Badge is a short word with a sign and a colour.
type Badge struct {
	Text     string
	Tone     Tone
	Evidence Evidence // used where Tone is empty
}

// Secret is shown once, copied, and gone.
type Secret struct {
	ID, Label, Value string
	Note             string
}

// Code is a block to copy as it stands.
type Code struct {
	ID, Title, Text string
}

// Step is one stage of a stepper.
type Step struct {
	Title string
	State StepState
}

// StepState says where a step stands.
type StepState string

const (
	StepAhead StepState = ""
	StepNow   StepState = "now"
	StepDone  StepState = "done"
)

// Moment is one entry of a timeline.
type Moment struct {
	At          time.Time
	Title, Text string
	Tone        Tone
}

// Change is one line of a diff: Was is empty for an addition, Is for a removal.
type Change struct {
	What, Was, Is string
}

// Progress is how far something has come.
type Progress struct {
	ID, Label   string
	Done, Total int
	Noun        string // plural: "people"
}

// Remaining is what is left to do.
func (p Progress) Remaining() int { return max(0, p.Total-p.Done) }

// Pair is a named value.
type Pair struct {
	Name, Value string
	Note        string
	Code        bool // set in a fixed-width face
}

// Link is a name and where it leads. An empty URL is plain text.
type Link struct {
	Text, URL string
}

// Empty says that there is nothing here and teaches the next step.
type Empty struct {
	Icon, Title, Text string
	Action            Link
}

// Hidden is a form value that the page carries for its handler.
type Hidden struct {
	Name, Value string
}

// Pager leads through a long list, a part at a time. The zero Pager is one page.
type Pager struct {
	Shown      int    // rows on this page
	Total      int    // of the whole list, counted up to Counted and one more
	Prev, Next string // addresses of the neighbours; empty at the ends
}

// Counted is how far lists are counted.
const Counted = 10_000

// Many says whether there is more than one page.
func (p Pager) Many() bool { return p.Prev != "" || p.Next != "" }

// Says is the size of the list in words: "no people", "1 person", "more than
// 10,000 people".
func (p Pager) Says(one, many string) string {
	if p.Total > Counted {
		return "More than " + thousands(Counted) + " " + many
	}
	return capital(count(p.Total, one, many))
}

// Of says which part of the list is shown.
func (p Pager) Of() string {
	if p.Total > Counted {
		return thousands(p.Shown) + " of more than " + thousands(Counted)
	}
	return thousands(p.Shown) + " of " + thousands(p.Total)
}

// Export is where a list can be had as a file, all of it. The zero Export is
// none.
type Export struct{ CSV, JSON string }

// ExportOf is the list at an address with query, as a file.
func ExportOf(query url.Values) Export {
	as := func(format string) string {
		q := url.Values{}
		for k, v := range query {
			if k != "after" && k != "before" {
				q[k] = v
			}
		}
		q.Set("format", format)
		return "?" + q.Encode()
	}
	return Export{as("csv"), as("json")}
}

// Picture is server-drawn SVG that this package vouches for, such as QR's.
type Picture = template.HTML
