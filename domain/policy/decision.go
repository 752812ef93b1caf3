package policy

import "time"

// Outcome is what a decision says.
type Outcome string

const (
	Allow Outcome = "allow"
	Need  Outcome = "need" // not yet: Needs says what would make it an Allow
	Deny  Outcome = "deny" // nothing that the person can do now makes it an Allow
)

// Decision is what was decided and by what. Its JSON form is stable.
type Decision struct {
	Outcome Outcome   `json:"outcome"`
	Segment string    `json:"segment,omitempty"`
	Class   string    `json:"class,omitempty"` // of authenticators, that the credential is in
	AAL     int64     `json:"aal"`             // that the credential gives in this segment
	Rules   []string  `json:"rules"`           // that spoke, in order: "segment:workforce", "class:key-any", "access:risk-high"
	Reasons []Reason  `json:"reasons,omitempty"`
	Notes   []Reason  `json:"notes,omitempty"` // worth knowing; they change no outcome
	Needs   []Missing `json:"needs,omitempty"`
	Session Limits    `json:"session,omitzero"`
	Emit    []string  `json:"emit,omitempty"`            // signals that a rule asks for
	EndAll  bool      `json:"revoke_sessions,omitempty"` // a rule ends what there is
	Alarm   []string  `json:"alarm,omitempty"`           // whom a segment tells of each use
	Policy  string    `json:"policy"`                    // digest of the revision
}

// Reason is why not, or what to know.
type Reason struct {
	Rule string `json:"rule"` // that spoke: "class:key-fips"
	Code string `json:"code"` // stable: "not_attested"
	Text string `json:"text"` // for the person whom it concerns
}

// Missing is one thing that would make it an Allow.
type Missing struct {
	What string `json:"what"` // aal, phr, acr, reauth, device, network, authenticator, approvers
	Want string `json:"want"` // "3", "phrh", "compliant", "admin-lan or pam-gateway"
	Have string `json:"have,omitempty"`
	Rule string `json:"rule"`
	Text string `json:"text"`
}

// Limits are those of the session that follows.
type Limits struct {
	Overall    time.Duration `json:"overall"`
	Inactivity time.Duration `json:"inactivity"`
	MaxAge     time.Duration `json:"max_age,omitempty"` // since the last proof, where a rule asks for it
	EnrolFirst bool          `json:"enrol_first,omitempty"`
}

// Allowed says whether it may go on.
func (d Decision) Allowed() bool { return d.Outcome == Allow }
