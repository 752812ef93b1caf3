// Package grade says what a way back in is worth: the level of the cheapest set
// of things that somebody who is not the person would have to obtain to get
// through a recovery or enrolment procedure, and whether NIST SP 800-63B-4
// accepts the procedure by itself.
//
// It refuses to count belief: an approver who is only told a story is worth
// nothing, however many are told it, and neither is delay, notice or a limit.
// It knows no account: common mode between real people and devices, which needs
// them, is the business of the assurance graph.
package grade

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/domain/policy"
)

// Grade is what a procedure is worth.
type Grade struct {
	AAL  int64    `json:"aal"`  // by the cheapest way through
	NIST bool     `json:"nist"` // SP 800-63B-4 accepts it for what it yields
	Why  string   `json:"why"`  // the cheapest way, in words
	Text string   `json:"text"` // what NIST says, with its section
	By   []string `json:"by"`   // the house rules that the level depends on
}

// Of grades p, a recovery procedure, for the level that it yields.
func Of(p *policy.Procedure, eq policy.Equivalence) Grade {
	return At(p, eq, int64(p.Yields.AAL))
}

// At grades p, a recovery procedure, for an account of level aal.
func At(p *policy.Procedure, eq policy.Equivalence, aal int64) Grade {
	g := cheapest(p, eq)
	g.NIST, g.Text = recoverable(p, aal)
	return g
}

// OfEnrolment grades p, by which somebody gets the first authenticator.
func OfEnrolment(p *policy.Procedure, eq policy.Equivalence) Grade {
	g := cheapest(p, eq)
	g.NIST, g.Text = enrollable(p)
	return g
}

// Equivalence is that of d, with what d does not say: two distinct insiders and
// a proof of identity are worth two factors each, and no question is worth any.
// That is the count of factors without a house rule.
func Equivalence(d *policy.Document) policy.Equivalence {
	eq := d.Metadata.Equivalence
	for key, v := range map[string]*int{
		"dual_control": &eq.DualControl, "onsite_portrait_match": &eq.OnsitePortraitMatch, "remote_video_proof": &eq.RemoteVideoProof,
	} {
		if !d.Has("metadata.equivalence." + key) {
			*v = factors
		}
	}
	if eq.Mode == "" {
		eq.Mode = "strict"
	}
	return eq
}

const factors = 2 // that a level 2 has: NIST SP 800-63B-4 §2.2.1

// cheapest compares the two ways through. All steps are needed, so an outsider
// meets each of them, and honest approvers approve whoever passes. Insiders
// skip what they would have checked themselves. Who attends a proof is not among
// its approvers: each is an insider of their own.
func cheapest(p *policy.Procedure, eq policy.Equivalence) Grade {
	outside, inside := newWay(eq), newWay(eq)
	checked, people := false, false
	for _, s := range p.Steps {
		switch {
		case s.Proof != nil:
			checked = true
			outside.proof(s.Proof)
			if attended(s.Proof.Kind) {
				people = true
				inside.persons++
			} else {
				inside.proof(s.Proof)
			}
		case s.Approve != nil:
			people = true
			inside.approvers(s.Approve)
		case s.Code != nil:
			checked = true
			outside.code(s.Code, p)
			if !(handedOver(s.Code) && approved(p)) {
				inside.code(s.Code, p)
			}
		case s.Device != nil:
			checked = true
			outside.possession()
			inside.possession()
		}
	}
	if !checked {
		outside.told = true
	}
	best := outside.grade()
	if in := inside.grade(); people && in.AAL < best.AAL {
		best = in
	}
	return best
}

// attended: a person judges it, and could say that it was passed.
func attended(k policy.ProofKind) bool { return k == "onsite-attended" || k == "remote-video" }

// handedOver: an issued code that is shown, and not sent, is in the hands of
// whoever approves.
func handedOver(c *policy.Code) bool {
	return c.Kind != "saved" && !slices.ContainsFunc(c.Channel, func(ch policy.Channel) bool { return ch != "manual" && ch != "qr" })
}

func approved(p *policy.Procedure) bool {
	return slices.ContainsFunc(p.Steps, func(s *policy.Step) bool { return s.Approve != nil })
}

// way is a set of things to obtain.
type way struct {
	eq          policy.Equivalence
	persons     int
	proofLevel  int
	saved       bool
	issued      bool
	independent bool
	devices     int
	told        bool
	what, by    []string
}

func newWay(eq policy.Equivalence) *way { return &way{eq: eq} }

func (w *way) proof(p *policy.Proof) {
	level := 0
	switch {
	case p.Kind == "knowledge-questions":
		level = w.eq.KnowledgeQuestions
		w.by = append(w.by, house("knowledge_questions", level))
		w.what = append(w.what, "answers to questions")
	case p.Kind == "onsite-attended" && (p.Match == "stored-portrait" || p.Match == "stored-biometric"):
		level = w.eq.OnsitePortraitMatch
		w.by = append(w.by, house("onsite_portrait_match", level))
		w.what = append(w.what, "passing an attended comparison with the stored "+strings.TrimPrefix(string(p.Match), "stored-"))
	case p.IAL == 0:
		w.what = append(w.what, "passing a check of identity at no stated level")
	case p.Kind == "remote-video" || p.Kind == "remote-unattended":
		level = min(w.eq.RemoteVideoProof, factors)
		w.by = append(w.by, house("remote_video_proof", w.eq.RemoteVideoProof))
		w.what = append(w.what, fmt.Sprintf("passing a remote proof of identity at IAL%d", p.IAL))
	default:
		level = factors // a proof of identity counts two
		w.what = append(w.what, fmt.Sprintf("passing a proof of identity at IAL%d", p.IAL))
	}
	w.proofLevel = max(w.proofLevel, level)
}

// approvers are so many insiders; several that are not held to be independent
// of each other are one, since one may have power over the rest.
func (w *way) approvers(a *policy.Approve) {
	if a.K > 1 && !a.Independent {
		w.persons++
		w.what = append(w.what, fmt.Sprintf("one dishonest person of %s with power over the others", a.From))
		return
	}
	w.persons += a.K
}

// code: two codes of different kinds are two factors, but only where they are
// held not to arrive on one device.
func (w *way) code(c *policy.Code, p *policy.Procedure) {
	kind := "issued"
	if c.Kind == "saved" {
		w.saved, kind = true, "saved"
	} else {
		w.issued = true
	}
	w.independent = p.Independence == "required"
	w.what = append(w.what, "the "+kind+" code")
}

func (w *way) possession() {
	w.devices = 1
	w.what = append(w.what, "a device of the organisation")
}

func house(name string, level int) string { return fmt.Sprintf("%s: %d", name, level) }

func (w *way) grade() Grade {
	if w.told {
		return Grade{AAL: 0, Why: "a story that the approvers believe", By: nil}
	}
	units := w.proofLevel + w.codes() + w.devices
	if w.persons == 1 {
		units += min(1, w.eq.DualControl)
	}
	if w.persons > 1 {
		units += min(factors, w.eq.DualControl)
		w.by = append(w.by, house("dual_control", w.eq.DualControl))
	}
	level := min(units, factors)
	if w.proofLevel == 3 || w.persons > 1 && w.eq.DualControl == 3 {
		level = 3
	}
	return Grade{AAL: int64(level), Why: w.sentence(), By: w.by}
}

func (w *way) codes() int {
	switch {
	case w.saved && w.issued && w.independent:
		return 2
	case w.saved || w.issued:
		return 1
	}
	return 0
}

func (w *way) sentence() string {
	what := w.what
	switch {
	case w.persons == 1:
		what = append([]string{"one dishonest insider"}, what...)
	case w.persons > 1:
		what = append([]string{fmt.Sprintf("%d dishonest insiders", w.persons)}, what...)
	}
	s := strings.Join(what, " and ")
	if w.saved && w.issued && !w.independent {
		s += ", which may both be on one phone"
	}
	return s
}
