package holdfast

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
)

// Ids are opaque. Each kind has a type of its own, so that the compiler
// refuses a session where a person is meant, and a prefix, so that a human
// reading a log does too.
type (
	PersonID  string // per_…
	GroupID   string // grp_…
	SessionID string // ses_…, public: names a session, never opens one
	TicketID  string // tic_…, public: names an invitation or set-up link
	AppID     string // app_…, the OAuth client_id
	GrantID   string // gra_…
	KeyID     string // key_…

	RevisionID string // rev_…, of the policy
	DecisionID string // dec_…
	TaskID     string // tsk_…, something that somebody has to do
	FindingID  string // fnd_…

	SurroundingID string // sur_…, something declared of the world around

	APITokenID string // tok_…, public: names an API token, is none

	// CredentialID is the WebAuthn credential id, base64url without padding.
	CredentialID string
)

func NewPersonID() PersonID   { return PersonID(newID("per")) }
func NewGroupID() GroupID     { return GroupID(newID("grp")) }
func NewSessionID() SessionID { return SessionID(newID("ses")) }
func NewTicketID() TicketID   { return TicketID(newID("tic")) }
func NewAppID() AppID         { return AppID(newID("app")) }
func NewGrantID() GrantID     { return GrantID(newID("gra")) }
func NewKeyID() KeyID         { return KeyID(newID("key")) }

func NewRevisionID() RevisionID { return RevisionID(newID("rev")) }
func NewDecisionID() DecisionID { return DecisionID(newID("dec")) }
func NewTaskID() TaskID         { return TaskID(newID("tsk")) }
func NewFindingID() FindingID   { return FindingID(newID("fnd")) }

func NewSurroundingID() SurroundingID { return SurroundingID(newID("sur")) }

func NewAPITokenID() APITokenID { return APITokenID(newID("tok")) }

var idAlphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newID draws 100 random bits, written as 20 characters.
func newID(prefix string) string {
	var b [13]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return prefix + "_" + strings.ToLower(idAlphabet.EncodeToString(b[:]))[:20]
}
