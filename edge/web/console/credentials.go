package console

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/spec/mds"
)

// The inventory: everybody's passkeys.

// origins are the rights by which a passkey is enrolled, as pages name them.
var origins = []struct {
	origin store.Origin
	words  string
}{
	{"invitation", "an invitation"},
	{"session", "its owner, signed in"},
	{"conditional create", "the browser, after another way of signing in"},
	{"setup", "the set-up link"},
}

func originOf(provenance string) string {
	kind, _, _ := strings.Cut(provenance, ":")
	for _, o := range origins {
		if kind == string(o.origin) {
			return "by " + o.words
		}
	}
	return "by " + kind
}

// credentialFilter reads what an address asks of the inventory, and how the
// address names the provider.
func (c *Console) credentialFilter(r *http.Request) (store.CredentialFilter, string) {
	f := store.CredentialFilter{Text: search(r)}
	switch s := credential.Status(r.FormValue("status")); s {
	case credential.Active, credential.Suspended, credential.Removed:
		f.Status = s
	}
	switch r.FormValue("where") {
	case "synced":
		f.Synced = new(true)
	case "device":
		f.Synced = new(false)
	case "proven":
		f.Proof = store.Proven
	case "claimed":
		f.Proof = store.Claimed
	}
	switch s := r.FormValue("model"); {
	case s == "bad":
		f.Report = mds.BadStatuses()
	case slices.Contains(mds.BadStatuses(), s):
		f.Report = []string{s}
	}
	if on := r.FormValue("made"); slices.Contains([]string{store.MadeOnManaged, store.MadeOnPersonal, store.MadeOnUnknown}, on) {
		f.MadeOn = on
	}
	if days := days(r, "age"); days > 0 {
		f.Before = c.Visits.Clock().AddDate(0, 0, -days)
	}
	for _, o := range origins {
		if r.FormValue("origin") == string(o.origin) {
			f.Origin = o.origin
		}
	}
	if days := days(r, "unused"); days > 0 {
		f.Unused = c.Visits.Clock().AddDate(0, 0, -days)
	}
	provider := r.FormValue("provider")
	f.AAGUID = credential.AAGUIDs(provider)
	if len(f.AAGUID) == 0 && provider != "" {
		f.AAGUID = []string{provider} // one that has no name here
	}
	return f, provider
}

// days is a number of days that a filter asks for.
func days(r *http.Request, name string) int {
	const most = 36_500
	n, err := strconv.Atoi(r.FormValue(name))
	if err != nil || n < 0 || n > most {
		return 0
	}
	return n
}

func (c *Console) credentials(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx, k := r.Context(), span(r)
	filter, provider := c.credentialFilter(r)
	creds, more, err := c.Store.CredentialsWhere(ctx, filter, k)
	if err != nil {
		return err
	}
	counts, err := c.Store.CountCredentialsWhere(ctx, filter)
	if err != nil {
		return err
	}
	to := &page.Credentials{Query: filter.Text, Unused: days(r, "unused"), Age: days(r, "age"), Export: page.ExportOf(r.URL.Query()), Back: r.URL.RawQuery}
	if to.Rows, err = c.credentialRows(ctx, v, creds); err != nil {
		return err
	}
	choices(to, counts, filter, provider)
	to.Open = !filter.Unused.IsZero() || !filter.Before.IsZero() || filter.Origin != "" || filter.MadeOn != "" || len(filter.Report) > 0
	to.Any = to.Open || filter.Text != "" || filter.Status != "" || filter.Synced != nil || filter.Proof != "" || provider != ""
	if to.Pager.Total = int(sum(counts, filter)); len(to.Rows) > 0 {
		to.Pager = parts(r, k, to.Rows[0].ID, to.Rows[len(to.Rows)-1].ID, len(to.Rows), more, sum(counts, filter))
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// sum is how many of counts f chooses.
func sum(counts []store.CredentialCount, f store.CredentialFilter) (n int64) {
	for _, alike := range counts {
		if alike.Matches(f) {
			n += alike.N
		}
	}
	return n
}

// choices are the filters, each choice with how many it leaves of what the
// other filters leave.
func choices(to *page.Credentials, counts []store.CredentialCount, f store.CredentialFilter, provider string) {
	option := func(value, words string, f store.CredentialFilter, chosen bool) page.Option {
		return page.Option{Value: value, Label: words + " (" + strconv.FormatInt(sum(counts, f), 10) + ")", Chosen: chosen}
	}
	by := f
	by.Status = ""
	to.Statuses = []page.Option{option("", "Any state", by, f.Status == "")}
	for _, s := range []credential.Status{credential.Active, credential.Suspended, credential.Removed} {
		by.Status = s
		to.Statuses = append(to.Statuses, option(string(s), string(s), by, f.Status == s))
	}
	by = f
	by.Synced = nil
	to.Places = []page.Option{option("", "Anywhere", by, f.Synced == nil && f.Proof == "")}
	for _, place := range []struct{ value, words string }{{"synced", "synced"}, {"device", "this device only"}} {
		by.Synced = new(place.value == "synced")
		to.Places = append(to.Places, option(place.value, place.words, by, f.Synced != nil && *f.Synced == *by.Synced))
	}
	to.Places = append(to.Places, page.Option{Value: "proven", Label: "this device only, proven", Chosen: f.Proof == store.Proven},
		page.Option{Value: "claimed", Label: "this device only, only claimed", Chosen: f.Proof == store.Claimed})
	uncounted(to, f)
	by = f
	by.Origin = ""
	to.Origins = []page.Option{option("", "Any right", by, f.Origin == "")}
	for _, o := range origins {
		by.Origin = o.origin
		to.Origins = append(to.Origins, option(string(o.origin), o.words, by, f.Origin == o.origin))
	}
	to.Providers = providerChoices(counts, f, provider, option)
}

// uncounted are the filters whose choices say no number: it would take a read
// of every judgement.
func uncounted(to *page.Credentials, f store.CredentialFilter) {
	to.Models = []page.Option{{Value: "", Label: "Any status", Chosen: len(f.Report) == 0}, {Value: "bad", Label: "any that is no good news", Chosen: len(f.Report) > 1}}
	for _, s := range mds.BadStatuses() {
		to.Models = append(to.Models, page.Option{Value: s, Label: s, Chosen: len(f.Report) == 1 && f.Report[0] == s})
	}
	for _, made := range []struct{ value, words string }{{"", "Any device"}, {store.MadeOnManaged, "a managed device"},
		{store.MadeOnPersonal, "a device that nobody manages"}, {store.MadeOnUnknown, "nobody knows"}} {
		to.Made = append(to.Made, page.Option{Value: made.value, Label: made.words, Chosen: f.MadeOn == made.value})
	}
}

// noAAGUID is what authenticators say that do not say what they are.
const noAAGUID = "00000000-0000-0000-0000-000000000000"

// providerChoices are those that some passkey names, by their names.
func providerChoices(counts []store.CredentialCount, f store.CredentialFilter, chosen string,
	option func(value, words string, f store.CredentialFilter, chosen bool) page.Option) []page.Option {
	by := f
	by.AAGUID = nil
	any := option("", "Any provider", by, chosen == "")
	var out []page.Option
	for _, alike := range counts {
		value, words := credential.Provider(alike.AAGUID), credential.Provider(alike.AAGUID)
		by.AAGUID = credential.AAGUIDs(value)
		switch {
		case alike.AAGUID == "":
			continue // erased
		case alike.AAGUID == noAAGUID:
			value, words, by.AAGUID = noAAGUID, "not said", []string{noAAGUID}
		case value == "":
			value, words, by.AAGUID = alike.AAGUID, alike.AAGUID, []string{alike.AAGUID}
		}
		if !slices.ContainsFunc(out, func(o page.Option) bool { return o.Value == value }) {
			out = append(out, option(value, words, by, chosen == value))
		}
	}
	slices.SortFunc(out, func(a, b page.Option) int { return strings.Compare(strings.ToLower(a.Label), strings.ToLower(b.Label)) })
	return append([]page.Option{any}, out...)
}

func (c *Console) credentialRows(ctx context.Context, v visit.Visit, creds []credential.Record) ([]page.CredentialRow, error) {
	all, err := c.held(ctx, v, creds)
	rows := make([]page.CredentialRow, len(all))
	for i, k := range all {
		rows[i] = k.CredentialRow
	}
	return rows, err
}

// held is whose passkeys are, and what is known of them.
func (c *Console) held(ctx context.Context, v visit.Visit, creds []credential.Record) ([]held, error) {
	names := c.names()
	for _, k := range creds {
		names.person(k.Person)
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	rows := make([]held, len(creds))
	for i, k := range creds {
		rows[i] = held{Record: k, CredentialRow: page.CredentialRow{
			Passkey: visit.Passkey(k, v.Session.Credential), Person: names.people[k.Person], PersonID: string(k.Person),
			Email: names.emails[k.Person], Origin: originOf(k.Provenance), Removed: k.Status == credential.Removed, Above: names.above(v, k.Person),
		}}
	}
	return rows, c.known(ctx, creds, rows)
}

// onCredential does something to the passkey of the address and goes back to
// the part of the inventory that the button was on.
func (c *Console) onCredential(text string, do func(context.Context, holdfast.Actor, holdfast.CredentialID) error) action {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
		err := do(r.Context(), v.Actor(), holdfast.CredentialID(r.PathValue("id")))
		to := within(page.PathCredentials, r.PostFormValue("back"))
		if r.PostFormValue("to") == "page" {
			to = page.CredentialPath(r.PathValue("id"))
		}
		return c.pressed(w, r, err, text, to)
	}
}
