// Package holdfast holds the words that every part of the system shares: ids
// with a type each, who acted, how strongly, what went wrong, and what time it
// is. It knows no input or output and refuses to grow behaviour: a thing with
// rules of its own belongs in domain.
package holdfast
