package lint

import (
	"slices"
	"strings"
)

// personal lists what an expression may read that says more of a person than
// what they are in the organisation.
func personal() []string {
	return []string{"user.title", "user.manager", "user.sponsor", "user.end_date", "net.ip", "net.asn", "net.country", "device.id"}
}

// expressions is L-20. That an expression is typed, gives true or false and is
// bounded, the compiler has shown before. What is left: personal data is read
// for a purpose that is written down (GDPR art. 5 (1) (b)).
func (r *run) expressions() {
	for _, path := range r.p.Conditions() {
		for _, field := range r.p.Cond(path).Fields() {
			if !slices.Contains(personal(), field) {
				continue
			}
			if strings.TrimSpace(r.d.Metadata.Purposes.Of[field]) == "" {
				r.fail(path, "write metadata: {purposes: {"+field+": \"what for\"}}, or do without", "the expression reads %s, which is personal data, and nothing says what for", field)
			}
		}
	}
}
