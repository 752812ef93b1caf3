// Package signingkey is about the keys that sign tokens for applications: which
// one signs, which waits to, and which are retired but still believed. Each of
// these follows from instants in the record alone, so that all nodes agree
// without telling each other. The private half is held wrapped; package
// signingkey refuses to unwrap it.
package signingkey

import (
	"slices"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/grant"
	"holdfast/domain/session"
)

const (
	// Overlap is how long a new key is published before it signs, so that
	// applications that cache the key set have it by then.
	Overlap = time.Hour
	// MaxOverlap bounds it: a key that is known to be bad signs no longer.
	MaxOverlap = 30 * 24 * time.Hour
	// skew is how far an application's clock may be behind.
	skew = time.Hour
)

// State is where a key is in its life.
type State string

const (
	Waiting   State = "waiting"   // published, signs later
	Signing   State = "signing"   // signs
	Retired   State = "retired"   // signs no more, published until its last ID token is over
	Dropped   State = "dropped"   // not published; what it signed still says who was here
	Over      State = "over"      // nothing that it signed is of any use
	Withdrawn State = "withdrawn" // somebody else may have it: nothing that it signed is believed
)

// Record is a signing key.
type Record struct {
	ID        holdfast.KeyID // the JWK's kid
	Algorithm string         // JOSE alg: RS256, ES256
	Public    []byte         // PKIX, DER
	Wrapped   []byte         // PKCS #8, sealed under the master key; kept beside the log
	Created   time.Time
	Retired   time.Time // from then on it signs no more; zero: not known yet
	Starts    time.Time // published since Created, signs from then on; zero: at creation
	Withdrawn time.Time // not believed from then on; zero: never
}

func (*Record) Table() string { return "signing_key" }

func (k *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &k.ID)
	audit.StringColumn(c, "algorithm", &k.Algorithm)
	c.Bytes("public_key", &k.Public)
	c.Bytes("wrapped", &k.Wrapped).AsPersonal()
	c.Time("created", &k.Created)
	c.Time("retired", &k.Retired)
	c.Time("starts", &k.Starts)
	c.Time("withdrawn", &k.Withdrawn)
}

// State is the key's at now. An ID token that was signed last lives
// grant.IDLife, and serves as a hint while the session that it names can live.
func (k Record) State(now time.Time) State {
	longest, _ := session.Limits(holdfast.AAL1)
	switch {
	case !k.Withdrawn.IsZero() && !now.Before(k.Withdrawn):
		return Withdrawn
	case now.Before(k.Starts):
		return Waiting
	case k.Retired.IsZero() || now.Before(k.Retired):
		return Signing
	case now.Before(k.Retired.Add(grant.IDLife + skew)):
		return Retired
	case now.Before(k.Retired.Add(longest)):
		return Dropped
	}
	return Over
}

// Published says whether applications are told of the key.
func (s State) Published() bool { return s == Waiting || s == Signing || s == Retired }

// Believed says whether an ID token of the key that comes back says who was
// here.
func (s State) Believed() bool { return s == Signing || s == Retired || s == Dropped }

// Standing are the keys of an algorithm that sign now or will, the last to
// start at the end.
func Standing(all []Record, algorithm string, now time.Time) []Record {
	var out []Record
	for _, k := range all {
		if s := k.State(now); k.Algorithm == algorithm && (s == Signing || s == Waiting) {
			out = append(out, k)
		}
	}
	slices.SortStableFunc(out, func(a, b Record) int { return a.Starts.Compare(b.Starts) })
	return out
}

// Add records a new key.
func Add(k Record) []audit.Event {
	return []audit.Event{audit.New("signing_key.added", string(k.ID), "", audit.Set(&k))}
}

// Rotate puts fresh in the place of all keys of its algorithm. They sign until
// fresh starts, or, where withdraw is set, nothing that they signed is believed
// from now on.
func Rotate(all []Record, fresh Record, withdraw bool, now time.Time) []audit.Event {
	events := Add(fresh)
	for _, k := range Standing(all, fresh.Algorithm, now) {
		if k.Retired.IsZero() || fresh.Starts.Before(k.Retired) {
			k.Retired = fresh.Starts
			events = append(events, audit.New("signing_key.retired", string(k.ID), "", audit.Change(&k, "retired")).With("successor", string(fresh.ID)))
		}
	}
	if !withdraw {
		return events
	}
	for _, k := range all {
		if k.Algorithm == fresh.Algorithm && k.Withdrawn.IsZero() && k.State(now) != Over {
			k.Withdrawn = now
			events = append(events, audit.New("signing_key.withdrawn", string(k.ID), "", audit.Change(&k, "withdrawn")))
		}
	}
	return events
}
