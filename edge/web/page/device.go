package page

import "time"

// Ability is one thing that a browser says it can do with passkeys, or cannot:
// it follows "can " or "cannot ".
type Ability struct {
	Text string
	Can  bool
}

// Device is one browser of a person. Whatever is said of it, it said itself.
type Device struct {
	Name      string // "Firefox on Linux"
	Abilities []Ability
	First     time.Time
	Last      time.Time
}

// Able is the number of things that it says it can do.
func (d Device) Able() int {
	n := 0
	for _, a := range d.Abilities {
		if a.Can {
			n++
		}
	}
	return n
}
