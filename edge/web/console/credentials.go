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
	}
	for _, o := range origins {
		if r.FormValue("origin") == string(o.origin) {
			f.Origin = o.origin
		}
	}
	if days := unused(r); days > 0 {
		f.Unused = c.Visits.Clock().AddDate(0, 0, -days)
	}
	provider := r.FormValue("provider")
	f.AAGUID = credential.AAGUIDs(provider)
	if len(f.AAGUID) == 0 && provider != "" {
		f.AAGUID = []string{provider} // one that has no name here
	}
	return f, provider
}

// unused is for how many days a passkey was not used.
func unused(r *http.Request) int {
	const most = 36_500
	n, err := strconv.Atoi(r.FormValue("unused"))
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
	to := &page.Credentials{Query: filter.Text, Unused: unused(r), Export: page.ExportOf(r.URL.Query()), Back: r.URL.RawQuery}
	if to.Rows, err = c.credentialRows(ctx, v, creds); err != nil {
		return err
	}
	choices(to, counts, filter, provider)
	to.Any = filter.Text != "" || !filter.Unused.IsZero() || filter.Status != "" || filter.Synced != nil || filter.Origin != "" || provider != ""
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
	to.Places = []page.Option{option("", "Anywhere", by, f.Synced == nil)}
	for value, words := range map[string]string{"synced": "synced", "device": "this device only"} {
		by.Synced = new(value == "synced")
		to.Places = append(to.Places, option(value, words, by, f.Synced != nil && *f.Synced == *by.Synced))
	}
	slices.SortFunc(to.Places[1:], func(a, b page.Option) int { return strings.Compare(b.Value, a.Value) })
	by = f
	by.Origin = ""
	to.Origins = []page.Option{option("", "Any right", by, f.Origin == "")}
	for _, o := range origins {
		by.Origin = o.origin
		to.Origins = append(to.Origins, option(string(o.origin), o.words, by, f.Origin == o.origin))
	}
	to.Providers = providers(counts, f, provider, option)
}

// noAAGUID is what authenticators say that do not say what they are.
const noAAGUID = "00000000-0000-0000-0000-000000000000"

// providers are those that some passkey names, by their names.
func providers(counts []store.CredentialCount, f store.CredentialFilter, chosen string,
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
	names := c.names()
	for _, k := range creds {
		names.person(k.Person)
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	rows := make([]page.CredentialRow, len(creds))
	for i, k := range creds {
		rows[i] = page.CredentialRow{
			Passkey: visit.Passkey(k, v.Session.Credential), Person: names.people[k.Person], PersonID: string(k.Person),
			Email: names.emails[k.Person], Origin: originOf(k.Provenance), Removed: k.Status == credential.Removed, Above: names.above(v, k.Person),
		}
	}
	return rows, nil
}

// onCredential does something to the passkey of the address and goes back to
// the part of the inventory that the button was on.
func (c *Console) onCredential(text string, do func(context.Context, holdfast.Actor, holdfast.CredentialID) error) action {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
		err := do(r.Context(), v.Actor(), holdfast.CredentialID(r.PathValue("id")))
		return c.pressed(w, r, err, text, within(page.PathCredentials, r.PostFormValue("back")))
	}
}
