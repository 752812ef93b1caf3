package census_test

import (
	"testing"

	"holdfast/domain/exposure/census"
	"holdfast/test/organisation"
)

// loaded is a census of a made-up organisation.
func loaded(t testing.TB, o *organisation.Organisation) *census.Census {
	t.Helper()
	c := census.New(organisation.Now)
	c.Policy(organisation.Policy())
	c.Powers(o.Powers())
	for h := range o.All() {
		c.Put(h)
	}
	settle(c, o)
	return c
}

// settle settles, and puts again whom the census wants.
func settle(c *census.Census, o *organisation.Organisation) {
	c.Settle(organisation.Now)
	for ids := c.Wants(); len(ids) > 0; ids = c.Wants() {
		for i := range o.People {
			for _, id := range ids {
				if o.ID(i) == id {
					c.Put(o.Held(i))
				}
			}
		}
		c.Settle(organisation.Now)
	}
}

func TestTry(t *testing.T) {
	o := organisation.New(2000, 1)
	c := loaded(t, o)
	v := c.Overview()
	t.Logf("%+v", v)
	for _, b := range c.Top(10) {
		t.Logf("%s %v %d %d", b.Node, b.Root, b.Accounts, b.Privileged)
	}
	t.Log(len(c.Residual()))
}
