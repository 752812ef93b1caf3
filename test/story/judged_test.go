package story

import (
	"testing"

	"holdfast/domain/credential"
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
