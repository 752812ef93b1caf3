// Package surroundings is about what the organisation declares of the world
// around Holdfast: the accounts at which passkeys are synced, mailboxes and
// telephone numbers, and who has power over them: a mail administrator, a
// provider's tenant administrator, a service desk that resets the accounts of a
// directory, those who hold the database.
//
// It refuses to take a declaration for an observation: what is declared says who
// declared it and when it is to be looked at again, and what is merely assumed
// counts as unknown.
package surroundings

import (
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/lifecycle"
)

// Kind is what kind of thing is declared.
type Kind string

const (
	SyncAccount Kind = "sync_account" // a person's account at a sync provider
	Mailbox     Kind = "mailbox"      // a person's mailbox
	Phone       Kind = "phone"        // a person's telephone number
	Power       Kind = "power"        // somebody who can act on others' things
	KeptCode    Kind = "saved_code"   // where a person keeps their saved recovery code
	Departure   Kind = "departure"    // a person who has left, as somebody outside says
)

// Kinds lists them.
func Kinds() []Kind { return []Kind{SyncAccount, Mailbox, Phone, KeptCode, Power, Departure} }

// What a Power is over.
const (
	OverMail     = "mail"     // the mailboxes of Target, a mail domain; empty: all
	OverProvider = "provider" // the accounts at Target, a provider of the policy, that are the organisation's; empty: at all
	OverPrimary  = "primary"  // the people's accounts in the directory: sync accounts that are Primary fall with them
	OverPasskeys = "passkeys" // resets the passkeys here, by hand
	OverDevices  = "devices"  // the managed devices
	OverDNS      = "dns"      // the names of Target, a mail domain; empty: all
	OverDatabase = "database" // a root power: whoever writes to it can make any session
	OverSigning  = "signing"  // a root power: whoever holds the signing keys can make any token
	OverBackups  = "backups"  // a root power
)

// Overs lists what a Power may be over.
func Overs() []string {
	return []string{OverMail, OverProvider, OverPrimary, OverPasskeys, OverDevices, OverDNS, OverDatabase, OverSigning, OverBackups}
}

// How a service desk makes sure of who calls.
const (
	CheckNone   = "none"      // it does not: whoever asks is believed
	CheckAsked  = "questions" // the number that calls, questions whose answers can be known, a known voice
	CheckVideo  = "remote-video"
	CheckOnsite = "onsite-portrait" // attended, against the stored portrait
	CheckSound  = "sound"           // taken for sound: only somebody dishonest can pass it
)

// Checks lists them, the weakest first.
func Checks() []string { return []string{CheckNone, CheckAsked, CheckVideo, CheckOnsite, CheckSound} }

// How what is declared is known.
const (
	Observed = "observed" // somebody of the organisation has looked
	Declared = "declared" // somebody says so
	Assumed  = "assumed"  // nobody has said so: worth nothing
)

// Statuses lists them.
func Statuses() []string { return []string{Observed, Declared, Assumed} }

// Record is one thing that is declared. The words of SignIn and Recovery are
// read by ParseWay.
type Record struct {
	ID     holdfast.SurroundingID
	Kind   Kind
	Name   string            // personal; what answers and pictures call it; unique among those that count
	Person holdfast.PersonID // whose it is, but for a Power

	Provider string   // SyncAccount: of the policy. Mailbox: its domain, where Name does not tell it
	Primary  bool     // SyncAccount: it is the same account as the person's in the organisation's directory
	SignIn   []string // each a way in; empty: nobody has said. Power: into the account by which it is used
	Recovery []string // each a way back in; empty with Said: there is none
	Said     bool     // Recovery is complete as it stands
	Devices  []string // personal; that hold a copy of what is synced, or are trusted by the account

	Over    string   // Power: what it is over
	Target  string   // Power: which of them, or whose: "segment:NAME", "group:NAME"; empty: all
	Holders []string // personal; Power: "person:ID" of somebody here, or a name of somebody outside
	K       int      // Power: how many of the holders must act together; 0: 1
	Check   string   // Power: how it makes sure of who asks

	Status   string // observed, declared, assumed
	Source   string // personal; who or what says so
	ReviewBy time.Time
	From     time.Time // zero: always was
	Until    time.Time // zero: still is. A sync account that was closed, a departure's day is From

	Declared  time.Time
	Withdrawn time.Time // it was withdrawn: it never counts again
}

func (*Record) Table() string { return "surrounding" }

func (r *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &r.ID)
	audit.StringColumn(c, "kind", &r.Kind)
	audit.StringColumn(c, "name", &r.Name).AsPersonal()
	audit.StringColumn(c, "person", &r.Person)
	audit.StringColumn(c, "provider", &r.Provider)
	c.Bool("is_primary", &r.Primary)
	c.Strings("sign_in", &r.SignIn)
	c.Strings("recovery", &r.Recovery)
	c.Bool("recovery_said", &r.Said)
	c.Strings("devices", &r.Devices).AsPersonal()
	audit.StringColumn(c, "power_over", &r.Over)
	audit.StringColumn(c, "target", &r.Target)
	c.Strings("holders", &r.Holders).AsPersonal()
	audit.IntColumn(c, "k", &r.K)
	audit.StringColumn(c, "check_by", &r.Check)
	audit.StringColumn(c, "status", &r.Status)
	audit.StringColumn(c, "source", &r.Source).AsPersonal()
	c.Time("review_by", &r.ReviewBy)
	c.Time("valid_from", &r.From)
	c.Time("valid_until", &r.Until)
	c.Time("declared", &r.Declared)
	c.Time("withdrawn", &r.Withdrawn)
}

// State is where a declaration stands.
type State string

const (
	Stands State = "stands"
	Gone   State = "withdrawn"
)

// Life is what can become of a declaration.
var Life = lifecycle.Of("a declaration about the surroundings",
	lifecycle.Step(State(""), "surrounding.declared", Stands, "Somebody says that it is so."),
	lifecycle.Step(Stands, "surrounding.changed", Stands, "It is said otherwise, or it was looked at again."),
	lifecycle.Step(Stands, "surrounding.withdrawn", Gone, "It never counts again. Who says it again declares it anew. Also when its owner is erased: then it is blanked, too."),
	lifecycle.Step(Gone, "surrounding.forgotten", Gone, "Its owner is erased: what is personal in it is blanked."),
)

// State of r.
func (r Record) State() State {
	switch {
	case r.Declared.IsZero():
		return ""
	case !r.Withdrawn.IsZero():
		return Gone
	}
	return Stands
}

// Current says whether r counts at now: it was not withdrawn, it has begun and
// it is not over. From is in, Until is out.
func (r Record) Current(now time.Time) bool {
	return r.State() == Stands && (r.From.IsZero() || !now.Before(r.From)) && (r.Until.IsZero() || now.Before(r.Until))
}

// Together is how many of the holders must act together: at least one.
func (r Record) Together() int { return max(r.K, 1) }

// Domain is of which mail domain a Mailbox is; empty where nothing tells it.
func (r Record) Domain() string {
	if r.Provider != "" {
		return r.Provider
	}
	_, domain, _ := strings.Cut(r.Name, "@")
	return domain
}

// HolderPerson is who a holder "person:ID" is.
func HolderPerson(holder string) (holdfast.PersonID, bool) {
	id, ok := strings.CutPrefix(holder, "person:")
	return holdfast.PersonID(id), ok
}

// People lists the holders of r who are somebody here.
func (r Record) People() []holdfast.PersonID {
	var out []holdfast.PersonID
	for _, h := range r.Holders {
		if id, ok := HolderPerson(h); ok {
			out = append(out, id)
		}
	}
	return out
}
