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
	"time"

	"holdfast"
)

// Kind is what kind of thing is declared.
type Kind string

const (
	SyncAccount Kind = "sync_account" // a person's account at a sync provider
	Mailbox     Kind = "mailbox"      // a person's mailbox
	Phone       Kind = "phone"        // a person's telephone number
	Power       Kind = "power"        // somebody who can act on others' things
	Departure   Kind = "departure"    // a person who has left, as somebody outside says
)

// What a Power is over.
const (
	OverMail     = "mail"     // the mailboxes of Target, a mail domain; empty: all
	OverProvider = "provider" // the accounts at Target, a provider of the policy, that are the organisation's
	OverPrimary  = "primary"  // the people's accounts in the directory: sync accounts that are Primary fall with them
	OverPasskeys = "passkeys" // resets the passkeys here, by hand: of the segment or group that Target names ("segment:workforce"); empty: everybody
	OverDevices  = "devices"  // the managed devices
	OverDNS      = "dns"      // the mail domain's names
	OverDatabase = "database" // a root power: whoever writes to it can make any session
	OverSigning  = "signing"  // a root power: whoever holds the signing keys can make any token
	OverBackups  = "backups"  // a root power
)

// How a service desk makes sure of who calls.
const (
	CheckNone   = "none"      // it does not: whoever asks is believed
	CheckAsked  = "questions" // the number that calls, questions whose answers can be known, a known voice
	CheckVideo  = "remote-video"
	CheckOnsite = "onsite-portrait" // attended, against the stored portrait
	CheckSound  = "sound"           // taken for sound: only somebody dishonest can pass it
)

// Factors of a way in, joined by "+" in SignIn and Recovery:
//
//	password   code (a one-time code or a prompt on a trusted device)   totp   saved-code
//	passkey    key (a proven hardware key)   device (one of Devices)    pin
//	email (the person's mailbox)   sms (the person's telephone number)  contact (a trusted person)
//	desk (a Power over primary accounts)   admin (a Power over the mail or the provider)
//	2-of-3-devices (k of n of Devices)   unknown

// Record is one thing that is declared.
type Record struct {
	ID     holdfast.SurroundingID
	Kind   Kind
	Name   string            // what answers and pictures call it; unique
	Person holdfast.PersonID // whose it is, but for a Power

	Provider string   // SyncAccount: of the policy. Mailbox: its domain, where Name does not tell it
	Primary  bool     // SyncAccount: it is the same account as the person's in the organisation's directory
	SignIn   []string // each a way in; empty: nobody has said
	Recovery []string // each a way back in; empty with Said: there is none
	Said     bool     // Recovery is complete as it stands
	Devices  []string // that hold a copy of what is synced, or are trusted by the account

	Over    string   // Power: what it is over
	Target  string   // Power: which of them; empty: all
	Holders []string // Power: "person:ID" of somebody here, or a name of somebody outside
	K       int      // Power: how many of the holders must act together; 0: 1
	Check   string   // Power: how it makes sure of who asks

	Status   string // observed, declared, assumed
	Source   string // who or what says so
	ReviewBy time.Time
	From     time.Time // zero: always was
	Until    time.Time // zero: still is. A sync account that was closed, a departure's day is From

	Declared  time.Time
	Withdrawn time.Time // it was withdrawn: it never counts again
}
