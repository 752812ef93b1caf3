package console

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/metadata"
	"holdfast/domain/posture"
	"holdfast/domain/provider"
	"holdfast/edge/store"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/spec/mds"
)

// What the policy rests on: the FIDO metadata, the providers, the devices.

func (c *Console) metadata(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx := r.Context()
	to := &page.Metadata{Export: page.ExportOf(r.URL.Query())}
	if c.Metadata != nil {
		s, err := c.Metadata.Status(ctx)
		if err != nil {
			return err
		}
		rec := s.Record
		to.Loaded, to.Number, to.Next, to.Imported, to.Entries = rec.ID != "", rec.No, rec.NextUpdate, rec.Imported, int(rec.Models)
		to.Source, to.Refused, to.MaxAge = cmp.Or(rec.Source, s.Source), s.Failed, daysOf(s.MaxAge)
		if s.State == metadata.Overdue {
			to.Alarm = fmt.Sprintf("It should have been renewed on %s, and may be late by %s. It stays in force, and what the policy asks of fresh metadata is refused. Import a newer one: holdfast mds import, on the server.",
				rec.NextUpdate.Format("2 Jan 2006"), daysOf(s.MaxAge))
		}
	}
	var err error
	if to.Models, err = c.models(ctx); err != nil {
		return err
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

func daysOf(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	if n := int(d / (24 * time.Hour)); n > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%d %s", n, plural(int64(n), "day", "days"))
	}
	return d.String()
}

// models are those of the passkeys that there are, the most used in front, as
// the metadata have them today. Which model a passkey is of is its own word
// where nothing attests it; the list of its passkeys says so.
func (c *Console) models(ctx context.Context) ([]page.MetadataModel, error) {
	counts, err := c.Store.CountCredentialsWhere(ctx, store.CredentialFilter{Status: credential.Active})
	if err != nil {
		return nil, err
	}
	used := map[string]int64{}
	for _, n := range counts {
		if n.Status == credential.Active && n.AAGUID != "" && n.AAGUID != noAAGUID {
			used[n.AAGUID] += n.N
		}
	}
	var blob *mds.Blob
	if c.Metadata != nil && len(used) > 0 {
		if blob, err = c.Metadata.Newest(ctx); err != nil {
			blob = nil // none: Status has said so
		}
	}
	var out []page.MetadataModel
	for aaguid, n := range used {
		out = append(out, model(blob, aaguid, int(n), c.Visits.Clock()))
	}
	slices.SortFunc(out, func(a, b page.MetadataModel) int {
		return cmp.Or(cmp.Compare(b.InUse, a.InUse), strings.Compare(a.AAGUID, b.AAGUID))
	})
	return out, nil
}

func model(blob *mds.Blob, aaguid string, n int, now time.Time) page.MetadataModel {
	m := page.MetadataModel{AAGUID: aaguid, InUse: n, Name: credential.Provider(aaguid)}
	id, err := mds.ParseAAGUID(aaguid)
	if blob == nil || err != nil {
		return m
	}
	e, ok := blob.Model(id)
	if !ok {
		return m
	}
	s := e.Status(now)
	m.Known, m.Name = true, cmp.Or(e.Description, m.Name)
	if s.Level > mds.Uncertified {
		m.Certification = s.Level.String()
	}
	m.Statuses = statuses(s.Current)
	return m
}

func (c *Console) metadataFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	s := sheet[page.MetadataModel]{name: "models", scope: authority.PolicyRead, columns: []column[page.MetadataModel]{
		{"aaguid", func(m page.MetadataModel) any { return m.AAGUID }},
		{"name", func(m page.MetadataModel) any { return m.Name }},
		{"passkeys", func(m page.MetadataModel) any { return m.InUse }},
		{"in_metadata", func(m page.MetadataModel) any { return m.Known }},
		{"certified", func(m page.MetadataModel) any { return m.Certification }},
		{"statuses", func(m page.MetadataModel) any {
			var out []string
			for _, s := range m.Statuses {
				out = append(out, s.Status)
			}
			return out
		}},
	}}
	s.count, s.next = once(c.models)
	return send(c, w, r, v, s)
}

func (c *Console) providers(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	rows, err := c.providerRows(r.Context())
	if err != nil {
		return err
	}
	to := &page.Providers{Rows: rows, Export: page.ExportOf(r.URL.Query())}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// providerRows are the providers of the policy in force, and how many passkeys
// say that they are there.
func (c *Console) providerRows(ctx context.Context) ([]page.ProviderRow, error) {
	profiles, err := c.profiles(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := c.Store.CountCredentialsWhere(ctx, store.CredentialFilter{Status: credential.Active})
	if err != nil {
		return nil, err
	}
	var out []page.ProviderRow
	for _, p := range profiles.All() {
		row := page.ProviderRow{Name: p.Name, Kind: p.Kind, Managed: p.Managed, Standing: string(p.Standing(c.Visits.Clock())),
			Lacks: p.Lacks(), Status: string(p.Status), Source: p.Source, ReviewBy: p.ReviewBy, Facts: profileFacts(p)}
		for _, n := range counts {
			if n.Status == credential.Active && slices.Contains(p.AAGUIDs, n.AAGUID) {
				row.InUse += int(n.N)
			}
		}
		out = append(out, row)
	}
	return out, nil
}

func profileFacts(p provider.Profile) (out []page.Pair) {
	for _, f := range []page.Pair{
		{Name: "Storage", Value: p.Storage}, {Name: "Encryption", Value: p.Encryption}, {Name: "Sign-in there", Value: p.Access},
		{Name: "Recovery there", Value: strings.Join(p.Recovery, ", ")}, {Name: "Sharing", Value: p.Sharing},
	} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

func (c *Console) providersFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	s := sheet[page.ProviderRow]{name: "providers", scope: authority.PolicyRead, columns: []column[page.ProviderRow]{
		{"name", func(p page.ProviderRow) any { return p.Name }},
		{"kind", func(p page.ProviderRow) any { return p.Kind }},
		{"managed", func(p page.ProviderRow) any { return p.Managed }},
		{"standing", func(p page.ProviderRow) any { return p.Standing }},
		{"lacks", func(p page.ProviderRow) any { return p.Lacks }},
		{"status", func(p page.ProviderRow) any { return p.Status }},
		{"source", func(p page.ProviderRow) any { return p.Source }},
		{"review_by", func(p page.ProviderRow) any { return p.ReviewBy }},
		{"passkeys", func(p page.ProviderRow) any { return p.InUse }},
	}}
	s.count, s.next = once(c.providerRows)
	return send(c, w, r, v, s)
}

func (c *Console) devices(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx, k, text := r.Context(), span(r), search(r)
	found, more, err := c.Store.ManagedDevicesWhere(ctx, text, k)
	if err != nil {
		return err
	}
	total, err := c.Store.CountManagedDevicesWhere(ctx, text, store.Many)
	if err != nil {
		return err
	}
	to := &page.ManagedDevices{Query: text, Fresh: ageWords(c.postureAge()), Export: page.ExportOf(r.URL.Query())}
	if to.Rows, err = c.deviceRows(ctx, found); err != nil {
		return err
	}
	if to.Pager.Total = int(total); len(found) > 0 {
		to.Pager = parts(r, k, found[0].ID, found[len(found)-1].ID, len(found), more, total)
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// postureAge is for how long a report counts.
func (c *Console) postureAge() time.Duration {
	if c.PostureAge == nil {
		return posture.DefaultMaxAge
	}
	return c.PostureAge()
}

func ageWords(d time.Duration) string {
	return seconds(int64(d / time.Second))
}

func (c *Console) deviceRows(ctx context.Context, found []posture.Device) ([]page.ManagedDevice, error) {
	names, ids := c.names(), make([]string, len(found))
	for i, d := range found {
		names.person(d.Person)
		names.actor(d.By)
		ids[i] = d.ID
	}
	if err := names.read(ctx); err != nil {
		return nil, err
	}
	seen, err := c.Store.PostureSeen(ctx, ids...)
	if err != nil {
		return nil, err
	}
	keys, err := c.Store.PasskeysMadeOn(ctx, ids)
	if err != nil {
		return nil, err
	}
	rows := make([]page.ManagedDevice, len(found))
	for i, d := range found {
		last := d.Last(seen[d.ID])
		s := posture.StandingOf(d, last, c.postureAge(), c.Visits.Clock())
		rows[i] = page.ManagedDevice{ID: d.ID, Name: d.Name, OS: strings.TrimSpace(d.OS + " " + d.OSVersion), Managed: d.Managed,
			Compliant: s.Compliant, Stale: !s.Current, Never: last.IsZero(), Reported: last, Source: names.actorLink(d.By).Text,
			Bound: bound(d), Passkeys: int(keys[d.ID]), Shared: d.Shared}
		if d.Person != "" {
			rows[i].Owner = names.subjectLink(string(d.Person), d.Person)
		}
	}
	return rows, nil
}

// bound says how a browser shows that it runs on d. A certificate is told by
// the device CA alone, so nobody here knows whether there is one.
func bound(d posture.Device) string {
	if d.CookieHash != "" {
		return "cookie, or a certificate"
	}
	return "a certificate, if it has one"
}

func (c *Console) devicesFile(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	text := search(r)
	return send(c, w, r, v, sheet[page.ManagedDevice]{
		name: "devices", scope: authority.DevicesRead, columns: []column[page.ManagedDevice]{
			{"id", func(d page.ManagedDevice) any { return d.ID }},
			{"name", func(d page.ManagedDevice) any { return d.Name }},
			{"person", func(d page.ManagedDevice) any { return d.Owner.Text }},
			{"os", func(d page.ManagedDevice) any { return d.OS }},
			{"managed", func(d page.ManagedDevice) any { return d.Managed }},
			{"compliant", func(d page.ManagedDevice) any { return d.Compliant }},
			{"stale", func(d page.ManagedDevice) any { return d.Stale }},
			{"shared", func(d page.ManagedDevice) any { return d.Shared }},
			{"reported", func(d page.ManagedDevice) any { return d.Reported }},
			{"reported_by", func(d page.ManagedDevice) any { return d.Source }},
			{"passkeys", func(d page.ManagedDevice) any { return d.Passkeys }},
		},
		count: func(ctx context.Context) (int64, error) { return c.Store.CountManagedDevicesWhere(ctx, text, 0) },
		next: func(ctx context.Context, after string) ([]page.ManagedDevice, string, error) {
			found, _, err := c.Store.ManagedDevicesWhere(ctx, text, store.Span{After: after, Limit: step})
			if err != nil || len(found) == 0 {
				return nil, "", err
			}
			rows, err := c.deviceRows(ctx, found)
			return rows, found[len(found)-1].ID, err
		},
	})
}
