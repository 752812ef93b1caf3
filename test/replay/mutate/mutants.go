package mutate

// Mutant is one check that is taken out.
type Mutant struct {
	Name   string // of its switch
	Caught string // begins the name of the attack that is to find it
}

// Edit is a change of one place, for the mutants whose switches it names.
type Edit struct{ File, Old, New string }

// Mutants lists them.
func Mutants() []Mutant {
	return []Mutant{
		{"user-verification", "sign in with alice, still locked"},
		{"signature", "forge the signature of alice"},
		{"challenge", "answer a new question with what alice answered to another"},
		{"origin", "lure the owner of alice to another site"},
		{"rp-id", "lure the owner of alice to another site that owns a name"},
		{"ceremony-spent", "send again what alice has answered"},
		{"link-expired", "open the dead link ella"},
		{"link-withdrawn", "open the dead link roza"},
		{"link-used", "open the dead link ulla"},
		{"over", "token takeover: remove the passkeys of erin, invite again"},
		{"scope", "erin: remove the passkeys of alice, invite again"},
		{"token-owner", "token demoted: remove the passkeys of alice, invite again"},
		{"token-revoked", "token revoked: remove the passkeys of alice, invite again"},
		{"role-ended", "hugo: remove the passkeys of ivan, invite again"},
		{"policy-sign-in", "token reinstater: set rita going again, sign in with it"},
		{"policy-enrolment", "open the mailed link vera with a telephone"},
		{"attestation", "open the mailed link vera with a key that nobody vouches for"},
		{"synced-aal3", "sign in with mona-synced"},
		{"suspended-passkey", "sign in with sue-suspended"},
		{"suspended-person", "sign in with sam"},
		{"ended-employment", "sign in with carl"},
		{"session-ended", "use a session of alice that is over"},
		{"session-of-the-gone", "use a session of carl that is over"},
	}
}

// Edits lists every change. Where a check stands in several places, taking it
// out takes it out of all.
func Edits() []Edit {
	return []Edit{
		{"spec/webauthn/authdata.go", "UV: flags&flagUV != 0,", `UV: flags&flagUV != 0 || mutant.On("user-verification"),`},
		{"spec/webauthn/authentication.go", "if err := key.Verify(message, a.got.Signature); err != nil {",
			`if err := key.Verify(message, a.got.Signature); err != nil && !mutant.On("signature") {`},
		{"spec/webauthn/authentication.go", "if !a.client.sameChallenge(a.want.Challenge) {",
			`if !a.client.sameChallenge(a.want.Challenge) && !mutant.On("challenge") {`},
		{"spec/webauthn/authentication.go", "if err := a.want.RP.checkOrigin(a.client); err != nil {",
			`if err := a.want.RP.checkOrigin(a.client); err != nil && !mutant.On("origin") {`},
		{"spec/webauthn/authentication.go", `if a.want.RP.ID == "" || subtle.ConstantTimeCompare(expected[:], a.auth.RPIDHash) != 1 {`,
			`if (a.want.RP.ID == "" || subtle.ConstantTimeCompare(expected[:], a.auth.RPIDHash) != 1) && !mutant.On("rp-id") {`},
		{"flow/signin/signin.go", `tx.MustSpend(ctx, "ceremony", p.ID(),`, `tx.MustSpend(ctx, "ceremony", p.ID()+mutant.Salt("ceremony-spent"),`},

		{"domain/ticket/ticket.go", "case !now.Before(t.Expires):", `case !now.Before(t.Expires) && !mutant.On("link-expired"):`},
		{"domain/ticket/ticket.go", "case !t.Revoked.IsZero():", `case !t.Revoked.IsZero() && !mutant.On("link-withdrawn"):`},
		{"domain/ticket/ticket.go", "case !t.Used.IsZero():", `case !t.Used.IsZero() && !mutant.On("link-used"):`},
		{"flow/enrol/keep.go", `tx.Spend(ctx, "ticket", string(t.ID),`, `tx.Spend(ctx, "ticket", string(t.ID)+mutant.Salt("link-used"),`},

		{"domain/authority/authority.go", "if p.RoleAt(now) == person.Member || h.Has(RolesWrite) {",
			`if p.RoleAt(now) == person.Member || h.Has(RolesWrite) || mutant.On("over") {`},
		{"domain/authority/authority.go", "func (h Set) Has(s Scope) bool { return slices.Contains(h.scopes, s) }",
			`func (h Set) Has(s Scope) bool { return slices.Contains(h.scopes, s) || mutant.On("scope") && !h.Empty() }`},
		{"domain/apitoken/apitoken.go", "return own.Both(authority.OfPerson(owner, now))",
			"if mutant.On(\"token-owner\") {\n\t\treturn own\n\t}\n\treturn own.Both(authority.OfPerson(owner, now))"},
		{"domain/apitoken/apitoken.go", `return t.ID != "" && t.Revoked.IsZero() &&`, `return t.ID != "" && (t.Revoked.IsZero() || mutant.On("token-revoked")) &&`},
		{"domain/person/person.go", "if !p.RoleEnds.IsZero() && !now.Before(p.RoleEnds) {", `if !p.RoleEnds.IsZero() && !now.Before(p.RoleEnds) && !mutant.On("role-ended") {`},

		{"flow/signin/signin.go", "if !judged.Allowed() {", `if !judged.Allowed() && !mutant.On("policy-sign-in") {`},
		{"flow/enrol/keep.go", "if err != nil || !judged.Allowed() {", `if err != nil || !judged.Allowed() && !mutant.On("policy-enrolment") {`},
		{"flow/enrol/enrol.go", `if judged.Record.ID != "" && !judged.Allowed() {`, `if judged.Record.ID != "" && !judged.Allowed() && !mutant.On("policy-enrolment") {`},
		{"spec/attest/chain.go", "chain, err := p.find(j.At)\n\tif err != nil {",
			"chain, err := p.find(j.At)\n\tif err != nil && mutant.On(\"attestation\") {\n\t\treturn []*x509.Certificate{leaf}, anchors[0].From, nil\n\t}\n\tif err != nil {"},
		{"domain/evidence/facts.go", "case c.BE:", `case c.BE && !mutant.On("synced-aal3"):`},
		{"domain/evidence/facts.go", "hardware := j.Verified() && !c.BE && j.HardwareProtected", `hardware := j.Verified() && (!c.BE || mutant.On("synced-aal3")) && j.HardwareProtected`},
		{"domain/evidence/facts.go", "pick(hardware, j.Verified() && !c.BE &&", `pick(hardware, j.Verified() && (!c.BE || mutant.On("synced-aal3")) &&`},
		{"domain/assurance/assurance.go", "hardware := e.Hardware && !e.BE", `hardware := e.Hardware && (!e.BE || mutant.On("synced-aal3"))`},

		{"domain/credential/credential.go", "case Suspended:\n\t\treturn holdfast.Errorf(",
			"case Suspended:\n\t\tif mutant.On(\"suspended-passkey\") {\n\t\t\treturn nil\n\t\t}\n\t\treturn holdfast.Errorf("},
		{"domain/policy/decide.go", "if cred.Suspended {", `if cred.Suspended && !mutant.On("suspended-passkey") {`},
		{"edge/web/visit/visit.go", "|| found.Credential != credential.Active {", `|| found.Credential != credential.Active && !mutant.On("suspended-passkey") {`},
		{"domain/person/person.go", "return p.Status == Active && !p.Ended(now)",
			`return (p.Status == Active || p.Status == Suspended && mutant.On("suspended-person")) && (!p.Ended(now) || mutant.On("ended-employment"))`},
		{"domain/session/session.go", "return s.Ended.IsZero() && now.Before(s.Expires) &&", `return (s.Ended.IsZero() || mutant.On("session-ended")) && now.Before(s.Expires) &&`},
		{"edge/web/visit/visit.go", "|| !p.MaySignIn(now) ||", `|| !p.MaySignIn(now) && !mutant.On("session-of-the-gone") ||`},
	}
}

// switches is the package that the edits ask.
const switches = `package mutant

import (
	"crypto/rand"
	"os"
)

var on = os.Getenv("HOLDFAST_MUTANT")

// On says whether a mutant is on.
func On(name string) bool { return on == name }

// Salt makes a name new each time while a mutant is on.
func Salt(name string) string {
	if on != name {
		return ""
	}
	return rand.Text()
}
`
