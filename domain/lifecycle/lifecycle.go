// Package lifecycle is a table of states: which event leads from which state
// to which. The functions that change a thing ask its table, and docs/flows
// draws it, so that code and picture cannot part. It refuses a move that the
// table does not have.
package lifecycle

import (
	"fmt"
	"strings"

	"holdfast/domain/audit"
)

// Move is one edge: Event leads From to To. An empty From is the beginning.
type Move[S ~string] struct {
	From  S
	Event audit.Type
	To    S
	Why   string // what it means, as a sentence
}

// Table is the life of one kind of thing.
type Table[S ~string] struct {
	Name  string // "passkey"
	Moves []Move[S]
}

// Of makes a table.
func Of[S ~string](name string, moves ...Move[S]) Table[S] { return Table[S]{name, moves} }

// Step makes a move.
func Step[S ~string](from S, event audit.Type, to S, why string) Move[S] {
	return Move[S]{from, event, to, why}
}

// Next is where event leads from, and whether it leads anywhere.
func (t Table[S]) Next(from S, event audit.Type) (S, bool) {
	for _, m := range t.Moves {
		if m.From == from && m.Event == event {
			return m.To, true
		}
	}
	return from, false
}

// Markdown draws the table: a picture and a list of the moves.
func (t Table[S]) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "## The life of %s\n\n```mermaid\nstateDiagram-v2\n", t.Name)
	for _, m := range t.Moves {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", node(m.From), node(m.To), m.Event)
	}
	b.WriteString("```\n\n| from | event | to | |\n|---|---|---|---|\n")
	for _, m := range t.Moves {
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", m.From, m.Event, m.To, m.Why)
	}
	return b.String()
}

func node[S ~string](s S) string {
	if s == "" {
		return "[*]"
	}
	return string(s)
}
