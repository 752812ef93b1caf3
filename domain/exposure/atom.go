package exposure

// Class is what kind of thing an atom is. It decides what obtaining it counts.
type Class string

const (
	Know       Class = "know"       // something known: a password, a PIN
	Have       Class = "have"       // a possession that can be copied or is not proven: a phone, a seed, a synced key
	HaveHW     Class = "havehw"     // a key that is proven to be in hardware and not to leave it
	Are        Class = "are"        // a biometric characteristic, presented
	RecSaved   Class = "recsaved"   // a saved recovery code (NIST SP 800-63B-4 §4.2.1.1)
	RecIssued  Class = "recissued"  // control of a mailbox or a telephone number (§4.2.1.2)
	RecContact Class = "reccontact" // a trusted associate (§4.2.1.3)
	Person     Class = "person"     // somebody authorised who acts dishonestly
	Deceive    Class = "deceive"    // somebody authorised who is talked into it: worth nothing
	Proof      Class = "proof"      // passing a repeated proof of identity at an IAL
	Unknown    Class = "unknown"    // a fact that nobody has said: worth nothing, until somebody says it
)

// Classes lists those that a graph in a file may use.
func Classes() []Class {
	return []Class{Know, Have, HaveHW, Are, RecSaved, RecIssued, RecContact, Person, Deceive, Proof}
}

// Status is how a fact is known.
type Status string

const (
	Observed Status = "observed" // Holdfast holds it itself
	Declared Status = "declared" // the organisation says so
	Assumed  Status = "assumed"  // nobody has said so
)

// Pool says that an atom is any K distinct people of a pool, without naming
// them. Whoever has K+1 of them has K.
type Pool struct {
	Of string `json:"of"`
	K  int    `json:"k"`
}

// Atom is a thing that an attacker must obtain.
type Atom struct {
	ID        string
	Class     Class
	IAL       int    // of a Proof: 1, 2, or 3 for an attended comparison on site with a stored portrait
	Key       string // id of the HaveHW or Have atom that this one activates
	Phishable bool   // what it gives can be relayed
	Pool      Pool   // zero: one thing

	Label  string // for people: "Ada's security key", "op1 acts dishonestly"
	Owner  string // id of the account whose it is; empty: nobody's in particular
	Status Status
	Learn  string // of an Unknown: the fact to go and learn, the same text for all whom it concerns
}

// resists says whether obtaining a cannot be done by relaying or by a story.
func (a *Atom) resists() bool { return !a.Phishable && a.Class != Deceive && a.Class != Unknown }
