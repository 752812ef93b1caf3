package page

import (
	"fmt"
	"strings"

	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
)

// ExposedAccount is who can get at one account.
type ExposedAccount struct {
	Frame
	Answer  answer.WhoCan
	Drawn   answer.Picture
	WhatIf  *answer.WhatIf // what was asked, and what comes of it
	Asked   string         // sentence about what was asked and cannot be answered
	Choices []WhatIfChoice // what may be asked, by field
	Whose   Link           // the person's page

	Fixed     string // id of the finding whose fixes were looked for
	Uncounted bool   // they say what they do to this account only
}

// WhatIfChoice is a list to choose a change from.
type WhatIfChoice struct {
	Name, Label, Help string // Name: lost, given, remove
	Options           []Option
}

// Capital makes a text the beginning of a sentence.
func Capital(s string) string { return capital(s) }

// Headline is the answer's first sentence, without the verdict, which stands
// beside it as a badge.
func (a *ExposedAccount) Headline() string {
	first, _ := sentence(headline(a.Answer.Sentence))
	return first
}

// Further is the rest of the answer.
func (a *ExposedAccount) Further() string {
	_, rest := sentence(headline(a.Answer.Sentence))
	return rest
}

// sentence parts a text behind its first sentence.
func sentence(text string) (first, rest string) {
	if at := strings.Index(text, ". "); at > 0 {
		return text[:at+1], text[at+2:]
	}
	return text, ""
}

// headline takes the verdict's name off a sentence: "FAIL: …".
func headline(sentence string) string {
	for _, v := range []exposure.Verdict{exposure.FailUnknown, exposure.NISTOnly, exposure.Fail, exposure.Pass} {
		if rest, ok := strings.CutPrefix(sentence, string(v)+": "); ok {
			return capital(rest)
		}
	}
	return sentence
}

// Graph is the picture of what leads to the account.
func (a *ExposedAccount) Graph() Graph {
	p := a.Drawn
	g := Graph{ID: "graph", Goal: p.Goal, Title: "Everything that leads to being signed in as " + a.Answer.Name,
		Text: "From the left, what somebody would have to obtain, to the right, the session. Thick lines and numbers mark the weakest path. The table below says the same."}
	place := map[string]int{}
	for i, id := range p.Weakest {
		place[id] = i + 1
	}
	for _, n := range p.Nodes {
		g.Nodes = append(g.Nodes, graphNode(n))
	}
	for i, e := range p.Edges {
		known := KnownBy(e.Status)
		lines := append([]string{known.Text}, e.Says...)
		g.Steps = append(g.Steps, GraphStep{ID: e.ID, Label: e.Label, Head: e.To, Body: e.From, K: e.K, Known: known.Evidence,
			Lines: sentencesOf(lines), Weak: place[e.ID], URL: fmt.Sprintf("#step-%d", i)})
	}
	return g
}

func graphNode(n answer.PictureNode) GraphNode {
	kind, icon := NodeGiven, "right"
	if n.Atom {
		kind, icon = NodeThing, classIcon(n.Class)
	}
	known := KnownBy(n.Status)
	var lines []string
	if words := ClassWords(n.Class); words != "" {
		lines = append(lines, words)
	}
	if n.Status != "" {
		lines = append(lines, known.Text)
	}
	if n.Learn != "" {
		lines = append(lines, "find out "+n.Learn)
	}
	url := BlastPath(n.ID)
	if n.Depth == 0 {
		url, icon = "", "in"
		lines = append(lines, "what everything here leads to")
	} else {
		lines = append(lines, "opens what else falls with it")
	}
	if n.Status == "" && !n.Atom {
		known.Evidence = Proven
	}
	return GraphNode{ID: n.ID, Label: n.Label, Kind: kind, Icon: icon, Known: known.Evidence, Lines: sentencesOf(lines), URL: url, Weak: n.Weakest}
}

func sentencesOf(lines []string) []string {
	out := make([]string, 0, len(lines))
	for _, line := range lines {
		if line != "" {
			out = append(out, strings.TrimSuffix(capital(line), ".")+".")
		}
	}
	return out
}

// StepRow is an edge of the picture in its table.
type StepRow struct {
	ID      string
	Place   int // on the weakest path; 0: not on it
	Label   string
	Takes   string // "all of", "2 of"; empty: there is one
	From    []answer.Thing
	To      answer.Thing
	Says    []string
	Known   Badge
	Weakest bool
}

// Steps is the picture as a table: the weakest path first, in its order.
func (a *ExposedAccount) Steps() []StepRow {
	things := map[string]answer.Thing{}
	for _, n := range a.Drawn.Nodes {
		things[n.ID] = n.Thing
	}
	named := func(id string) answer.Thing {
		if t, ok := things[id]; ok {
			return t
		}
		return answer.Thing{ID: id, Label: id}
	}
	place := map[string]int{}
	for i, id := range a.Drawn.Weakest {
		place[id] = i + 1
	}
	weak, rest := make([]StepRow, 0, len(place)), []StepRow(nil)
	for i, e := range a.Drawn.Edges {
		row := StepRow{ID: fmt.Sprintf("step-%d", i), Place: place[e.ID], Label: e.Label, To: named(e.To), Says: e.Says, Known: KnownBy(e.Status),
			Takes: GraphStep{Body: e.From, K: e.K}.Takes()}
		for _, id := range e.From {
			row.From = append(row.From, named(id))
		}
		if row.Place > 0 {
			weak = append(weak, row)
		} else {
			rest = append(rest, row)
		}
	}
	sortSteps(weak)
	return append(weak, rest...)
}

// Levels says what the account is worth and what is asked.
func (a *ExposedAccount) Levels() []Pair { return levels(a.Answer) }

func levels(w answer.WhoCan) []Pair {
	out := []Pair{
		{Name: "Worth", Value: Worth(w.Effective), Note: "by its weakest way"},
		{Name: "Asked for", Value: Asks(w.Required), Note: "by the segment " + Segment(w.Segment)},
	}
	if w.Best != w.Effective {
		out = append(out, Pair{Name: "At best", Value: Worth(w.Best), Note: "if everything unknown turned out harmless"})
	}
	out = append(out, Pair{Name: "Could be noticed", Value: ContestSays(w.Effective.Contest), Note: w.Effective.Contest})
	return out
}

// Conforms is the verdict by NIST's text alone.
func (a *ExposedAccount) Conforms() Badge { return conforms(a.Answer.NIST) }

func conforms(nist bool) Badge {
	if nist {
		return Badge{Text: "conforms", Tone: ToneGood}
	}
	return Badge{Text: "does not conform", Tone: ToneAlarm}
}

// Survives says what may be lost.
func (a *ExposedAccount) Survives() string {
	switch n := a.Answer.Availability; {
	case n <= 0:
		return "There is no way in of their own."
	case n == 1:
		return "One loss, and the owner is locked out: nothing that is left opens the account."
	case n == 2:
		return "The owner may lose any one thing and still gets in; two losses could lock them out."
	default:
		return fmt.Sprintf("The owner may lose any %d things and still gets in; %d losses could lock them out.", n-1, n)
	}
}

// Violates says whether a way is worth less than is asked.
func (a *ExposedAccount) Violates(w answer.Way) bool {
	r := a.Answer.Required
	return w.Level < r.AAL || r.Phr && !w.Phr
}

// WayBadge is what a way is worth, against what is asked.
func (a *ExposedAccount) WayBadge(w answer.Way) Badge {
	if a.Violates(w) {
		return Badge{Text: Level(w.Level), Tone: ToneAlarm}
	}
	return Badge{Text: Level(w.Level), Tone: ToneGood}
}

// PhrBadge says whether a way resists phishing.
func PhrBadge(phr bool) Badge {
	if phr {
		return Badge{Text: "resists phishing", Tone: ToneGood}
	}
	return Badge{Text: "can be relayed or talked out of somebody", Tone: ToneWarn}
}

// Compare is what an account is worth before and after a change.
func (a *ExposedAccount) Compare() []Change {
	if a.WhatIf == nil {
		return nil
	}
	b, n := a.WhatIf.Before, a.WhatIf.After
	row := func(what, was, is string) Change { return Change{What: what, Was: was, Is: is} }
	return []Change{
		row("Worth", Worth(b.Effective), Worth(n.Effective)),
		row("Verdict", VerdictBadge(b.Verdict).Text, VerdictBadge(n.Verdict).Text),
		row("Ways in", waysOf(b), waysOf(n)),
		row("Single points", count(len(b.SinglePoints), "thing", "things"), count(len(n.SinglePoints), "thing", "things")),
		row("Availability", answer.Losses(b.Availability), answer.Losses(n.Availability)),
	}
}

func waysOf(w answer.WhoCan) string {
	text := count(len(w.Ways), "way", "ways")
	if w.Truncated {
		return "more than " + text
	}
	return text
}

// WhatIfSays is the sentence about a change.
func (a *ExposedAccount) WhatIfSays() string {
	if a.WhatIf == nil {
		return ""
	}
	return a.WhatIf.Sentence
}

func (*ExposedAccount) name() string  { return "exposedaccount" }
func (*ExposedAccount) shell() string { return "console" }
