package page

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
)

// Exposure is the organisation: what its accounts are worth by their weakest
// path, and to whom.
type Exposure struct {
	Frame
	Answer answer.Overview
	Read   int64 // accounts that were read so far, while Answer.Loading,
	Of     int64 // of so many
	Export Export
}

// Bar is how far the reading is.
func (e *Exposure) Bar() Progress {
	return Progress{ID: "reading", Label: "Accounts are read and computed", Done: int(e.Read), Total: int(max(e.Of, e.Read)), Noun: "accounts"}
}

// Headline is how many can be taken over too easily, and by what most are.
func (e *Exposure) Headline() string {
	a := &e.Answer
	if a.Loading || a.Accounts == 0 {
		return a.Sentence
	}
	had := map[exposure.Verdict]int64{}
	for _, v := range a.Verdicts {
		had[exposure.Verdict(v.Name)] = v.Count
	}
	short, unknown := had[exposure.Fail]+had[exposure.NISTOnly], had[exposure.FailUnknown]
	const than, declared = " be taken over with less than their segment asks", ", for all that anybody has declared"
	all, text := count(int(a.Accounts), "person", "people"), ""
	switch {
	case short == 0 && unknown == 0:
		return "Nobody can" + than
	case short == 0:
		text = thousands(int(unknown)) + " of " + all + " may" + than + declared
	case unknown == 0:
		text = thousands(int(short)) + " of " + all + " can" + than
	default:
		text = thousands(int(short)) + " of " + all + " can" + than + ", and " + thousands(int(unknown)) + " more may" + declared
	}
	falls := map[string]int64{}
	for _, c := range a.Matrix {
		falls[c.Profile] += c.Falls
	}
	most, by := int64(0), Adversary{}
	for _, x := range Adversaries() {
		if falls[x.Profile] > most {
			most, by = falls[x.Profile], x
		}
	}
	if most > 0 {
		text += "; the commonest way is " + by.Way
	}
	return text
}

// Short is how many accounts are worth less than is asked of them.
func (e *Exposure) Short() (n int64) {
	for _, h := range e.Answer.Segments {
		n += Shortfall(h)
	}
	return n
}

// Verdicts are how many accounts have which, the worst first.
func (e *Exposure) Verdicts() []answer.Count {
	out := slices.Clone(e.Answer.Verdicts)
	slices.SortStableFunc(out, func(a, b answer.Count) int { return badness(a.Name) - badness(b.Name) })
	return out
}

func badness(verdict string) int {
	return slices.Index([]exposure.Verdict{exposure.Fail, exposure.FailUnknown, exposure.NISTOnly, exposure.Pass}, exposure.Verdict(verdict))
}

// Where says whether it is known in which segments the greatest blasts are.
func (e *Exposure) Where() bool {
	return slices.ContainsFunc(e.Answer.Top, func(b answer.Blast) bool { return len(b.Segments) > 0 })
}

// ThingWords is what a thing is called; of one that has only an id, what that
// says.
func ThingWords(t answer.Thing) string {
	if t.Label != "" && t.Label != t.ID {
		return capital(t.Label)
	}
	kind, of, _ := strings.Cut(t.ID, ":")
	switch kind {
	case "deceive":
		return "A story that is believed in “" + of + "”"
	case "proof":
		return "Passing the proof of identity of “" + of + "”"
	case "approved":
		return "Whoever must agree says yes: " + of
	case "":
		return "Something without a name"
	}
	return t.ID
}

// Segmented says whether any account is counted.
func (e *Exposure) Segmented() bool { return len(e.Answer.Segments) > 0 && e.Answer.Accounts > 0 }

// Shortfall is how many accounts of a segment are below the AAL that it asks.
func Shortfall(h answer.Histogram) (n int64) {
	for aal, c := range h.AAL {
		if aal < h.Required.AAL {
			n += c
		}
	}
	return n
}

// Adversaries heads the matrix.
func (e *Exposure) Adversaries() []Adversary { return Adversaries() }

// MatrixRow is a segment in the matrix.
type MatrixRow struct {
	Segment string
	Cells   []MatrixCell
}

// MatrixCell is how many accounts of a segment an adversary gets into.
type MatrixCell struct {
	Adversary Adversary
	Falls, Of int64
	URL       string
}

// Shade is how much of a segment falls: none, few, some, most, all. The number
// stands in the cell: the shade is only how it is found.
func (c MatrixCell) Shade() string {
	switch share := float64(c.Falls) / float64(max(c.Of, 1)); {
	case c.Falls == 0:
		return "none"
	case c.Falls == c.Of:
		return "all"
	case share >= 0.5:
		return "most"
	case share >= 0.1:
		return "some"
	}
	return "few"
}

// Matrix is segments by adversary, in the order of the answer.
func (e *Exposure) Matrix() []MatrixRow {
	var rows []MatrixRow
	at := map[string]int{}
	for _, c := range e.Answer.Matrix {
		i, ok := at[c.Segment]
		if !ok {
			i = len(rows)
			at[c.Segment] = i
			rows = append(rows, MatrixRow{Segment: c.Segment})
		}
		cell := MatrixCell{Adversary: adversary(c.Profile), Falls: c.Falls, Of: c.Of}
		if c.Segment != "" { // what no segment covers cannot be listed by segment
			cell.URL = ExposedPath(ExposedFilter{Segment: c.Segment, Profile: c.Profile})
		}
		rows[i].Cells = append(rows[i].Cells, cell)
	}
	return rows
}

// Adversary is a profile in words.
type Adversary struct {
	Profile   string
	Name, Has string // who they are; what they have from the start
	Way       string // how they get in, for a sentence
}

// Adversaries are all of them, in the order of the matrix.
func Adversaries() []Adversary {
	return []Adversary{
		{string(exposure.Phisher), "Phisher", "What the person types or reads out on a page that looks like the right one.", "a page that looks like the right one"},
		{string(exposure.SIMSwapper), "SIM swapper", "The person’s telephone number: calls and text messages arrive elsewhere.", "the person’s telephone number"},
		{string(exposure.HelpDeskCaller), "Caller", "A story that a service desk, or anybody who only believes, takes for true.", "one story that is believed"},
		{string(exposure.SyncThief), "Sync thief", "What it takes to sign in at the account that syncs the passkeys.", "the account that syncs their passkeys"},
		{string(exposure.Burglar), "Burglar", "Telephones, computers and keys, but not what unlocks them.", "a stolen device"},
		{string(exposure.MailAdmin), "Mail admin", "Everybody’s mail.", "somebody who reads the mail"},
		{string(exposure.SingleOperator), "One operator", "One person with power over others who acts dishonestly.", "one dishonest person with power over others"},
		{string(exposure.ProviderInsider), "Insider there", "One dishonest person at a provider that syncs passkeys.", "one dishonest person at a provider"},
	}
}

func adversary(profile string) Adversary {
	for _, a := range Adversaries() {
		if a.Profile == profile {
			return a
		}
	}
	return Adversary{Profile: profile, Name: profile}
}

// Segment names a segment; the accounts that no segment covers have one, too.
func Segment(name string) string {
	if name == "" {
		return "in no segment"
	}
	return name
}

// Asks says what an account must be worth: "AAL2, resists phishing".
func Asks(r exposure.Required) string {
	switch {
	case r.AAL == 0 && !r.Phr:
		return "nothing"
	case r.Phr:
		return Level(r.AAL) + ", resists phishing"
	}
	return Level(r.AAL)
}

// Level is an assurance level by its name.
func Level(n int) string { return "AAL" + strconv.Itoa(n) }

// Worth says what something is worth.
func Worth(w answer.Worth) string {
	if w.Phr {
		return Level(w.AAL) + ", resists phishing"
	}
	return Level(w.AAL)
}

// VerdictBadge is the verdict on what an attacker needs.
func VerdictBadge(v exposure.Verdict) Badge {
	switch v {
	case exposure.Pass:
		return Badge{Text: "holds", Tone: ToneGood}
	case exposure.NISTOnly:
		return Badge{Text: "by the letter only", Tone: ToneWarn}
	case exposure.Fail:
		return Badge{Text: "falls short", Tone: ToneAlarm}
	case exposure.FailUnknown:
		return Badge{Text: "rests on an unknown"}
	}
	return Badge{Text: "not computed"}
}

// VerdictSays explains a verdict.
func VerdictSays(v exposure.Verdict) string {
	switch v {
	case exposure.Pass:
		return "No way in is worth less than what is asked."
	case exposure.NISTOnly:
		return "Worth less only by ways back in that SP 800-63B-4 accepts."
	case exposure.Fail:
		return "Some way in is worth less than what is asked."
	case exposure.FailUnknown:
		return "Some way in depends on what nobody has declared, which counts as nothing."
	}
	return ""
}

// SeverityBadge is how bad a finding is.
func SeverityBadge(s answer.Severity) Badge {
	switch s {
	case "critical", "high":
		return Badge{Text: string(s), Tone: ToneAlarm}
	case "medium":
		return Badge{Text: string(s), Tone: ToneWarn}
	}
	return Badge{Text: string(s), Tone: ToneNote}
}

// ContestSays is how well somebody can notice and stop it.
func ContestSays(grade string) string {
	switch grade {
	case exposure.C1.String():
		return "somebody else is told"
	case exposure.C2.String():
		return "told a day before, and can be stopped"
	case exposure.C3.String():
		return "somebody else must agree, or has three days"
	}
	return "nobody is told"
}

// ExposedFilter narrows the list of accounts.
type ExposedFilter struct {
	Segment string
	Below   int
	Profile string
	Verdict exposure.Verdict
	Singles bool
	Phr     bool // phishing resistance is asked for and missing
}

// Any says whether anything narrows the list.
func (f ExposedFilter) Any() bool { return f != ExposedFilter{} }

// ExposedPath is the list of accounts that a filter leaves.
func ExposedPath(f ExposedFilter) string {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" {
			q.Set(name, value)
		}
	}
	set("segment", f.Segment)
	set("profile", f.Profile)
	set("verdict", string(f.Verdict))
	if f.Below > 0 {
		set("below", strconv.Itoa(f.Below))
	}
	if f.Singles {
		set("singles", "yes")
	}
	if f.Phr {
		set("phr", "missing")
	}
	if len(q) == 0 {
		return PathExposed
	}
	return PathExposed + "?" + q.Encode()
}

// exposedBy is the same for templates: by one thing beside the segment.
func exposedBy(kind, segment string, value any) string {
	f := ExposedFilter{Segment: segment}
	switch v := value.(type) {
	case int:
		f.Below = v
	case exposure.Verdict:
		f.Verdict = v
	case string:
		switch kind {
		case "verdict":
			f.Verdict = exposure.Verdict(v)
		case "profile":
			f.Profile = v
		case "singles":
			f.Singles = true
		case "phr":
			f.Phr = true
		}
	}
	return ExposedPath(f)
}

// BlastPath is the page about what falls with a node.
func BlastPath(node string) string {
	return PathBlast + "?" + url.Values{"node": {node}}.Encode()
}

// ExposedAccountPath is the page about who can get at an account.
func ExposedAccountPath(person string) string { return at(PathExposed, person) }

// ClassWords is what kind of thing an atom is.
func ClassWords(c exposure.Class) string {
	switch c {
	case exposure.Know:
		return "something known"
	case exposure.Have:
		return "a device or a secret that can be copied"
	case exposure.HaveHW:
		return "a key proven to stay in its hardware"
	case exposure.Are:
		return "a fingerprint or a face"
	case exposure.RecSaved:
		return "a saved recovery code"
	case exposure.RecIssued:
		return "a code that is sent"
	case exposure.RecContact:
		return "a trusted associate"
	case exposure.Person:
		return "somebody who acts dishonestly"
	case exposure.Deceive:
		return "a story that is believed: worth nothing"
	case exposure.Proof:
		return "passing a proof of identity"
	case exposure.Unknown:
		return "not declared: worth nothing until it is"
	}
	return ""
}

// classIcon is the sign of a class.
func classIcon(c exposure.Class) string {
	switch c {
	case exposure.Know:
		return "lips"
	case exposure.Have:
		return "phone"
	case exposure.HaveHW:
		return "usb"
	case exposure.Are:
		return "finger"
	case exposure.RecSaved:
		return "log"
	case exposure.RecIssued:
		return "mail"
	case exposure.RecContact:
		return "people"
	case exposure.Person:
		return "user"
	case exposure.Deceive:
		return "call"
	case exposure.Proof:
		return "badge"
	case exposure.Unknown:
		return "question"
	}
	return "dot"
}

// KnownBy is how a fact is known, as every page shows that.
func KnownBy(s exposure.Status) Badge {
	switch s {
	case exposure.Observed:
		return Badge{Text: "observed", Evidence: Proven}
	case exposure.Declared:
		return Badge{Text: "declared", Evidence: Claimed}
	}
	return Badge{Text: "assumed"}
}

// ExposureLine is the line about exposure on other pages.
type ExposureLine struct {
	Sentence string
	Verdict  exposure.Verdict
	URL      string
}

// Badge is the verdict; of nothing computed yet it says so.
func (l *ExposureLine) Badge() Badge { return VerdictBadge(l.Verdict) }

func instant(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 UTC") }

func (*Exposure) name() string  { return "exposure" }
func (*Exposure) shell() string { return "console" }
