package console

import (
	"maps"
	"slices"
)

// Patterns are all that the console answers, so that no test forgets one.
func (c *Console) Patterns() []string { return slices.Sorted(maps.Keys(c.actions())) }

// Sentences are the types of events that have one.
func Sentences() []string { return types() }
