package story

import (
	"context"
	"testing"

	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/revision"
	"holdfast/edge/policies"
	"holdfast/flow/enrol"
	"holdfast/flow/signin"
	"holdfast/test/softkey"
)

// A passkey that a browser made without asking has verified nobody yet: that is
// asked at each sign-in, and no reason to take it away.
func TestAPasskeyThatWasMadeWithoutAskingIsJudgedLikeAnother(t *testing.T) {
	w := New(t)
	w.Found(t, Key(softkey.Config{}))
	w.Settle(t)
	far := phone()
	w.Join(t, "Ada", "ada@harbour.example", far)
	in, err := w.Enter(t, far, signin.Start{}, "")
	must(t, err)
	made, err := w.Make(t, silent(), enrol.Start{Session: &in.Session, Conditional: true})
	must(t, err)
	w.Settle(t)
	now, err := w.DB.Credential(t.Context(), made.Credential.ID)
	must(t, err)
	if now.Status != credential.Active {
		t.Errorf("it is %s", now.Status)
	}
}

// standIn decides by what comes with the program, as where the policy in force
// cannot be read.
type standIn struct{ *policies.Shelf }

func (s standIn) InForce(ctx context.Context, r revision.Reader) (*policy.Policy, error) {
	return s.ByDigest(ctx, r, s.First().Digest)
}

// A policy that stands in pins no roots: by it no key would be proven to be
// anything, and that would stay on record when the right one is back.
func TestNobodyIsJudgedByAPolicyThatStandsIn(t *testing.T) {
	g := newGoverned(t)
	right := g.Rejudge.Policies
	g.Rejudge.Policies = standIn{g.World.Policies}
	g.promote(t, g.person(t))
	refused(t, g.Rejudge.Settle(t.Context()), "policy_stands_in")
	if j := g.judgement(t); !j.Verified() {
		t.Errorf("the administrator's key was judged anew: %+v", j)
	}
	g.Rejudge.Policies = right
	g.Settle(t)
	g.confirm(t)
}

func (g *governed) person(t *testing.T) person.Record {
	t.Helper()
	p, err := g.DB.Person(t.Context(), g.admin.Person)
	must(t, err)
	return p
}

func (g *governed) judgement(t *testing.T) evidence.Judgement {
	t.Helper()
	account, err := g.DB.Standing(t.Context(), g.person(t))
	must(t, err)
	return account.Judgement(g.admin.Credential)
}
