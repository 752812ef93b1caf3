package survey

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"holdfast"
	"holdfast/domain/exposure/answer"
	"holdfast/domain/exposure/census"
)

// Wrong says which findings are listed.
type Wrong struct {
	Severity answer.Severity
	Rule     string
	Segment  string
	Account  string // id, e-mail address or name
}

// severities, the worst first: the order of the list.
var severities = []answer.Severity{answer.Critical, answer.High, answer.Medium, answer.Low}

// Findings lists what is wrong: the worst first, then by account, from behind a
// place that an earlier page gave. An account's findings of one severity are
// given together, so a page may be a little longer than limit.
func (f *Flow) Findings(ctx context.Context, w Wrong, after string, limit int) (List[answer.Finding], error) {
	if w.Account != "" {
		return f.findingsOf(ctx, w)
	}
	s, err := f.everybody(ctx)
	if err != nil {
		return List[answer.Finding]{}, err
	}
	if err := s.knows(w.Segment); err != nil {
		return List[answer.Finding]{}, err
	}
	out := List[answer.Finding]{Basis: s.basis()}
	level, behind := place(after)
	for ; level < len(severities); level, behind = level+1, "" {
		if w.Severity != "" && severities[level] != w.Severity {
			continue
		}
		l := ladder{f: f, s: s, w: w, severity: severities[level], behind: behind, limit: limit}
		full, err := l.climb(ctx, &out)
		if err != nil {
			return out, err
		}
		if full {
			out.Next = strconv.Itoa(level) + "/" + string(l.behind)
			return out, nil
		}
	}
	return out, nil
}

// place is where a list goes on: a severity, and behind which account.
func place(after string) (int, holdfast.PersonID) {
	level, behind, _ := strings.Cut(after, "/")
	n, err := strconv.Atoi(level)
	if err != nil || n < 0 {
		return 0, ""
	}
	return n, holdfast.PersonID(behind)
}

// ladder goes through the accounts for the findings of one severity.
type ladder struct {
	f        *Flow
	s        *seen
	w        Wrong
	severity answer.Severity
	behind   holdfast.PersonID // everybody up to here was looked at
	limit    int
}

const (
	// window is how many accounts are taken out of the census at once.
	window = 2000
	// handful is how many are read and examined at once.
	handful = 64
)

// climb adds findings until the page is full.
func (l *ladder) climb(ctx context.Context, out *List[answer.Finding]) (full bool, err error) {
	for {
		page, next := l.s.census.Each(census.Filter{Segment: l.w.Segment}, l.behind, window)
		for part := range slices.Chunk(page, handful) {
			if full, err := l.look(ctx, part, out); err != nil || full {
				return full, err
			}
		}
		if next == "" {
			return false, nil
		}
		l.behind = next
	}
}

// look adds the findings of some accounts.
func (l *ladder) look(ctx context.Context, part []census.Standing, out *List[answer.Finding]) (full bool, err error) {
	var read []holdfast.PersonID
	for _, st := range part {
		if l.may(&st) {
			read = append(read, st.ID)
		}
	}
	cases, err := l.f.cases(ctx, l.s, read, answer.Look)
	if err != nil {
		return false, err
	}
	for _, st := range part {
		if c := cases[st.ID]; c != nil {
			all := c.Findings()
			l.s.kinds.put(st.Shape, all)
			some := slices.DeleteFunc(all, func(g answer.Finding) bool { return !l.wants(g) })
			if len(some) > 0 && len(out.Items) >= l.limit {
				return true, nil
			}
			out.Items = append(out.Items, some...)
		}
		l.behind = st.ID
	}
	return false, nil
}

func (l *ladder) wants(g answer.Finding) bool {
	return g.Severity == l.severity && (l.w.Rule == "" || g.Rule == l.w.Rule)
}

// may says whether an account may have a finding that is wanted, by what the
// census knows of it. Accounts of one shape have the same kinds of findings.
func (l *ladder) may(st *census.Standing) bool {
	if l.severity == answer.High && !st.Left.IsZero() && st.Opens {
		return true // whether somebody has left is no part of the shape
	}
	if kinds, known := l.s.kinds.of(st.Shape); known {
		return slices.ContainsFunc(kinds, l.wants)
	}
	short := st.Required.AAL - st.Worst.AAL
	switch l.severity {
	case answer.Critical:
		return short >= 2 || st.Worst.AAL == 0 || st.Privileged && st.Singles > 0
	case answer.High:
		return short >= 1 || st.Required.Phr && !st.Worst.Phr || st.Available <= 1
	}
	return true
}

// findingsOf are those of one account, computed on the spot.
func (f *Flow) findingsOf(ctx context.Context, w Wrong) (List[answer.Finding], error) {
	c, err := f.examined(ctx, w.Account, answer.Look)
	if err != nil {
		return List[answer.Finding]{}, err
	}
	out := List[answer.Finding]{Basis: c.Basis}
	for _, g := range c.Findings() {
		if (w.Severity == "" || g.Severity == w.Severity) && (w.Rule == "" || g.Rule == w.Rule) && (w.Segment == "" || g.Segment == w.Segment) {
			out.Items = append(out.Items, g)
		}
	}
	return out, nil
}
