package govern

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/person"
	"holdfast/domain/revision"
)

// given are the events by which somebody becomes an approver who can sign in.
// What came by a link is found by the passkey.
var given = map[audit.Type]revision.Gift{
	"person.added":          revision.Account,
	"person.role_changed":   revision.Role,
	"person.reinstated":     revision.Reinstated,
	"person.described":      revision.Described,
	"credential.reinstated": revision.Unsuspended,
	"group.joined":          revision.Group,
}

// deeds gathers who was given what by whom, from everybody of people on, hand
// after hand: whoever gave something may have been given it themselves.
type deeds struct {
	tx     Tx
	groups map[holdfast.GroupID]bool // whose members approve
	since  time.Time
	seen   map[string]bool
	named  map[holdfast.GroupID][]revision.Deed // who gave a group its name, to nobody yet
	out    revision.Deeds
}

// deedsAround reads as far back as a deed can tie anybody together for a
// revision proposed at created.
func deedsAround(ctx context.Context, tx Tx, people []string, groups map[holdfast.GroupID]bool, created, now time.Time) (revision.Deeds, error) {
	d := &deeds{tx: tx, groups: groups, since: now.Add(-revision.Settling), seen: map[string]bool{}, named: map[holdfast.GroupID][]revision.Deed{}}
	if created.Before(d.since) {
		d.since = created
	}
	if err := d.names(ctx); err != nil {
		return nil, err
	}
	for queue := slices.Clone(people); len(queue) > 0; queue = queue[1:] {
		id, ok := revision.IsPerson(queue[0])
		if !ok || d.seen[queue[0]] {
			continue
		}
		d.seen[queue[0]] = true
		before := len(d.out)
		if err := d.about(ctx, id); err != nil {
			return nil, err
		}
		for _, deed := range d.out[before:] {
			queue = append(queue, deed.By)
		}
	}
	return d.out, nil
}

// names finds who gave a group its name: whoever names a group of their own like
// one that approves has put all its members there.
func (d *deeds) names(ctx context.Context) error {
	for id := range d.groups {
		said, err := d.tx.Happened(ctx, string(id), d.since, "group.renamed")
		if err != nil {
			return err
		}
		for _, e := range said {
			if err := d.add(ctx, &e, "", revision.Group, func(deed revision.Deed) { d.named[id] = append(d.named[id], deed) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *deeds) about(ctx context.Context, id holdfast.PersonID) error {
	who, err := orNone(d.tx.Person(ctx, id))
	if err != nil {
		return err
	}
	var types []audit.Type
	for t := range given {
		types = append(types, t)
	}
	said, err := d.tx.Happened(ctx, string(id), d.since, types...)
	if err != nil {
		return err
	}
	keep := func(deed revision.Deed) { d.out = append(d.out, deed) }
	for _, e := range said {
		if !d.counts(e, who) {
			continue
		}
		if err := d.add(ctx, &e, personActor(id), given[e.Type], keep); err != nil {
			return err
		}
	}
	if err := d.membership(ctx, id); err != nil {
		return err
	}
	return d.passkeys(ctx, id)
}

// counts leaves out what gave nothing that its owner still has.
func (d *deeds) counts(e audit.Entry, who person.Record) bool {
	switch given[e.Type] {
	case revision.Role:
		return e.Detail("role") == string(who.Role) && who.Role != person.Member
	case revision.Described:
		return e.Detail("prolonged") != "" || e.Detail("address") != ""
	case revision.Group:
		return d.groups[holdfast.GroupID(e.Subject)]
	}
	return true
}

// membership: the name of a group that a member did not have before.
func (d *deeds) membership(ctx context.Context, id holdfast.PersonID) error {
	if len(d.named) == 0 {
		return nil
	}
	in, err := d.tx.MembershipsOf(ctx, id)
	for _, m := range in {
		for _, deed := range d.named[m.Group] {
			deed.To = personActor(id)
			d.out = append(d.out, deed)
		}
	}
	return err
}

// passkeys: also those that were removed since, for another may have been added
// with one.
func (d *deeds) passkeys(ctx context.Context, id holdfast.PersonID) error {
	all, err := d.tx.CredentialsOf(ctx, id)
	if err != nil {
		return err
	}
	for _, c := range all {
		kind, ticket, _ := strings.Cut(c.Provenance, ":")
		if c.Created.Before(d.since) || !strings.HasPrefix(ticket, "tic_") || kind == "" {
			continue
		}
		hands, err := d.hands(ctx, string(holdfast.ActorTicket)+":"+ticket)
		if err != nil {
			return err
		}
		for _, h := range hands {
			d.out = append(d.out, revision.Deed{To: personActor(id), By: h, What: revision.Passkey, At: c.Created})
		}
	}
	return nil
}

func (d *deeds) add(ctx context.Context, e *audit.Entry, to string, what revision.Gift, keep func(revision.Deed)) error {
	at, err := e.Time()
	if err != nil {
		return holdfast.Errorf(holdfast.Internal, "log_unreadable", "A record of the log cannot be read. Run holdfast audit verify.").Because(err)
	}
	hands, err := d.hands(ctx, string(e.Actor.Kind)+":"+e.Actor.ID)
	for _, h := range hands {
		if h != to {
			keep(revision.Deed{To: to, By: h, What: what, At: at})
		}
	}
	return err
}

// hands are the people behind an actor: of a token its owner and who made it, of
// a link who made it. Nobody is behind the host, nor behind Holdfast itself.
func (d *deeds) hands(ctx context.Context, actor string) (out []string, err error) {
	for { // a token that was made by a token that was made …: a maker is older than what it made, so this ends
		kind, id, _ := strings.Cut(actor, ":")
		switch holdfast.ActorKind(kind) {
		case holdfast.ActorPerson:
			return append(out, actor), nil
		case holdfast.ActorTicket:
			t, err := orNone(d.tx.Ticket(ctx, holdfast.TicketID(id)))
			if err != nil {
				return nil, err
			}
			actor = t.By
		case holdfast.ActorToken:
			t, err := orNone(d.tx.APIToken(ctx, holdfast.APITokenID(id)))
			if err != nil {
				return nil, err
			}
			if t.Owner != "" {
				out = append(out, personActor(t.Owner))
			}
			actor = t.By
		default:
			return out, nil
		}
	}
}

// A Barred is somebody of the approver set who may not approve, and why.
type Barred struct {
	Person person.Record
	Code   string // of the refusal
	Why    string // a sentence
	Until  time.Time
	By     []string // whose hand ties them to the author, or to another approver: "person:per_…"
}

// tied says why who is not another than with, the author or somebody who has
// approved; nil: they are two.
func (a *approvers) tied(ctx context.Context, tx Tx, who person.Record, with, is string) (*Barred, error) {
	path := a.deeds.Path(personActor(who.ID), with, a.created, a.now)
	if path == nil {
		return nil, nil
	}
	b := &Barred{Person: who, Code: "not_independent", Until: a.deeds.Until(personActor(who.ID), with, a.created, a.now)}
	var said []string
	for _, d := range path {
		giver, err := a.nameOf(ctx, tx, d.By)
		if err != nil {
			return nil, err
		}
		taker, err := a.nameOf(ctx, tx, d.To)
		if err != nil {
			return nil, err
		}
		said = append(said, fmt.Sprintf(gifts[d.What], giver, taker)+" on "+day(d.At))
		if !slices.Contains(b.By, d.By) {
			b.By = append(b.By, d.By)
		}
	}
	other, err := a.nameOf(ctx, tx, with)
	if err != nil {
		return nil, err
	}
	b.Why = fmt.Sprintf("%s and %s, who %s, count as one: %s.", a.name(who), other, is, strings.Join(said, ", and "))
	if b.Until.IsZero() {
		later := a.deeds.Until(personActor(who.ID), with, a.now.Add(time.Microsecond), a.now)
		b.Why += fmt.Sprintf(" That was after the proposal, so for this revision it stays so; for one that is proposed later, until %s.", day(later))
	} else {
		b.Why += fmt.Sprintf(" Until %s.", day(b.Until))
	}
	return b, nil
}

var gifts = map[revision.Gift]string{
	revision.Account:     "%s added %s",
	revision.Role:        "%s gave %s the role",
	revision.Group:       "%s brought %s into a group that approves",
	revision.Passkey:     "%s made the link by which %s has a passkey",
	revision.Reinstated:  "%s ended the suspension of %s",
	revision.Unsuspended: "%s ended the suspension of a passkey of %s",
	revision.Described:   "%s changed when %s leaves, or the address to which their links are sent,",
}

func day(t time.Time) string { return t.UTC().Format("2006-01-02 15:04Z") }

func (a *approvers) nameOf(ctx context.Context, tx Tx, actor string) (string, error) {
	id, ok := revision.IsPerson(actor)
	if !ok {
		return actor, nil
	}
	p, err := orNone(tx.Person(ctx, id))
	p.ID = id
	return a.name(p), err
}

func (a *approvers) name(p person.Record) string {
	if !a.named {
		return string(p.ID)
	}
	return cmp.Or(p.Name, string(p.ID))
}
