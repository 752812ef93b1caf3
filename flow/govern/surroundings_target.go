package govern

import (
	"context"

	"holdfast/domain/audit"
	"holdfast/domain/person"
	"holdfast/domain/surroundings"
)

// carry aims what is declared over the people of a group at the group's new
// name: a power is kept by name, and would be counted for nobody from then on.
func carry(ctx context.Context, tx Tx, was, is person.Group) ([]audit.Event, error) {
	if was.Name == is.Name {
		return nil, nil
	}
	powers, err := tx.SharedSurroundings(ctx)
	if err != nil {
		return nil, err
	}
	var events []audit.Event
	for _, p := range powers {
		if p.Target == surroundings.AtGroup+was.Name {
			_, aimed := surroundings.Aim(p, surroundings.AtGroup+is.Name)
			events = append(events, aimed...)
		}
	}
	return events, nil
}
