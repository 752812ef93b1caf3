package surroundings

import (
	"time"
)

// Standing is what a declaration is worth at some time. What is not Current
// counts as unknown: of a way in, that nothing is known of it; never that it
// is not there.
type Standing string

const (
	Current    Standing = "current"
	Overdue    Standing = "overdue"    // past its review_by
	Incomplete Standing = "incomplete" // something that decides is not said
)

// Standing of r at now.
func (r Record) Standing(now time.Time) Standing {
	switch {
	case len(r.Lacks()) > 0:
		return Incomplete
	case r.ReviewBy.IsZero() || now.After(r.ReviewBy.AddDate(0, 0, 1)):
		return Overdue
	}
	return Current
}

// Lacks names what r must say and does not. Assumed is as good as not said.
func (r Record) Lacks() []string {
	var out []string
	lacks := func(name string, missing bool) {
		if missing {
			out = append(out, name)
		}
	}
	lacks("status", r.Status != Observed && r.Status != Declared)
	switch r.Kind {
	case SyncAccount, Mailbox:
		lacks("sign_in", len(r.SignIn) == 0 || anyUnknown(r.SignIn))
		lacks("recovery", len(r.Recovery) == 0 && !r.Said || anyUnknown(r.Recovery))
	case Phone:
		lacks("recovery", len(r.Recovery) == 0 && !r.Said || anyUnknown(r.Recovery))
	case KeptCode:
		lacks("sign_in", len(r.SignIn) == 0 || anyUnknown(r.SignIn))
	case Power:
		lacks("check", r.Check == "" && asked(r.Over))
	}
	return out
}

func anyUnknown(ways []string) bool {
	for _, text := range ways {
		if w, err := ParseWay(text); err != nil || w.Unknown() {
			return true
		}
	}
	return false
}

// asked says whether whoever has power over it uses it because somebody asks.
func asked(over string) bool { return over == OverPrimary || over == OverPasskeys }
