package rules

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast/domain/exposure"
	"holdfast/domain/policy"
)

// plan is a procedure as edges: what an outsider has to get through, and what
// insiders have to.
//
// An outsider passes every check, and honest approvers approve whoever passes:
// one check serves them all. Insiders are as many of the approvers as it takes;
// they attest what they would have seen themselves, and hand over the codes that
// are handed over. What a machine checks, and codes that are sent, they need as
// well.
type plan struct {
	p              *policy.Procedure
	rule           string // "recovery", "enrolment"
	nist           bool
	outside        []piece
	inside         []piece // empty: nobody's approval is asked for
	outHouse       []string
	inHouse        []string
	hold           time.Duration
	contest        bool
	approver       piece // whose approval it takes, if any
	approvedBySome bool
	pools          []*pool // whose approval it takes
}

// piece is one thing in a body.
type piece struct {
	kind pieceKind
	node string        // shared
	atom exposure.Atom // shared
	code *policy.Code
	nth  string
}

type pieceKind int

const (
	sharedNode pieceKind = iota
	sharedAtom
	aCode
	savedCode
	aDevice
	answers
	sponsor
	manager
)

// plan reads p.
func (x *index) plan(o *Organisation, p *policy.Procedure, rule string, eq policy.Equivalence, nist bool) *plan {
	l := &plan{p: p, rule: rule, nist: nist, hold: p.Delay.Hold.D(), contest: p.Delay.Contest}
	if p.Delay.WaiveWhen != "" {
		l.hold = 0 // what cannot be told beforehand counts for the attacker
	}
	people, approves := 0, slices.ContainsFunc(p.Steps, func(s *policy.Step) bool { return s.Approve != nil })
	for i, s := range p.Steps {
		nth := ""
		if i > 0 {
			nth = "/" + strconv.Itoa(i+1)
		}
		switch {
		case s.Proof != nil:
			people += l.proof(s.Proof, eq, nth, approves)
		case s.Approve != nil:
			people += s.Approve.K
			l.approve(x, o, s.Approve)
		case s.Code != nil:
			l.code(s.Code, nth, approves)
		case s.Device != nil:
			l.outside, l.inside = append(l.outside, piece{kind: aDevice}), append(l.inside, piece{kind: aDevice})
		}
	}
	if p.Code != nil {
		l.code(p.Code, "/code", true) // whoever runs the enrolment hands it over, unless it is sent
	}
	if len(l.outside) == 0 {
		l.outside = []piece{{kind: sharedAtom, atom: deceived(p)}}
	}
	if people == 0 || l.harder() {
		l.inside = nil
	}
	if people > 1 {
		l.inHouse = append(l.inHouse, "dual_control: "+strconv.Itoa(eq.DualControl))
	}
	return l
}

// harder says whether insiders need all that an outsider needs, and more: then
// they are no other way.
func (l *plan) harder() bool {
	return !slices.ContainsFunc(l.outside, func(o piece) bool {
		return !slices.ContainsFunc(l.inside, func(i piece) bool {
			return i.kind == o.kind && i.atom.ID == o.atom.ID && i.code == o.code && i.node == o.node
		})
	})
}

func deceived(p *policy.Procedure) exposure.Atom {
	return exposure.Atom{ID: Deceived(p.Name), Class: exposure.Deceive, Label: "somebody talks those who run the procedure “" + p.Name + "” into it", Status: exposure.Declared}
}

// proof adds a proof of identity, and says how many insiders stand for it.
func (l *plan) proof(p *policy.Proof, eq policy.Equivalence, nth string, approves bool) (people int) {
	out := piece{kind: sharedAtom, atom: exposure.Atom{ID: Passes(l.p.Name) + nth, Class: exposure.Proof, Status: exposure.Declared,
		Label: "passing the proof of identity of " + l.p.Name}}
	switch {
	case p.Kind == "knowledge-questions" && eq.KnowledgeQuestions > 0:
		out = piece{kind: answers}
		l.outHouse = append(l.outHouse, "knowledge_questions: "+strconv.Itoa(eq.KnowledgeQuestions))
	case p.Kind == "knowledge-questions":
		out.atom = deceived(l.p)
	case p.Kind == "onsite-attended" && (p.Match == "stored-portrait" || p.Match == "stored-biometric"):
		out.atom.IAL = 3
		out.atom.Label = "passing the on-site comparison with the stored " + strings.TrimPrefix(string(p.Match), "stored-") + " of " + l.p.Name
		l.outHouse = append(l.outHouse, "onsite_portrait_match: "+strconv.Itoa(eq.OnsitePortraitMatch))
	case p.IAL == 0:
		out.atom = deceived(l.p)
	default:
		out.atom.IAL = min(p.IAL, 2)
		out.atom.Label += " (IAL" + strconv.Itoa(p.IAL) + ")"
		l.outHouse = append(l.outHouse, "remote_video_proof: "+strconv.Itoa(eq.RemoteVideoProof))
	}
	l.outside = append(l.outside, out)
	attended := p.Kind == "onsite-attended" || p.Kind == "remote-video" || p.Kind == "knowledge-questions" && approves
	switch {
	case !attended:
		l.inside = append(l.inside, out)
		return 0
	case approves:
		return 0
	}
	l.inside = append(l.inside, piece{kind: sharedAtom, atom: exposure.Atom{ID: "attends:" + l.p.Name, Class: exposure.Person, Status: exposure.Assumed,
		Label: "whoever attends the proof of " + l.p.Name + " acts dishonestly"}})
	return 1
}

func (l *plan) approve(x *index, o *Organisation, a *policy.Approve) {
	var who piece
	switch a.From {
	case "subject.sponsor":
		who = piece{kind: sponsor}
	case "subject.manager", "subject.manager_chain":
		who = piece{kind: manager}
	case "subject":
		return // says yes to what the person asks for
	default:
		p := x.poolOf(o, a)
		l.pools = append(l.pools, p)
		who = piece{kind: sharedNode, node: Approved(p.name, p.k)}
	}
	l.inside = append(l.inside, who)
	if !l.approvedBySome {
		l.approver, l.approvedBySome = who, true
	}
}

// code: one that is shown and not sent is handed over by whoever approves, to
// whom they take for the person.
func (l *plan) code(c *policy.Code, nth string, approves bool) {
	if c.Kind == "saved" {
		l.outside, l.inside = append(l.outside, piece{kind: savedCode}), append(l.inside, piece{kind: savedCode})
		return
	}
	handed := !slices.ContainsFunc(c.Channel, func(ch policy.Channel) bool { return ch != "manual" && ch != "qr" })
	if handed && approves {
		return
	}
	p := piece{kind: aCode, code: c, nth: nth}
	l.outside, l.inside = append(l.outside, p), append(l.inside, p)
}

// procedures: the ways back of the person's segment, or to the first passkey for
// somebody who is invited (assurance rules 4 and 11).
func (b *build) procedures(a *Account) {
	if !a.joined() {
		for _, name := range a.Enrolments {
			if l := b.x.enrolment[name]; l != nil {
				b.follow(a, l, nil)
			}
		}
		return
	}
	for _, l := range b.x.recovery[a.Segment] {
		b.follow(a, l, nil)
	}
}

// filled says whether a procedure can come to the approvals that it takes for
// somebody. Where its pools are short of people, only whoever puts people into them
// brings it to that: power is what it takes.
func (b *build) filled(a *Account, l *plan) (power string, ok bool) {
	for _, p := range l.pools {
		if !p.short(a) {
			continue
		}
		if !b.x.held[p.by] {
			return "", false
		}
		power = p.by
	}
	return power, true
}

// follow adds the edges of a procedure; where powers are not empty, by them alone
// it is one of the account's.
func (b *build) follow(a *Account, l *plan, powers []string) {
	fill, ok := b.filled(a, l)
	if !ok {
		return
	}
	e := exposure.Edge{Head: Bind(a.ID), Of: l.rule + ":" + l.p.Name, Recovery: true, NIST: l.nist, Status: exposure.Declared, Hold: l.hold, Contest: l.contest,
		Notify: b.tell(a, l.p.Notify)}
	if l.approvedBySome {
		e.Approver = b.piece(a, l, &l.approver)
	}
	out := e
	out.ID, out.Rule, out.House = l.rule+":"+l.p.Name+":"+a.ID, l.rule+"-outsider", l.outHouse
	out.Label = "get through " + l.p.Name
	out.Body = b.pieces(a, l, l.outside)
	if fill != "" && !slices.Contains(powers, fill) {
		out.Body, out.NIST = append(out.Body, fill), false
		out.Label = "put people into those who approve, and " + out.Label
	}
	b.edge(moved(out, powers))
	if len(l.inside) == 0 {
		return
	}
	in := e
	in.ID, in.Rule, in.House = "inside:"+l.rule+":"+l.p.Name+":"+a.ID, l.rule+"-insider", l.inHouse
	in.Label = "insiders say that " + l.p.Name + " was passed"
	in.Body = b.pieces(a, l, l.inside)
	b.edge(moved(in, powers))
}

func (b *build) pieces(a *Account, l *plan, ps []piece) []string {
	out := make([]string, 0, len(ps))
	for i := range ps {
		out = append(out, b.piece(a, l, &ps[i]))
	}
	return out
}

func (b *build) piece(a *Account, l *plan, p *piece) string {
	switch p.kind {
	case sharedAtom:
		at := p.atom
		if at.Class == exposure.Proof { // who passes it, passes it as somebody
			at.ID, at.Owner = at.ID+":"+a.ID, a.ID
			at.Label += " as " + orElse(a.Name, "the person")
		}
		b.atom(at)
		return at.ID
	case aCode:
		return b.code(a, l, p)
	case savedCode:
		return b.saved(a)
	case aDevice:
		id := "issued:" + a.ID
		b.atom(exposure.Atom{ID: id, Class: exposure.Have, Label: "a device that the organisation issued to " + orElse(a.Name, "the person"), Owner: a.ID, Status: exposure.Declared})
		return id
	case answers:
		return b.has(a, "answers", exposure.Know, "answers to questions")
	case sponsor:
		return b.word(a, a.Sponsor, "sponsor")
	case manager:
		return b.word(a, a.Manager, "manager")
	}
	return p.node
}

// word is the node of somebody saying yes for a person: whoever is named, or an
// accomplice whom somebody names.
func (b *build) word(a *Account, id, as string) string {
	var who string
	if id == "" {
		who = b.unknown("who/"+as, "who answers, as the "+as+", for people of whom none is named")
	} else {
		who = b.person(id)
	}
	powers := b.over(a, WriteMembers, WriteAnybody)
	if len(powers) == 0 {
		return who
	}
	node := "word:" + as + ":" + a.ID
	b.edge(exposure.Edge{ID: node, Head: node, Body: []string{who}, Rule: "word", Label: "the " + as + " of " + orElse(a.Name, "the person") + " says yes", Status: exposure.Declared})
	b.gate(node, both(powers, [][]string{{b.accomplice(1)}}), exposure.Edge{Rule: "word-named", Label: "an accomplice is named the " + as + " of " + orElse(a.Name, "the person")})
	return node
}

// person is the node of somebody acting for the attacker. Of somebody who is not
// in the core nobody has said how well their account is kept.
func (b *build) person(id string) string {
	if b.x.core[id] == nil {
		b.atom(exposure.Atom{ID: Corrupt(id), Class: exposure.Person, Label: id + " acts dishonestly", Owner: id, Status: exposure.Declared})
		b.edge(exposure.Edge{ID: "dishonest:" + id, Head: Act(id), Body: []string{Corrupt(id)}, Rule: "act-dishonest", Label: id + " acts dishonestly", Status: exposure.Declared})
		b.edge(exposure.Edge{ID: "session-act:" + id, Head: Act(id), Body: []string{b.unknown("account/"+id, "what the account of "+id+" is worth")},
			Rule: "act-session", Label: "act as " + id, Status: exposure.Assumed})
	}
	return Act(id)
}

// code is what an issued code takes: one of the channels by which it may come.
func (b *build) code(a *Account, l *plan, p *piece) string {
	var from []string
	for _, ch := range p.code.Channel {
		switch ch {
		case "any_verified":
			if from = append(from, b.mailed(a)); len(a.Phones) > 0 {
				b.number = true
				from = append(from, Number(a.ID))
			}
		case "email":
			from = append(from, b.mailed(a))
		case "sms", "voice":
			b.number = true
			from = append(from, Number(a.ID))
		case "postal":
			id := "post:" + a.ID
			b.atom(exposure.Atom{ID: id, Class: exposure.RecIssued, Phishable: true, Label: whose(a.Name) + " letter box", Owner: a.ID, Status: exposure.Declared})
			from = append(from, id)
		default:
			id := "code:" + l.p.Name + ":" + a.ID
			b.atom(exposure.Atom{ID: id, Class: exposure.RecIssued, Phishable: true, Label: "the code of " + l.p.Name + " for " + orElse(a.Name, "the person"), Owner: a.ID, Status: exposure.Declared})
			from = append(from, id)
		}
	}
	switch len(from) {
	case 0:
		return b.unknown("code/"+l.p.Name, "how the code of "+l.p.Name+" reaches people")
	case 1:
		return from[0]
	}
	node := "code:" + l.p.Name + p.nth + ":any:" + a.ID
	b.edge(exposure.Edge{ID: node, Head: node, Body: from, K: 1, Rule: "code-channel", Of: l.rule + ":" + l.p.Name, Label: "get the code of " + l.p.Name, Status: exposure.Declared})
	return node
}
