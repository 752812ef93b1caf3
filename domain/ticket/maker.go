package ticket

import (
	"context"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/person"
)

// Needs is what who makes a link of this kind must hold, and go on holding until
// it is used: a link is worth what its maker is.
func (k Kind) Needs() authority.Set {
	switch k {
	case Setup:
		return authority.Of(authority.RolesWrite)
	case Replacement:
		return authority.Of(authority.InvitationsWrite, authority.CredentialsRemove)
	}
	return authority.Of(authority.InvitationsWrite)
}

// Makers finds who made a link. What is not there is holdfast.NotFound.
type Makers interface {
	Person(ctx context.Context, id holdfast.PersonID) (person.Record, error)
	APIToken(ctx context.Context, id holdfast.APITokenID) (apitoken.Record, error)
}

// MakerHolds is what who made a link, as Record.By names them, holds now:
// nothing, where nobody knows them. A token that was revoked is worth nothing;
// one whose time is over is worth what it was, for a directory's token ends
// every three months and nobody has lost anything by it.
func MakerHolds(ctx context.Context, r Makers, by string, now time.Time) (authority.Set, error) {
	kind, id, _ := strings.Cut(by, ":")
	none := func(err error) (authority.Set, error) {
		if holdfast.KindOf(err) == holdfast.NotFound {
			err = nil
		}
		return authority.Set{}, err
	}
	switch holdfast.ActorKind(kind) {
	case holdfast.ActorHost, holdfast.ActorSystem:
		return authority.Everything(), nil
	case holdfast.ActorPerson:
		p, err := r.Person(ctx, holdfast.PersonID(id))
		if err != nil {
			return none(err)
		}
		return authority.OfPerson(p, now), nil
	case holdfast.ActorToken:
		t, err := r.APIToken(ctx, holdfast.APITokenID(id))
		if err != nil {
			return none(err)
		}
		owner, err := r.Person(ctx, t.Owner)
		if err != nil {
			return none(err)
		}
		if !now.Before(t.Expires) {
			t.Expires = now.Add(time.Second)
		}
		return t.Holds(owner, now), nil
	}
	return authority.Set{}, nil
}

// ErrOrphaned is said of a link whose maker may not make it any more.
var ErrOrphaned = holdfast.Errorf(holdfast.Expired, "ticket_maker",
	"This link has ended, because whoever made it may not make such links any more. Ask for a new one.")

// CheckMaker says why t is good for nothing although nobody ended it: who made
// it does not hold what it takes now, for whom it is; or nil.
func (t Record) CheckMaker(ctx context.Context, r Makers, whose person.Record, now time.Time) error {
	holds, err := MakerHolds(ctx, r, t.By, now)
	if err != nil {
		return err
	}
	if !holds.Covers(t.Kind.Needs()) || holds.Over(whose, now) != nil {
		return ErrOrphaned
	}
	return nil
}
