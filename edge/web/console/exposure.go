package console

import (
	"context"
	"net/http"
	"slices"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/exposure"
	"holdfast/domain/exposure/answer"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/flow/survey"
)

// errNoExposure is for a server that computes nothing of the kind.
var errNoExposure = holdfast.Errorf(holdfast.NotFound, "no_exposure", "Exposure is not computed on this server.")

// exposes refuses where nothing is computed.
func (c *Console) exposes(do action) action {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
		if c.Exposure == nil {
			return errNoExposure
		}
		return do(w, r, v)
	}
}

// reading says whether err is that not everybody was read yet, which ends by
// itself.
func reading(err error) bool {
	return err != nil && holdfast.KindOf(err) == holdfast.Unavailable
}

func (c *Console) exposure(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	o, err := c.Exposure.Overview(r.Context())
	if err != nil {
		return err
	}
	to := &page.Exposure{Answer: o, Export: page.ExportOf(r.URL.Query())}
	if o.Loading {
		p := c.Exposure.Progress()
		to.Read, to.Of, to.Export = p.Read, p.Of, page.Export{}
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// exposureFile is the matrix: a row for each segment and adversary.
func (c *Console) exposureFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	s := sheet[answer.Cell]{name: "exposure", scope: authority.ExposureRead, columns: []column[answer.Cell]{
		{"segment", func(x answer.Cell) any { return x.Segment }},
		{"adversary", func(x answer.Cell) any { return x.Profile }},
		{"accounts_that_fall", func(x answer.Cell) any { return x.Falls }},
		{"accounts", func(x answer.Cell) any { return x.Of }},
	}}
	s.count, s.next = once(func(ctx context.Context) ([]answer.Cell, error) {
		o, err := c.Exposure.Overview(ctx)
		return o.Matrix, err
	})
	return send(c, w, r, v, s)
}

// exposedFilter is what an address asks of the accounts.
func exposedFilter(r *http.Request) page.ExposedFilter {
	f := page.ExposedFilter{Segment: cursor(r.FormValue("segment")), Singles: r.FormValue("singles") == "yes", Phr: r.FormValue("phr") == "missing"}
	switch r.FormValue("below") {
	case "1", "2", "3":
		f.Below = int(r.FormValue("below")[0] - '0')
	}
	if p := r.FormValue("profile"); slices.Contains(exposure.Profiles(), exposure.Profile(p)) {
		f.Profile = p
	}
	if v := exposure.Verdict(r.FormValue("verdict")); slices.Contains(verdictNames(), v) {
		f.Verdict = v
	}
	return f
}

// verdictNames are all of them, the worst first.
func verdictNames() []exposure.Verdict {
	return []exposure.Verdict{exposure.Fail, exposure.FailUnknown, exposure.NISTOnly, exposure.Pass}
}

func which(f page.ExposedFilter) survey.Which {
	return survey.Which{Segment: f.Segment, Below: f.Below, Verdict: f.Verdict, Profile: exposure.Profile(f.Profile), Singles: f.Singles, Phr: f.Phr}
}

// counted is how many accounts a filter leaves, where the overview has counted
// just that; else -1.
func counted(o answer.Overview, f page.ExposedFilter) int64 {
	var of func(answer.Histogram) int64
	all, bare := int64(0), f
	bare.Segment = ""
	switch bare {
	case page.ExposedFilter{}:
		of = func(h answer.Histogram) int64 { return h.Accounts }
	case page.ExposedFilter{Below: f.Below}:
		of = func(h answer.Histogram) (n int64) {
			for aal := range min(f.Below, len(h.AAL)) {
				n += h.AAL[aal]
			}
			return n
		}
	case page.ExposedFilter{Verdict: f.Verdict}:
		of = func(h answer.Histogram) int64 { return h.Verdicts[f.Verdict] }
	case page.ExposedFilter{Profile: f.Profile}:
		for _, x := range o.Matrix {
			if x.Profile == f.Profile && (f.Segment == "" || x.Segment == f.Segment) {
				all += x.Falls
			}
		}
		return all
	case page.ExposedFilter{Singles: true}:
		if f.Segment == "" {
			return o.Singles
		}
		return -1
	default:
		return -1
	}
	for _, h := range o.Segments {
		if f.Segment == "" || h.Segment == f.Segment {
			all += of(h)
		}
	}
	return all
}

func (c *Console) exposed(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx, f := r.Context(), exposedFilter(r)
	o, err := c.Exposure.Overview(ctx)
	if err != nil {
		return err
	}
	to := &page.Exposed{Filter: f, Total: counted(o, f), Export: page.ExportOf(r.URL.Query())}
	to.Segments = segmentChoices(o, f.Segment)
	to.Belows = []page.Option{{Label: "Anything", Chosen: f.Below == 0}}
	for n := 1; n <= 3; n++ {
		to.Belows = append(to.Belows, page.Option{Value: string(rune('0' + n)), Label: "below " + page.Level(n), Chosen: f.Below == n})
	}
	to.Profiles = []page.Option{{Label: "Anybody", Chosen: f.Profile == ""}}
	for _, a := range page.Adversaries() {
		to.Profiles = append(to.Profiles, page.Option{Value: a.Profile, Label: a.Name, Chosen: f.Profile == a.Profile})
	}
	to.Verdicts = []page.Option{{Label: "Any verdict", Chosen: f.Verdict == ""}}
	for _, x := range verdictNames() {
		to.Verdicts = append(to.Verdicts, page.Option{Value: string(x), Label: page.VerdictBadge(x).Text, Chosen: f.Verdict == x})
	}
	list, err := c.Exposure.Effective(ctx, which(f), holdfast.PersonID(span(r).After), perPage)
	if to.Reading = reading(err); err != nil && !to.Reading {
		return err
	}
	to.Rows, to.Next = list.Items, further(r, list.Next)
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// further is the address of the next part of a list; empty: there is none.
func further(r *http.Request, next string) string {
	if next == "" {
		return ""
	}
	return with(r.URL.Query(), []string{"after", "before"}, "after", next)
}

func segmentChoices(o answer.Overview, chosen string) []page.Option {
	out := []page.Option{{Label: "Any segment", Chosen: chosen == ""}}
	for _, h := range o.Segments {
		if h.Segment != "" {
			out = append(out, page.Option{Value: h.Segment, Label: h.Segment, Chosen: h.Segment == chosen})
		}
	}
	return out
}

func (c *Console) exposedFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	f := exposedFilter(r)
	return send(c, w, r, v, sheet[answer.Row]{
		name: "accounts", scope: authority.ExposureRead, columns: []column[answer.Row]{
			{"person_id", func(x answer.Row) any { return x.Account }},
			{"person", func(x answer.Row) any { return x.Name }},
			{"segment", func(x answer.Row) any { return x.Segment }},
			{"privileged", func(x answer.Row) any { return x.Privileged }},
			{"required_aal", func(x answer.Row) any { return x.Required.AAL }},
			{"required_phr", func(x answer.Row) any { return x.Required.Phr }},
			{"effective_aal", func(x answer.Row) any { return x.Effective.AAL }},
			{"effective_phr", func(x answer.Row) any { return x.Effective.Phr }},
			{"contest", func(x answer.Row) any { return x.Effective.Contest }},
			{"verdict", func(x answer.Row) any { return string(x.Verdict) }},
			{"weakest", func(x answer.Row) any { return x.Weakest }},
			{"single_points", func(x answer.Row) any { return x.Singles }},
			{"availability", func(x answer.Row) any { return x.Available }},
			{"adversaries", func(x answer.Row) any { return x.Profiles }},
		},
		count: func(ctx context.Context) (int64, error) {
			o, err := c.Exposure.Overview(ctx)
			if err != nil {
				return 0, err
			}
			if n := counted(o, f); n >= 0 {
				return n, nil
			}
			return countParts(func(after string) (int, string, error) {
				list, err := c.Exposure.Effective(ctx, which(f), holdfast.PersonID(after), step)
				return len(list.Items), list.Next, err
			})
		},
		next: func(ctx context.Context, after string) ([]answer.Row, string, error) {
			if after == end {
				return nil, "", nil
			}
			list, err := c.Exposure.Effective(ctx, which(f), holdfast.PersonID(after), step)
			return list.Items, orEnd(list.Next), err
		},
	})
}

// end is behind the last row of a list that says itself where it goes on.
const end = "\x00end"

func orEnd(next string) string {
	if next == "" {
		return end
	}
	return next
}

// countParts counts a list by reading it.
func countParts(read func(after string) (int, string, error)) (total int64, err error) {
	for after := ""; ; {
		n, next, err := read(after)
		if err != nil {
			return 0, err
		}
		total += int64(n)
		if after = next; next == "" {
			return total, nil
		}
	}
}
