package console

import (
	"context"

	"holdfast/domain/authority"
	"holdfast/domain/surroundings"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// targets are what a power may be aimed at, by name. segments is nil where
// there is no policy to say.
type targets struct{ groups, segments map[string]bool }

func (c *Console) targets(ctx context.Context) (t targets, err error) {
	groups, err := c.Store.Groups(ctx)
	if err != nil {
		return t, err
	}
	t.groups = map[string]bool{}
	for _, g := range groups {
		t.groups[g.Name] = true
	}
	if c.Policies == nil {
		return t, nil
	}
	p, err := c.Policies.InForce(ctx, c.Store)
	if err != nil {
		return t, err
	}
	t.segments = map[string]bool{}
	for _, s := range p.Document().Segments {
		t.segments[s.Name] = true
	}
	return t, nil
}

// miss says that a power that stands is aimed at a group or segment that is not
// there any more, and so counts for nobody.
func (t targets) miss(s surroundings.Record) bool {
	return s.State() == surroundings.Stands && t.segments != nil && !s.Reaches(t.groups, t.segments)
}

// needsOfSurroundings are powers that count for nobody: a group was removed, or
// a new policy calls a segment otherwise.
func (c *Console) needsOfSurroundings(ctx context.Context, v visit.Visit) ([]page.Need, error) {
	if !v.Holds().Has(authority.SurroundingsRead) {
		return nil, nil
	}
	powers, err := c.Store.SharedSurroundings(ctx)
	if err != nil || len(powers) == 0 {
		return nil, err
	}
	t, err := c.targets(ctx)
	n := int64(0)
	for _, p := range powers {
		if t.miss(p) {
			n++
		}
	}
	if err != nil || n == 0 {
		return nil, err
	}
	return []page.Need{{Tone: page.ToneWarn, Text: numbered(n, "declared power reaches nobody: its group or segment is not there.", "declared powers reach nobody: their groups or segments are not there."),
		Link: page.Link{Text: "See them", URL: page.PathSurroundings + "?kind=power"}}}, nil
}
