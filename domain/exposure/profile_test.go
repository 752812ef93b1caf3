package exposure_test

import (
	"slices"
	"testing"

	"holdfast/domain/exposure"
)

// TestWhatEachAdversaryHas is assurance's list of adversaries, one row each.
func TestWhatEachAdversaryHas(t *testing.T) {
	own := exposure.Graph{
		Atoms: []exposure.Atom{
			{ID: "password:ada", Class: exposure.Know, Phishable: true, Owner: "ada"},
			{ID: "unlock:ada", Class: exposure.Know, Key: "key:ada", Owner: "ada"},
			{ID: "totp:ada", Class: exposure.Have, Phishable: true, Owner: "ada"},
			{ID: "key:ada", Class: exposure.HaveHW, Owner: "ada"},
			{ID: "saved:ada", Class: exposure.RecSaved, Phishable: true, Owner: "ada"},
			{ID: "phone:ada", Class: exposure.RecIssued, Phishable: true, Owner: "ada"},
			{ID: "insider:keeper", Class: exposure.Person},
			{ID: "insider:vault", Class: exposure.Person},
		},
		Edges: []exposure.Edge{
			{ID: "1", Head: "number:ada", Body: []string{"phone:ada"}},
			{ID: "2", Head: "sync:keeper/ada", Body: []string{"password:ada"}},
			{ID: "3", Head: "session:ada", Body: []string{"sync:keeper/ada"}},
			{ID: "4", Head: "session:ada", Body: []string{"inbox:ada"}},
		},
	}
	core := exposure.Graph{
		Atoms: []exposure.Atom{
			{ID: "corrupt:ada", Class: exposure.Person, Owner: "ada"},
			{ID: "corrupt:bob", Class: exposure.Person, Owner: "bob"},
			{ID: "corrupt:cho", Class: exposure.Person, Owner: "cho"},
			{ID: "pool:2-of-desk", Class: exposure.Person, Pool: exposure.Pool{Of: "desk", K: 2}},
			{ID: "deceive:desk", Class: exposure.Deceive},
			{ID: "password:bob", Class: exposure.Know, Phishable: true, Owner: "bob"},
		},
		Edges: []exposure.Edge{
			{ID: "5", Head: "session:bob", Body: []string{"inbox:bob"}},
			{ID: "6", Head: "sync:bob", Body: []string{"password:bob"}},
			{ID: "7", Head: "number:bob", Body: []string{"password:bob"}},
		},
	}
	for p, want := range map[exposure.Profile][][]string{
		exposure.Phisher:         {{"password:ada", "phone:ada", "totp:ada"}},
		exposure.SIMSwapper:      {{"number:ada"}},
		exposure.HelpDeskCaller:  {{"deceive:desk"}},
		exposure.SyncThief:       {{"sync:keeper/ada"}},
		exposure.Burglar:         {{"key:ada", "totp:ada"}},
		exposure.MailAdmin:       {{"inbox:ada", "inbox:bob"}},
		exposure.SingleOperator:  {{"corrupt:bob"}, {"corrupt:cho"}},
		exposure.ProviderInsider: {{"insider:keeper"}, {"insider:vault"}},
	} {
		if got := p.Given("ada", &own, &core); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%s has %q, want %q", p, got, want)
		}
	}
	if len(exposure.Profiles()) != 8 {
		t.Error("there are eight")
	}
}
