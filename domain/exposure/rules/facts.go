package rules

import (
	"sync"
	"time"

	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/standing"
	"holdfast/domain/surroundings"
	"holdfast/domain/ticket"
)

// Held is one account as it is read: everything that the rules may look at.
type Held struct {
	standing.Account
	Surroundings []surroundings.Record // the person's own, not withdrawn
	Tickets      []ticket.Record       // open ones
	Tokens       []apitoken.Record     // live ones that the person owns
}

// Account is what the rules read of one account, under one policy, at one
// moment. Organisation.From makes it.
type Account struct {
	ID         string    // of the person; "~a" in a canonical one
	At         time.Time // when it was read
	Name       string    // for labels only
	User       policy.User
	Segment    string // of the policy; empty: none covers the person
	Status     person.Status
	Open       bool        // may sign in, or will once there is a passkey
	Ended      bool        // employment is over here
	Barred     bool        // suspended by an administrator: no directory opens the account again
	Left       time.Time   // a departure was declared for this day; zero: none
	Role       person.Role // that holds now
	Holds      authority.Set
	Sponsor    string      // id of the person whose word a way back of the segment takes as the sponsor's; empty: none does, or there is none
	Manager    string      // likewise, as the manager's
	Domain     string      // of the person's own address
	Under      []string    // groups of the person that a declared power is aimed at, sorted
	Pools      []string    // that the person is in, of those whose approval a procedure takes, in the order of the policy
	Elsewhere  []Elsewhere // other segments that the person could be put into
	Moved      []Opened    // fallbacks that are not open to them and would be, there or for what they would be
	Joins      []Opened    // likewise the procedures of Enrolments
	Fallbacks  []string    // of the segment that are open to the account, or may be
	Enrolments []string    // procedures by which somebody who is invited may get their first passkey

	Credentials []Credential // not removed
	Syncs       []surroundings.Record
	Mailboxes   []surroundings.Record // declared ones; the address itself is always there
	Phones      []surroundings.Record
	Kept        []surroundings.Record // where the saved recovery code is
	Links       []Link
	Tokens      []Token
}

// Credential is a passkey as the rules see it.
type Credential struct {
	ID        string      // "~c1" in a canonical account
	Name      string      // for labels
	Facts     policy.Cred // Facts.UV says that a sign-in with it takes user verification: the policy admits none without
	Active    bool
	Admitted  bool   // the policy lets it sign in: policy.Policy.Admits
	Elsewhere []By   // where it does not: by what its owner could be put where it does
	Bare      []By   // where it asks for user verification: by what its owner could be put where it does not
	Device    string // id of the managed device that it was made on, or the serial that its attestation names: what falls together
}

// Hardware says that the key is proven to be in hardware and not to leave it.
func (c Credential) Hardware() bool {
	return c.Facts.Distribution == policy.DeviceBound && c.Facts.Hardware
}

// Stopped says whether the account is closed and could be opened again: somebody
// is suspended, or their employment is over.
func (a *Account) Stopped() bool { return !a.Open && a.Status != person.Erased }

// joined says whether somebody has a passkey, or would have if their account were
// opened: person.Reinstate.
func (a *Account) joined() bool {
	if a.Status == person.Suspended {
		return len(a.Credentials) > 0
	}
	return a.Status != person.Invited
}

// Signs says whether it signs its owner in.
func (c Credential) Signs() bool { return c.Active && c.Admitted }

// Link is a ticket that somebody could use.
type Link struct {
	ID     string
	Kind   ticket.Kind
	Mailed bool // it is in the person's mailbox
	Until  time.Time
}

// Token is an API token that is worth something.
type Token struct {
	ID, Name string
	Holds    authority.Set
	Until    time.Time
}

// Organisation is what all accounts share: the policy, who has power over
// others, what surrounds it. Core people are accounts, too. Once a question was
// put to it, it must not be changed: make another. It may be asked by several
// at once.
type Organisation struct {
	Policy *policy.Policy
	At     time.Time
	Core   []Account             // everybody who is Core, and whose word others' ways back take: Vouches
	Shared []surroundings.Record // powers; not withdrawn

	once struct {
		reading, index, graph, heads sync.Once
	}
	reading *reading
	index   *index
	graph   *build
	heads   map[string][]int32 // by head: the edges of graph
	atoms   map[string]int32
}
