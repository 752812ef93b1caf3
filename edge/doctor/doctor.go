// Package doctor looks at a deployment and says what is well, what is doubtful
// and what is wrong, and for each what to do. Looking and judging are apart:
// whoever has looked elsewhere, a page or a test, gets the same judgement from
// the same values.
//
// It refuses to mend anything, to write to the database, to send mail, and to
// say a secret.
package doctor

import "time"

// Grade is how a finding stands.
type Grade string

const (
	OK   Grade = "ok"
	Warn Grade = "warn" // it works, and will hurt one day
	Fail Grade = "fail" // something does not work, or protects less than it seems to
)

// Finding is one thing that was looked at. Code is stable and for machines;
// several findings may have the same. Do is empty where all is well.
type Finding struct {
	Code  string `json:"code"`
	Grade Grade  `json:"grade"`
	Found string `json:"found"`
	Do    string `json:"do,omitempty"`
}

func ok(code, found string) Finding         { return Finding{code, OK, found, ""} }
func warn(code, found, do string) Finding   { return Finding{code, Warn, found, do} }
func failed(code, found, do string) Finding { return Finding{code, Fail, found, do} }

// Failed says whether any finding fails.
func Failed(all []Finding) bool {
	for _, f := range all {
		if f.Grade == Fail {
			return true
		}
	}
	return false
}

// age is how long ago something was, in the words of people.
func age(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return plural(int(d/time.Minute), "minute")
	case d < 48*time.Hour:
		return plural(int(d/time.Hour), "hour")
	}
	return plural(int(d/(24*time.Hour)), "day")
}
