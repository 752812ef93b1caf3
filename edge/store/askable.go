package store

import (
	"slices"
	"strings"
)

// askable is args as they can be asked for. What is no text, since it is not
// UTF-8 or has a zero byte, is nowhere in the database, and of what strangers
// send much is none: PostgreSQL would make an error of it, and the pattern of
// a LIKE on SQLite would end there. It is asked for as text that is nowhere
// either: no id, name or address has the replacement character.
func askable(args []any) []any {
	for i, a := range args {
		s, ok := a.(string)
		if !ok || storable(s) {
			continue
		}
		args = slices.Clone(args)
		args[i] = askableText(s)
	}
	return args
}

func askableText(s string) string {
	if storable(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}
