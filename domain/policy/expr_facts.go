package policy

import (
	"slices"
	"time"

	"cel.dev/cel-go/cel"
)

// Facts is what the expressions of gates and assertions read. Of the parts that
// are computed elsewhere, Computed names those that are there: an expression that
// reads another gives ErrNotComputed.
type Facts struct {
	M    Metrics   `cel:"m"`
	Proc ProcFacts `cel:"proc"`
	Op   OpFacts   `cel:"op"`
	Acct AcctFacts `cel:"acct"`
	User User      `cel:"user"`
	Now  time.Time `cel:"now"`

	Computed []string `cel:"-"` // those of acct.effective, op.blast, proc.grade, m that are
}

// Metrics is how a rollout stands.
type Metrics struct {
	EnrolledRatio       float64 `cel:"enrolled_ratio"`        // of people with a credential of their segment
	TwoIndependentRatio float64 `cel:"two_independent_ratio"` // of people with two that do not fall together
	PhrRatio7d          float64 `cel:"phr_ratio_7d"`          // of sign-ins
	FallbackRate7d      float64 `cel:"fallback_rate_7d"`      // of sign-ins
	RecoveryP95Hours    float64 `cel:"recovery_p95_hours"`
	LockoutsPer1000_7d  float64 `cel:"lockouts_per_1000_7d"`
	DaysSinceDrill      int64   `cel:"days_since_drill"`
	OpenHighFindings    int64   `cel:"open_high_findings"`
	OpenCriticalFinding int64   `cel:"open_critical_findings"`
}

// ProcFacts is one procedure: what it is worth, and what it gives back.
type ProcFacts struct {
	Name   string     `cel:"name"`
	Kind   string     `cel:"kind"` // recovery, enrolment
	Grade  GradeFacts `cel:"grade"`
	Yields GradeFacts `cel:"yields"`
}

// GradeFacts is a level.
type GradeFacts struct {
	AAL int64 `cel:"aal"`
	Phr bool  `cel:"phr"`
}

// OpFacts is one person who holds a power over others' accounts.
type OpFacts struct {
	ID    string     `cel:"id"`
	Roles []string   `cel:"roles"` // at most 64
	Blast BlastFacts `cel:"blast"`
}

// BlastFacts counts the accounts that fall with a person.
type BlastFacts struct {
	Accounts   int64 `cel:"accounts"`
	Privileged int64 `cel:"privileged"`
}

// AcctFacts is one account.
type AcctFacts struct {
	ID        string    `cel:"id"`
	Segment   string    `cel:"segment"`
	MaxAAL    int64     `cel:"max_aal"`
	Locked    bool      `cel:"locked"`
	Effective Effective `cel:"effective"`
}

// computed says whether everything that c reads is there.
func (f *Facts) computed(c Cond) bool {
	for _, part := range later() {
		if c.Reads(part) && !slices.Contains(f.Computed, part) {
			return false
		}
	}
	return true
}

// factVars hands the parts of Facts to cel-go by their names.
type factVars struct{ f *Facts }

func (v factVars) Parent() cel.Activation { return nil }

func (v factVars) ResolveName(name string) (any, bool) {
	switch name {
	case "m":
		return &v.f.M, true
	case "proc":
		return &v.f.Proc, true
	case "op":
		return &v.f.Op, true
	case "acct":
		return &v.f.Acct, true
	case "user":
		return &v.f.User, true
	case "now":
		return v.f.Now, true
	}
	return nil, false
}
