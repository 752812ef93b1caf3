// Package apitoken is about the tokens with which programs administer
// Holdfast: each has an owner, a purpose, scopes and an end, and is worth at
// most what its owner holds at the moment of use. It refuses a token without
// an end, and to hold the token itself: it knows its hash only.
package apitoken

import (
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/authority"
	"holdfast/domain/person"
)

// Prefix begins every token, so that scanners find one that was leaked.
const Prefix = "hft_"

const (
	// Life is how long a token lives unless its maker says otherwise.
	Life = 90 * 24 * time.Hour
	// LifeMax bounds what its maker may say.
	LifeMax = 366 * 24 * time.Hour
)

// Record is a token. Its ID is public: it names the token, and opens nothing.
type Record struct {
	ID         holdfast.APITokenID
	Name       string // what it is for
	Owner      holdfast.PersonID
	Scopes     []string
	SecretHash string // holdfast.HashSecret of the whole token
	By         string // who made it
	Created    time.Time
	Expires    time.Time
	Revoked    time.Time
}

func (*Record) Table() string { return "api_token" }

func (t *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &t.ID)
	audit.StringColumn(c, "name", &t.Name)
	audit.StringColumn(c, "owner", &t.Owner)
	c.Strings("scopes", &t.Scopes)
	audit.StringColumn(c, "secret_hash", &t.SecretHash)
	audit.StringColumn(c, "made_by", &t.By)
	c.Time("created", &t.Created)
	c.Time("expires", &t.Expires)
	c.Time("revoked", &t.Revoked)
}

// Live says whether t may be used at now.
func (t Record) Live(now time.Time) bool {
	return t.ID != "" && t.Revoked.IsZero() && now.Before(t.Expires)
}

// Holds is what t is worth at now: its scopes, as far as its owner holds them.
func (t Record) Holds(owner person.Record, now time.Time) authority.Set {
	if !t.Live(now) || owner.ID != t.Owner {
		return authority.Set{}
	}
	own, err := authority.Parse(t.Scopes)
	if err != nil {
		return authority.Set{} // a scope that is no more: the token was made by another version
	}
	return own.Both(authority.OfPerson(owner, now))
}

// New is what is said of a token to make.
type New struct {
	Name   string
	Scopes []string
	Life   time.Duration // zero: Life
}

// Create makes a token for owner and its secret, which is shown once. holds is
// what the maker holds: nobody gives what they do not have.
func Create(n New, owner person.Record, holds authority.Set, by holdfast.Actor, now time.Time) (Record, string, []audit.Event, error) {
	name, err := person.Name(n.Name)
	if err != nil {
		return Record{}, "", nil, holdfast.Errorf(holdfast.Invalid, "token_name", "Say in 1 to 120 characters what the token is for.")
	}
	if n.Life == 0 {
		n.Life = Life
	}
	if n.Life < time.Minute || n.Life > LifeMax {
		return Record{}, "", nil, holdfast.Errorf(holdfast.Invalid, "token_life", "A token lives at least a minute and at most %d days.", int(LifeMax.Hours()/24))
	}
	scopes, err := authority.Parse(n.Scopes)
	if err != nil {
		return Record{}, "", nil, err
	}
	if scopes.Empty() {
		return Record{}, "", nil, holdfast.Errorf(holdfast.Invalid, "token_scopes", "Give the token at least one scope.")
	}
	if err := holds.MayGive(scopes); err != nil {
		return Record{}, "", nil, err
	}
	if err := authority.OfPerson(owner, now).MayGive(scopes); err != nil {
		return Record{}, "", nil, holdfast.Errorf(holdfast.Denied, "owner_without_scope",
			"A token is worth what its owner holds, and %s does not hold all of these scopes.", owner.Name).Because(err)
	}
	secret := Prefix + holdfast.NewSecret()
	t := Record{ID: holdfast.NewAPITokenID(), Name: name, Owner: owner.ID, Scopes: scopes.Strings(),
		SecretHash: holdfast.HashSecret(secret), By: Maker(by), Created: now, Expires: now.Add(n.Life)}
	return t, secret, t.event("api_token.created"), nil
}

// Maker is who made a token, as Record.By names them.
func Maker(by holdfast.Actor) string { return string(by.Kind) + ":" + by.ID }

// Revoke ends t before its time.
func Revoke(t Record, now time.Time) (Record, []audit.Event, error) {
	if !t.Live(now) {
		return t, nil, holdfast.Errorf(holdfast.Conflict, "token_over", "This token is over already.")
	}
	t.Revoked = now
	return t, t.event("api_token.revoked"), nil
}

func (t Record) event(what audit.Type) []audit.Event {
	e := audit.New(what, string(t.ID), t.Owner, audit.Set(&t))
	return []audit.Event{e.With("scopes", strings.Join(t.Scopes, " "))}
}
