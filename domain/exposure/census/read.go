package census

import (
	"holdfast"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/rules"
)

// What can be read is that of the View of the moment.

func (c *Census) Len() int                                 { return c.View().Len() }
func (c *Census) Organisation() *rules.Organisation        { return c.View().Organisation() }
func (c *Census) Of(id holdfast.PersonID) (Standing, bool) { return c.View().Of(id) }
func (c *Census) Overview() Overview                       { return c.View().Overview() }
func (c *Census) Residual() []Leaver                       { return c.View().Residual() }
func (c *Census) Top(n int) []Toppled                      { return c.View().Top(n) }
func (c *Census) Shared() []exposure.Atom                  { return c.View().Shared() }
func (c *Census) Edited(e answer.Edit) Counted             { return c.View().Edited(e) }

func (c *Census) Count(change func(exposure.Graph) exposure.Graph) Counted {
	return c.View().Count(change)
}

func (c *Census) Each(f Filter, after holdfast.PersonID, limit int) ([]Standing, holdfast.PersonID) {
	return c.View().Each(f, after, limit)
}

func (c *Census) Blast(given []string, after holdfast.PersonID, limit int) Blast {
	return c.View().Blast(given, after, limit)
}
