// Package answer puts what the exposure graph says into words and into the
// stable form that programs read: who can get at an account, what falls with
// something, what would change, what to do about it, as findings and as
// sentences that a help desk's lead understands.
//
// It refuses to say more than was computed: every answer carries the revisions
// of policy and facts that it rests on, names the house rules it depends on, and
// says where a list was cut.
package answer

import (
	"time"

	"holdfast/domain/exposure"
)

// Basis is what an answer rests on.
type Basis struct {
	AsOf      time.Time `json:"as_of"`
	PolicyRev string    `json:"policy_rev"` // digest of the policy in force
	FactsRev  int64     `json:"facts_rev"`  // records in the log
}

// Worth is an effective assurance.
type Worth struct {
	AAL     int    `json:"aal"`
	Phr     bool   `json:"phr"`
	Contest string `json:"contest"` // C0 to C3
}

// Subject is whose account it is about.
type Subject struct {
	Account    string            `json:"account"` // id of the person
	Name       string            `json:"name"`
	Credential string            `json:"credential,omitempty"` // where the question was about one passkey
	Segment    string            `json:"segment"`
	Required   exposure.Required `json:"required"`
	Privileged bool              `json:"privileged"`
}

// Thing is an atom, or a node, as people read it.
type Thing struct {
	ID     string          `json:"id"`
	Label  string          `json:"label"`
	Class  exposure.Class  `json:"class,omitempty"`
	Status exposure.Status `json:"status,omitempty"`
}

// RootPower is somebody, or something, with power over everything, and what it
// takes to get it. What it is worth is no part of what an account is worth.
type RootPower struct {
	Thing
	Level    int      `json:"level"`
	Phr      bool     `json:"phr"`
	Weakest  []string `json:"weakest"` // atoms of the weakest way to it; empty: nobody gets it, or, at level 0, it takes nothing
	Sentence string   `json:"sentence"`
}

// Step is an edge that is gone.
type Step struct {
	Edge  string `json:"edge"`
	Label string `json:"label"`
}

// Way is one minimal set.
type Way struct {
	Atoms    []string `json:"atoms"`
	Level    int      `json:"level"`
	Phr      bool     `json:"phr"`
	Contest  string   `json:"contest"`
	Path     []string `json:"path"`
	Status   string   `json:"status"` // observed, declared, assumed: the weakest of what it rests on
	NIST     bool     `json:"nist_recovery,omitempty"`
	House    []string `json:"house_rules,omitempty"`
	Unknown  []string `json:"unknown,omitempty"`
	Things   []Thing  `json:"things"`
	Steps    []Step   `json:"steps"`
	Sentence string   `json:"sentence"`
}

// WhoCan is who can get at an account, or at one passkey.
type WhoCan struct {
	Basis
	Subject
	Sentence     string           `json:"sentence"` // the answer, in a line
	Effective    Worth            `json:"effective"`
	Best         Worth            `json:"if_unknowns_are_harmless"`
	Verdict      exposure.Verdict `json:"verdict"`
	NIST         bool             `json:"nist_conforms"`
	Ways         []Way            `json:"ways"` // by level, then size, then name
	SinglePoints []Thing          `json:"single_points"`
	Availability int              `json:"availability"`
	House        []string         `json:"house_rules"`
	Unknown      []string         `json:"unknown"`     // facts to go and learn
	RootPowers   []RootPower      `json:"root_powers"` // who can do anything at all: not counted above
	Changes      []Change         `json:"changes"`     // of the verdict, by time alone
	Findings     []Finding        `json:"findings"`
	Truncated    bool             `json:"truncated"`
}

// Change is what an account will be worth from a moment on.
type Change struct {
	At      time.Time        `json:"at"`
	Worth   Worth            `json:"effective"`
	Verdict exposure.Verdict `json:"verdict"`
	Because string           `json:"because"` // the edge that begins or ends
}

// Severity is how bad a finding is: critical, high, medium, low.
type Severity string

// Rules of findings. They are stable.
const (
	BelowRequired = "EA-BELOW-REQUIRED"
	PhrMissing    = "PHR-MISSING"
	NISTOnly      = "NIST-ONLY"
	UnknownFact   = "UNKNOWN-FACT"
	SinglePoint   = "SINGLE-POINT" // of a privileged account
	Availability  = "AVAILABILITY" // below what the segment asks, or one loss away from none
	Residual      = "RESIDUAL-ACCESS"
	Contestable   = "CONTESTABILITY"
)

// NISTCheck is one section and how the account stands to it.
type NISTCheck struct {
	Ref    string `json:"ref"`    // "63B-4 4.2.1"
	Result string `json:"result"` // pass, fail
}

// Finding is something wrong with one account. Its ID is made of what it says,
// so that the same finding keeps it.
type Finding struct {
	ID        string            `json:"id"` // F-7c1e…
	Rule      string            `json:"rule"`
	Severity  Severity          `json:"severity"`
	Account   string            `json:"account"`
	Segment   string            `json:"segment"`
	Required  exposure.Required `json:"required"`
	Effective Worth             `json:"effective"`
	Weakest   []Way             `json:"weakest"`
	NIST      []NISTCheck       `json:"nist"`
	Equals    bool              `json:"equivalent"`
	Fixes     []Fix             `json:"fixes"`
	AsOf      time.Time         `json:"as_of"`
	PolicyRev string            `json:"policy_rev"`
	FactsRev  int64             `json:"facts_rev"`
	Truncated bool              `json:"truncated"`
	Sentence  string            `json:"sentence"`
}

// Fix is a change that would mend a finding, by itself or with another one.
type Fix struct {
	Change  string           `json:"change"` // "policy.recovery.desk-with-proof.steps += proof(ial2)"
	Said    string           `json:"sentence"`
	Lifted  int64            `json:"accounts_lifted"`
	Lockout int64            `json:"lockout_cost"` // accounts that have one way in fewer, and none or one left
	Verdict exposure.Verdict `json:"verdict"`      // of this account, afterwards
}

// Blast is what falls with something. An account that falls only through a power
// over everything, such as the database's, is counted in ThroughRoot and in nothing
// else: so the other numbers agree with what each account is worth.
type Blast struct {
	Basis
	Node       Thing    `json:"node"`
	Sentence   string   `json:"sentence"`
	Accounts   int64    `json:"accounts"`
	Through    int64    `json:"through_root"` // besides, through a power over everything alone
	Privileged int64    `json:"privileged"`
	Weighted   int64    `json:"weighted"` // an account of risk rank r counts 100 >> r, at least 1
	OneMore    int64    `json:"one_more"` // that take one thing more, and fall to no one thing without it
	Segments   []Count  `json:"segments"`
	Powers     []Thing  `json:"powers"` // of the core that fall with it
	Some       []string `json:"some"`   // ids of accounts, those through a power over everything too, the first by id
	Cursor     string   `json:"cursor,omitempty"`
}

// Count is how many of something.
type Count struct {
	Name  string `json:"name"`
	Count int64  `json:"count"`
}

// WhatIf is an account before and after a change.
type WhatIf struct {
	Basis
	Changed  []string `json:"changes"` // as they were asked: "lost key:…"
	Before   WhoCan   `json:"before"`
	After    WhoCan   `json:"after"`
	Sentence string   `json:"sentence"`
}

// Row is an account in a list.
type Row struct {
	Subject
	Effective Worth            `json:"effective"`
	Verdict   exposure.Verdict `json:"verdict"`
	Weakest   string           `json:"weakest"` // as a sentence
	Singles   int              `json:"single_points"`
	Available int              `json:"availability"`
	Profiles  []string         `json:"profiles"` // adversaries who get in, see Profiles
}

// Left is somebody who left and what of theirs still opens.
type Left struct {
	Subject
	Since    time.Time `json:"since"`
	Derives  bool      `json:"session_derivable"`
	Places   []Thing   `json:"places"`  // where a key still is
	Dormant  []Thing   `json:"dormant"` // what one change of a date would give back
	Sentence string    `json:"sentence"`
}

// Overview is the organisation.
type Overview struct {
	Basis
	Sentence string      `json:"sentence"`
	Accounts int64       `json:"accounts"`
	Segments []Histogram `json:"segments"`
	Matrix   []Cell      `json:"matrix"` // segment by adversary
	Top      []Blast     `json:"top_blast"`
	Learn    []Count     `json:"learn"` // facts nobody has said, by how many accounts they would move
	Verdicts []Count     `json:"verdicts"`
	Singles  int64       `json:"with_single_points"`
	Loading  bool        `json:"loading"` // the accounts are still being read
}

// Histogram is how many accounts of a segment are worth what.
type Histogram struct {
	Segment  string                     `json:"segment"`
	Required exposure.Required          `json:"required"`
	Accounts int64                      `json:"accounts"`
	AAL      [4]int64                   `json:"aal"` // accounts at AAL0 to AAL3
	Phr      int64                      `json:"phr"`
	Verdicts map[exposure.Verdict]int64 `json:"verdicts"`
}

// Cell is how many accounts of a segment an adversary gets into.
type Cell struct {
	Segment string `json:"segment"`
	Profile string `json:"profile"`
	Falls   int64  `json:"falls"`
	Of      int64  `json:"of"`
}
