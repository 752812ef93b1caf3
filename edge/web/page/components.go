package page

import (
	"html/template"
	"net/url"
	"strconv"
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

// Pager leads through a long list. The zero Pager is one page.
type Pager struct {
	Page  int // from 1
	Per   int
	Total int
	Query url.Values // of the present address; page is replaced
}

// Many says whether there is more than one page.
func (p Pager) Many() bool { return p.Per > 0 && p.Total > p.Per }

// From is the number of the first row shown, from 1.
func (p Pager) From() int { return (max(1, p.Page)-1)*p.Per + 1 }

// To is the number of the last row shown.
func (p Pager) To() int { return min(p.Total, p.From()+p.Per-1) }

// Prev is the address of the page before, or "".
func (p Pager) Prev() string {
	if p.Page <= 1 {
		return ""
	}
	return p.link(p.Page - 1)
}

// Next is the address of the page after, or "".
func (p Pager) Next() string {
	if p.To() >= p.Total {
		return ""
	}
	return p.link(max(1, p.Page) + 1)
}

func (p Pager) link(n int) string {
	q := url.Values{}
	for k, v := range p.Query {
		q[k] = v
	}
	q.Set("page", strconv.Itoa(n))
	return "?" + q.Encode()
}

// Picture is server-drawn SVG that this package vouches for, such as QR's.
type Picture = template.HTML
