package replay

import (
	"fmt"
	"slices"

	"holdfast/test/client"
	"holdfast/test/softkey"
)

// Attack is one way to go, against one account. Its name says all that it does:
// two attacks with one name are one.
type Attack struct {
	Name   string
	Target *Person
	Needs  [][]string // what it takes: all of any one list. An empty list: nothing
	Key    *Passkey   // of the target, that is used; nil: the attacker brings a new one
	Proven bool       // what the attacker brings is a key that the policy trusts
	Asks   int        // the level that the policy asks where it puts the target; 0: where they are

	rests  []*Person // on whose accounts, beside the target's, it rests
	spoils []*Person // which of these it changes as well

	do func(*scene) (*client.Client, error)
}

// What an attacker can hold. Package rules has names of its own for what leads
// there: see holdings.
func use(k *Passkey) string    { return "use " + k.ID }    // the private key, or a copy
func unlock(k *Passkey) string { return "unlock " + k.ID } // and what unlocks it
func mail(p *Person) string    { return "mail of " + p.ID }
func act(p *Person) string     { return "act of " + p.ID } // the person is dishonest
func token(t *Token) string    { return "token " + t.ID }

func ticket(l *Link) string { return "ticket " + l.ID }

// Allowed says whether somebody with these holdings can try it.
func (a *Attack) Allowed(holds map[string]bool) bool {
	return slices.ContainsFunc(a.Needs, func(all []string) bool {
		return !slices.ContainsFunc(all, func(n string) bool { return !holds[n] })
	})
}

var nothing = [][]string{{}}

// actor is somebody who can be made to act, and all the ways to make them.
type actor struct {
	name   string
	person *Person // nil: a token
	rests  *Person // whose account it rests on: person, or the owner of the token
	new    bool    // it takes an invitation to become person
	needs  [][]string
	open   func(*scene) (hand, error)
}

// by notes in a who acts in it.
func (a *Attack) by(actors ...actor) *Attack {
	for _, x := range actors {
		if a.rests = append(a.rests, x.rests); x.new {
			a.spoils = append(a.spoils, x.rests)
		}
	}
	return a
}

// actors are everybody in whose name something could be done to others: people
// by their own browser, honest or stolen; somebody invited whose link was taken;
// tokens.
func (o *Organisation) actors() []actor {
	var out []actor
	for _, p := range o.People {
		keys := o.keysOf(p)
		for _, l := range o.Links {
			if l.Person == p && !l.Dead && l.ID == "" {
				out = append(out, o.newcomer(p, l))
			}
		}
		if len(keys) == 0 || p.Asks == 2 && p.Name != "hank" && p.Name != "erin" && p.Name != "dean" && p.Name != "hugo" && p.Name != "alice" {
			continue // a member's hand is tried once, with alice
		}
		a := actor{name: p.Name, person: p, rests: p, needs: [][]string{{act(p)}}}
		k := keys[0]
		a.needs = append(a.needs, []string{use(k), unlock(k)})
		a.open = func(s *scene) (hand, error) {
			c, err := s.honest(k)
			return console{s, c}, err
		}
		out = append(out, a)
	}
	for _, t := range o.Tokens {
		out = append(out, actor{name: "token " + t.Name, rests: t.Owner, needs: [][]string{{token(t)}},
			open: func(s *scene) (hand, error) { return program{s, t.Secret}, nil }})
	}
	for _, a := range out { // who may invite somebody with a power has it as well
		nora := o.named("nora")
		if a.person != nora && (a.person == nil || a.person.Asks == 2) {
			out = append(out, actor{name: "nora invited by " + a.name, person: nora, rests: nora, new: true, needs: a.needs, open: func(s *scene) (hand, error) {
				h, err := a.open(s)
				if err != nil {
					return nil, err
				}
				secret, err := h.invite(nora)
				if err != nil {
					return nil, err
				}
				c, err := s.enrol(secret, boughtKey)
				return console{s, c}, err
			}})
		}
	}
	return out
}

// newcomer acts as somebody who was invited: they themselves, or whoever reads
// their mail.
func (o *Organisation) newcomer(p *Person, l *Link) actor {
	return actor{name: p.Name + " by the link", person: p, rests: p, new: true, needs: [][]string{{mail(p)}, {act(p)}}, open: func(s *scene) (hand, error) {
		c, err := s.enrol(l.Secret, boughtKey)
		return console{s, c}, err
	}}
}

// What an attacker can bring to make a new passkey with.
type device int

const (
	boughtKey   device = iota // as anybody can buy it, of the maker that the policy trusts
	telephone                 // whose passkeys are synced
	counterfeit               // that vouches for itself in the maker's name
)

func (o *Organisation) brings(d device) *softkey.Authenticator {
	switch d {
	case boughtKey:
		return softkey.New(softkey.Attested(o.Maker, model))
	case counterfeit:
		return softkey.New(softkey.Attested(o.Forger, model))
	}
	return softkey.New(synced(cloud))
}

// enrol opens a link with a new key.
func (s *scene) enrol(secret string, with device) (*client.Client, error) {
	c, err := s.stranger(s.brings(with))
	if err == nil {
		_, err = c.Enrol(s.ctx, secret)
	}
	if err == nil {
		s.dirty = true
	}
	return c, err
}

// Attacks lists every way that anybody has thought of, those by somebody's power
// against one account of each kind alone: Rest has the others.
func (o *Organisation) Attacks() []*Attack {
	var out []*Attack
	for _, p := range o.People {
		out = append(out, o.strangers(p)...)
		for _, k := range o.keysOf(p) {
			out = append(out, o.signIns(p, k)...)
		}
		for _, l := range o.Links {
			if l.Person == p {
				out = append(out, o.opens(p, l)...)
			}
		}
	}
	actors := o.actors()
	for _, a := range actors { // in this order many of them find their accounts as they were
		for _, p := range o.probes() {
			if a.person != p {
				out = append(out, o.byActor(p, a)...)
			}
		}
	}
	return append(out, o.demoted(actors)...)
}

// probes are one of each kind of account that powers tell apart: a member, one
// at AAL3, somebody invited, the same with roles, one whose passkey is refused or
// suspended, one who is stopped.
func (o *Organisation) probes() []*Person {
	var out []*Person
	for _, n := range []string{"alice", "kurt", "ivan", "erin", "nora", "rita", "sue", "sam", "carl"} {
		out = append(out, o.named(n))
	}
	return out
}

// Rest lists what else there is to try when it is known what each comes to
// against the probes: whoever got anywhere is tried against everybody else, and
// who may remove passkeys and not invite is paired with who may invite. Whoever
// got nowhere has no power that another account could show.
func (o *Organisation) Rest(probed map[string]Outcome) []*Attack {
	var out []*Attack
	probes := o.probes()
	for _, a := range o.actors() {
		if !o.anywhere(a, probed) {
			continue
		}
		for _, p := range o.People {
			if a.person != p && !slices.Contains(probes, p) {
				out = append(out, o.byActor(p, a)...)
			}
		}
	}
	return append(out, o.pairs(probed)...)
}

// anywhere says whether a's power showed in any way.
func (o *Organisation) anywhere(a actor, probed map[string]Outcome) bool {
	for _, p := range o.probes() {
		for _, x := range o.byActor(p, a) {
			if r, ok := probed[x.Name]; ok && r.Err == nil {
				return true
			}
		}
	}
	return false
}

// signIns are with the key of P, unlocked and not.
func (o *Organisation) signIns(p *Person, k *Passkey) []*Attack {
	try := func(verified bool) func(s *scene) (*client.Client, error) {
		return func(s *scene) (*client.Client, error) {
			c, err := s.stranger(k.on(s.base, verified))
			if err == nil {
				_, err = c.SignIn(s.ctx, "", "")
			}
			return c, err
		}
	}
	return []*Attack{
		{Name: "sign in with " + k.Name, Target: p, Key: k, Needs: [][]string{{use(k), unlock(k)}}, do: try(true)},
		{Name: "sign in with " + k.Name + ", still locked", Target: p, Key: k, Needs: [][]string{{use(k)}}, do: try(false)},
	}
}

// opens are with a link: from the mailbox, or one that is worth nothing, which
// anybody may have.
func (o *Organisation) opens(p *Person, l *Link) []*Attack {
	needs, name := [][]string{{mail(p)}}, "open the mailed link "+l.Name
	switch {
	case l.Dead:
		needs, name = nothing, "open the dead link "+l.Name
	case l.ID != "":
		needs, name = [][]string{{ticket(l)}}, "open the link "+l.Name
	}
	try := func(with device) func(s *scene) (*client.Client, error) {
		return func(s *scene) (*client.Client, error) { return s.enrol(l.Secret, with) }
	}
	return []*Attack{
		{Name: name, Target: p, Needs: needs, Proven: true, do: try(boughtKey)},
		{Name: name + " with a telephone", Target: p, Needs: needs, do: try(telephone)},
		{Name: name + " with a key that nobody vouches for", Target: p, Needs: needs, do: try(counterfeit)},
	}
}

// byActor are by somebody's power: the passkeys removed and a new link made;
// something that was stopped set going again; a link that replaces a passkey.
func (o *Organisation) byActor(p *Person, a actor) []*Attack {
	taken := &Attack{Name: fmt.Sprintf("%s: remove the passkeys of %s, invite again", a.name, p.Name), Target: p, Proven: true, Needs: a.needs,
		do: func(s *scene) (*client.Client, error) { return s.takeOver(p, a, a, a) }}
	out := []*Attack{taken.by(a)}
	for _, t := range o.Tasks {
		if t.Person == p.ID {
			out = append(out, (&Attack{Name: fmt.Sprintf("%s: make the link that replaces a passkey of %s", a.name, p.Name), Target: p, Proven: true, Needs: a.needs,
				do: func(s *scene) (*client.Client, error) { return s.replaces(t, a) }}).by(a))
		}
	}
	for _, k := range o.keysOf(p) {
		if !p.Stopped && !k.Suspended && !k.Refused {
			continue
		}
		needs := beside(a.needs, use(k), unlock(k))
		x := &Attack{Name: fmt.Sprintf("%s: set %s going again, sign in with it", a.name, k.Name), Target: p, Key: k, Needs: needs,
			do: func(s *scene) (*client.Client, error) { return s.revive(k, a, a, nil) }}
		if k.Refused {
			x.Asks = 2 // as an employee
			out = append(out, o.moves(k, a, a)...)
		}
		out = append(out, x.by(a))
	}
	return out
}

// replaces: a makes a replacement link, the attacker opens it.
func (s *scene) replaces(t Task, a actor) (*client.Client, error) {
	h, err := a.open(s)
	if err != nil {
		return nil, err
	}
	secret, err := h.replace(t)
	if err != nil {
		return nil, err
	}
	return s.enrol(secret, boughtKey)
}
