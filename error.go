package holdfast

import (
	"errors"
	"fmt"
)

// Kind is the class of an error: what a caller can do about it.
type Kind string

const (
	Invalid     Kind = "invalid"     // the input is malformed: mend it
	Denied      Kind = "denied"      // understood and refused
	Unsigned    Kind = "unsigned"    // nobody is signed in, or not strongly or recently enough
	NotFound    Kind = "not_found"   // no such thing, or not yours to see
	Conflict    Kind = "conflict"    // already done, already used, already there
	Expired     Kind = "expired"     // was good once
	Throttled   Kind = "throttled"   // too many attempts
	Unavailable Kind = "unavailable" // not now: the database, the disk, shutting down
	Internal    Kind = "internal"    // our fault
)

// Error is an error for somebody outside. Code is stable and for machines;
// Text is a sentence for people that says what to do; Step is the step of the
// specification that refused, where there is one ("7.2-17"), and Reason what it
// found, in the specification's words, for whoever looks for the cause.
type Error struct {
	Kind   Kind
	Code   string
	Text   string
	Step   string
	Reason string
	Err    error // the cause, for the log only
}

func (e *Error) Error() string {
	s := e.Code + ": " + e.Text
	if e.Step != "" {
		s += " (step " + e.Step + ")"
	}
	if e.Reason != "" {
		s += ": " + e.Reason
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error with a formatted sentence.
func Errorf(kind Kind, code, format string, args ...any) *Error {
	return &Error{Kind: kind, Code: code, Text: fmt.Sprintf(format, args...)}
}

// Because returns a copy of e with a cause that is logged and never shown.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// At returns a copy of e with the step of the specification that refused and
// what it found.
func (e *Error) At(step, reason string) *Error {
	c := *e
	c.Step, c.Reason = step, reason
	return &c
}

// KindOf is the Kind of the first Error in err's chain, or Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// CodeOf is the Code of the first Error in err's chain, or "internal".
func CodeOf(err error) string {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Code
	}
	return "internal"
}
