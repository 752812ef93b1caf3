package rules_test

import (
	"slices"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/credential"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/rules"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

// A fact is something that the organisation comes to hold; wants says which edges
// it adds.
type fact struct {
	name   string
	was    *policy.Policy // before; nil: policy
	policy *policy.Policy // nil: plain
	before world
	after  world

	without []string // edges that the fact takes away: what was unknown is known
}

// world is what is held: Ada's account, the core and the powers.
type world struct {
	ada    []func(*rules.Held)
	shared []surroundings.Record
	core   []rules.Held
}

func (w world) graph(p *policy.Policy) exposure.Graph {
	o := orgOf(p, w.shared, w.core...)
	return o.Whole(o.From(held("ada", "Ada", w.ada...)))
}

func with(parts ...any) world {
	var w world
	for _, p := range parts {
		switch p := p.(type) {
		case func(*rules.Held):
			w.ada = append(w.ada, p)
		case surroundings.Record:
			w.shared = append(w.shared, p)
		case world:
			w.ada, w.shared, w.core = append(w.ada, p.ada...), append(w.shared, p.shared...), append(w.core, p.core...)
		case rules.Held:
			w.core = append(w.core, p)
		default:
			panic("internal error: no part of a world")
		}
	}
	return w
}

func (w world) and(parts ...any) world {
	more := with(parts...)
	return world{slices.Concat(w.ada, more.ada), slices.Concat(w.shared, more.shared), slices.Concat(w.core, more.core)}
}

func groups(names ...string) func(*rules.Held) {
	return func(h *rules.Held) { h.Groups = append(h.Groups, names...) }
}

func role(r person.Role) func(*rules.Held) { return func(h *rules.Held) { h.Person.Role = r } }

func invited(h *rules.Held) { h.Person.Status = person.Invited }

func token(id string, scopes ...string) func(*rules.Held) {
	return func(h *rules.Held) {
		h.Tokens = append(h.Tokens, apitoken.Record{ID: holdfast.APITokenID(id), Name: id, Owner: h.Person.ID, Scopes: scopes, Expires: now.AddDate(0, 1, 0)})
	}
}

func link(id string, kind ticket.Kind) func(*rules.Held) {
	return func(h *rules.Held) {
		h.Tickets = append(h.Tickets, ticket.Record{ID: holdfast.TicketID(id), Kind: kind, Person: h.Person.ID, Created: now, Expires: now.AddDate(0, 0, 1)})
	}
}

func managed(device string) func(*credential.Record) {
	return func(c *credential.Record) { c.MadeOn = credential.OnManaged + device }
}

func account(id string, r surroundings.Record) func(*rules.Held) {
	r.ID, r.Kind, r.Name = holdfast.SurroundingID(id), surroundings.SyncAccount, id
	return declared(r)
}

func mailbox(id string, r surroundings.Record) func(*rules.Held) {
	r.ID, r.Kind, r.Name = holdfast.SurroundingID(id), surroundings.Mailbox, id
	return declared(r)
}

func phone(id string, recovery ...string) func(*rules.Held) {
	return declared(surroundings.Record{ID: holdfast.SurroundingID(id), Kind: surroundings.Phone, Name: id, Recovery: recovery, Said: true})
}

func everyFact(t *testing.T) []fact {
	return slices.Concat(credentialFacts(t), syncFacts(), channelFacts(), operatorFacts(t), changedFacts(t), powerFacts(), procedureFacts(t), fallbackFacts(t), bindingFacts(t), linkFacts(t))
}

// Adding a fact adds exactly its edges, and takes none away.
func TestEachFactAddsItsEdges(t *testing.T) {
	plain := lawOf(t, "", "", "")
	all := everyFact(t)
	for _, f := range all {
		t.Run(f.name, func(t *testing.T) {
			p := f.policy
			if p == nil {
				p = plain
			}
			was := f.was
			if was == nil {
				was = p
			}
			got := added(t, f.before.graph(was), f.after.graph(p), f.without...)
			got = slices.DeleteFunc(got, ofApprovers)
			if want := wants[f.name]; !slices.Equal(got, want) {
				t.Errorf("added:\n%s\nwant:\n%s", quoted(got), quoted(want))
			}
		})
	}
	for name := range wants {
		if !slices.ContainsFunc(all, func(f fact) bool { return f.name == name }) {
			t.Errorf("there is no fact %q", name)
		}
	}
}

// ofApprovers: a procedure is a way back for those who approve it, too. They are
// many, and Ada's own edges tell the same.
func ofApprovers(line string) bool {
	return strings.Contains(line, ": bind:m") || strings.Contains(line, ": number:m")
}

func quoted(ls []string) (out string) {
	for _, l := range ls {
		out += "\t\t\t\"" + l + "\",\n"
	}
	return out
}
