package replay

import (
	"errors"
	"fmt"
	"slices"

	"holdfast/test/client"
)

// together is what it takes to have all of them act, each once.
func together(actors ...actor) [][]string {
	out, had := nothing, map[string]bool{}
	for _, a := range actors {
		if had[a.name] {
			continue
		}
		had[a.name] = true
		var all [][]string
		for _, n := range a.needs {
			all = append(all, beside(out, n...)...)
		}
		out = all
	}
	return out
}

// beside are needs with more.
func beside(needs [][]string, more ...string) (out [][]string) {
	for _, n := range needs {
		out = append(out, append(slices.Clone(n), more...))
	}
	return out
}

// moves are what a can make of the owner of a refused passkey, which b sets going
// again.
func (o *Organisation) moves(k *Passkey, a, b actor) []*Attack {
	x := &Attack{Name: fmt.Sprintf("%s: take %s out of their group; %s: set %s going again", a.name, k.Owner.Name, b.name, k.Name), Target: k.Owner, Key: k, Asks: 2,
		Needs: beside(together(a, b), use(k), unlock(k)),
		do: func(s *scene) (*client.Client, error) {
			return s.revive(k, a, b, func(h hand) error { return h.leave(k.Owner, k.Owner.Group) })
		}}
	out := []*Attack{x.by(a, b)}
	if k.Owner.Name == "gwen" {
		y := *x
		y.Name = fmt.Sprintf("%s: make an employee of %s; %s: set %s going again", a.name, k.Owner.Name, b.name, k.Name)
		y.do = func(s *scene) (*client.Client, error) {
			return s.revive(k, a, b, func(h hand) error { return h.employ(k.Owner) })
		}
		out = append(out, &y)
	}
	return out
}

// pairs are attacks by two, and by three against whoever is stopped: one who may
// remove passkeys and not invite, one who may invite and not remove, one who opens
// accounts again. Whom a cannot help b against is tried with two people: what b
// may do does not depend on whose passkeys were removed.
func (o *Organisation) pairs(probed map[string]Outcome) []*Attack {
	could := func(format string, of ...any) (did, known bool) {
		r := probed[fmt.Sprintf(format, of...)]
		return r.Attack != nil && r.Err == nil, r.Attack != nil
	}
	takes := func(a actor, name string) bool {
		did, _ := could("%s: remove the passkeys of %s, invite again", a.name, name)
		return did
	}
	actors := o.actors()
	var removers, inviters, movers, restorers []actor
	openers := map[string][]actor{} // by whose account they opened: nothing tells otis from sam
	for _, a := range actors {
		if takes(a, "sam") || takes(a, "nora") && takes(a, "alice") {
			continue // needs nobody else
		}
		if r := probed[fmt.Sprintf("%s: remove the passkeys of alice, invite again", a.name)]; r.Removed {
			removers = append(removers, a)
		}
		if takes(a, "ivan") {
			inviters = append(inviters, a)
		}
		for _, p := range []string{"sam", "carl"} {
			if did, _ := could("%s: set %s going again, sign in with it", a.name, p); did {
				openers[p] = append(openers[p], a)
			}
		}
		if r := probed[o.moves(o.keyNamed("rita"), a, a)[0].Name]; r.Moved {
			movers = append(movers, a)
		}
		if did, _ := could("%s: set sue-suspended going again, sign in with it", a.name); did {
			restorers = append(restorers, a)
		}
	}
	var out []*Attack
	for _, a := range removers {
		for _, b := range actors {
			if b.name == a.name && takes(a, "alice") || b.name != a.name && takes(b, "alice") {
				continue
			}
			invites := slices.ContainsFunc(inviters, func(i actor) bool { return i.name == b.name })
			for _, p := range o.People {
				if !p.Stopped && !takes(a, "alice") && b.person != p && len(o.keysOf(p)) > 0 && (invites || p.Name == "alice") {
					out = append(out, o.byThree(p, a, b, b))
				}
			}
		}
	}
	for _, p := range o.People {
		if !p.Stopped {
			continue
		}
		having, like := removers, "sam"
		if p.Name == "carl" {
			like = "carl"
		}
		if len(o.keysOf(p)) == 0 {
			having = inviters[:1] // there is nothing to remove
		}
		for _, a := range having {
			for _, b := range inviters {
				for _, c := range openers[like] {
					if len(o.keysOf(p)) == 0 {
						a = b
					}
					out = append(out, o.byThree(p, a, b, c))
				}
			}
		}
	}
	for _, k := range o.Keys {
		for _, a := range slices.Concat(movers, openers["carl"]) { // who prolongs an employment makes another of it
			for _, b := range restorers {
				if k.Refused && a.name != b.name {
					out = append(out, o.moves(k, a, b)...)
				}
			}
		}
	}
	return out
}

// demoted: a program takes a role, so that another may do what it may to members.
func (o *Organisation) demoted(actors []actor) (out []*Attack) {
	program := func(name string) actor {
		return actors[slices.IndexFunc(actors, func(a actor) bool { return a.name == "token "+name })]
	}
	roles, takeover, p := program("roles"), program("takeover"), o.named("erin")
	x := &Attack{Name: roles.name + ": take the role of " + p.Name + "; " + takeover.name + ": remove their passkeys, invite again", Target: p, Proven: true,
		Needs: [][]string{append(slices.Clone(roles.needs[0]), takeover.needs[0]...)}}
	x.do = func(s *scene) (*client.Client, error) {
		h, err := roles.open(s)
		if err == nil {
			err = h.(interface{ demote(*Person) error }).demote(p)
		}
		if err != nil {
			return nil, err
		}
		return s.takeOver(p, takeover, takeover, takeover)
	}
	return append(out, x.by(roles, takeover))
}

func (o *Organisation) byThree(p *Person, a, b, c actor) *Attack {
	x := &Attack{Name: fmt.Sprintf("%s: remove the passkeys of %s; %s: invite again", a.name, p.Name, b.name), Target: p, Proven: true, Needs: together(a, b, c),
		do: func(s *scene) (*client.Client, error) { return s.takeOver(p, a, b, c) }}
	if p.Stopped {
		x.Name += "; " + c.name + ": open the account again"
	}
	return x.by(a, b, c)
}

// takeOver: a removes the passkeys of p, c opens their account if it is closed, b
// makes a link, the attacker opens it.
func (s *scene) takeOver(p *Person, a, b, c actor) (*client.Client, error) {
	h, err := a.open(s)
	if err != nil {
		return nil, err
	}
	var refused error
	for _, k := range s.keysOf(p) {
		if err := h.remove(k); err != nil {
			refused = errors.Join(refused, err)
		} else {
			s.removed = true
		}
	}
	as := a.name
	if p.Stopped {
		if as != c.name {
			if h, err = c.open(s); err != nil {
				return nil, err
			}
			as = c.name
		}
		refused = errors.Join(refused, h.revive(p))
	}
	if as != b.name {
		if h, err = b.open(s); err != nil {
			return nil, err
		}
	}
	secret, err := h.invite(p)
	if err != nil {
		return nil, errors.Join(refused, err)
	}
	return s.enrol(secret, boughtKey)
}

// revive: a makes something else of the owner, b sets going what was stopped; the
// attacker signs in with the key.
func (s *scene) revive(k *Passkey, a, b actor, move func(hand) error) (*client.Client, error) {
	h, err := a.open(s)
	if err != nil {
		return nil, err
	}
	var refused error
	if move != nil {
		refused = move(h)
		s.moved = refused == nil
	}
	if a.name != b.name {
		if h, err = b.open(s); err != nil {
			return nil, err
		}
	}
	// Whether a refused passkey was suspended as well depends on what the server
	// has judged so far, so what could not be set going is tried as it is.
	refused = errors.Join(refused, h.reinstate(k), h.revive(k.Owner))
	c, err := s.stranger(k.on(s.base, true))
	if err == nil {
		_, err = c.SignIn(s.ctx, "", "")
	}
	if err != nil {
		return nil, errors.Join(refused, err)
	}
	return c, nil
}
