package evidence

import (
	"testing"

	"holdfast/test/client"
	"holdfast/test/story"
	"holdfast/test/world"
)

// A policy that is applied on one node decides on all at the next sign-in.
func TestThePolicyHoldsOnEveryNode(t *testing.T) {
	t.Parallel()
	c, maker := world.NewCluster(t, 3), newMaker(t)
	first := c.Nodes[0]
	root := administrator(t, c.Nodes[2].World, maker) // each start prints a new link, and the last one counts
	ada := browser(t, first.World, [16]byte{})
	invitation := first.Invite(t, "Ada", "ada@brigid.example")
	_, err := ada.Enrol(t.Context(), invitation.Ticket)
	must(t, err)
	first.CLI(t, nil, "group", "add", "surgeons")
	first.CLI(t, nil, "group", "join", "surgeons", "ada@brigid.example")
	at := func(b *client.Client, node int) error {
		again, err := client.New(c.Base, b.Key)
		must(t, err)
		_, err = c.At(again, node).SignIn(t.Context(), "", "")
		return err
	}
	for n := range c.Nodes {
		must(t, at(ada, n))
	}
	text, files := story.Document(maker)
	apply(t, first.World, text, files)
	for n := range c.Nodes {
		refused(t, at(ada, n), "policy_synced", "credential_suspended")
	}
	t.Run("what she had open ends on all", func(t *testing.T) {
		for n := range c.Nodes {
			eventually(t, "her session ends", func() bool {
				p, err := c.At(ada, n).Get(t.Context(), "/me/passkeys")
				must(t, err)
				return p.Status != 200
			})
		}
	})
	t.Run("a key that is proven signs in on all", func(t *testing.T) {
		for n := range c.Nodes {
			must(t, at(root, n))
		}
		a := first.App(t, "Wards", callback)
		again, err := client.New(c.Base, root.Key)
		must(t, err)
		if acr, amr := claims(t, c.At(again, world.InTurn), a); acr != "phrh" || amr[0] != "hwk" {
			t.Errorf("the token says %s %q", acr, amr)
		}
	})
	t.Run("a node that died knows it when it comes back", func(t *testing.T) {
		c.Nodes[1].Kill()
		second, files := story.Document(maker, "name: harbour", "name: second")
		apply(t, first.World, second, files)
		c.Nodes[1].Start(t)
		if name := inForce(t, c.Nodes[1].World); name != "second" {
			t.Errorf("in force is %s", name)
		}
		refused(t, at(ada, 1), "policy_synced", "credential_suspended")
	})
}
