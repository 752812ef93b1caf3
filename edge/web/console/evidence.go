package console

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/policy"
	"holdfast/domain/provider"
	"holdfast/domain/task"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
	"holdfast/spec/mds"
)

// profiles are the sync providers of the policy in force; none where it cannot
// be read: then nothing is known of any.
func (c *Console) profiles(ctx context.Context) (provider.Registry, error) {
	if c.Policies == nil {
		return provider.Registry{}, nil
	}
	p, err := c.Policies.InForce(ctx, c.Store)
	if err != nil {
		return provider.Registry{}, err
	}
	return p.Profiles(), nil
}

// credential shows one passkey with all that is known of it.
func (c *Console) credential(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
	ctx := r.Context()
	k, err := c.Store.Credential(ctx, holdfast.CredentialID(r.PathValue("id")))
	if err != nil {
		return err
	}
	rows, err := c.credentialRows(ctx, v, []credential.Record{k})
	if err != nil {
		return err
	}
	j, err := c.Store.Judgement(ctx, k.ID)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return err
	}
	profiles, err := c.profiles(ctx)
	if err != nil {
		return err
	}
	f := evidence.Of(k, j, profiles, c.Visits.Clock())
	to := &page.Credential{Row: rows[0], Heading: heading(k, f), Facts: factLines(k, j, f), Verdict: verdicts[j.Kind], Why: j.Why, Judged: j.At,
		Anchors: j.Anchors, Root: j.Root, Chain: j.Chain, MDS: j.MetadataNo, Statuses: statuses(j.Statuses), Tech: rows[0].Technical}
	if to.Accepted, err = c.accepted(ctx, k); err != nil {
		return err
	}
	if to.Exposure, err = c.exposureLine(ctx, v, string(k.ID), k.Person); err != nil {
		return err
	}
	t, err := c.Store.TaskOf(ctx, k.ID)
	if err == nil {
		to.Duties, err = c.replacementRows(ctx, v, []task.Record{t})
	}
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return err
	}
	to.Frame = c.frame(w, r, v)
	c.Visits.Render(w, r, http.StatusOK, to)
	return nil
}

// verdicts say how an attestation was judged.
var verdicts = map[string]string{
	"verified":   "verified: a root that is trusted vouches for it",
	"self":       "not verified: the passkey vouches for itself",
	"none":       "not verified: no statement was sent",
	"unverified": "not verified",
	"invalid":    "not verified: the statement is wrong",
}

// heading is what matters most of a passkey, as a sentence.
func heading(k credential.Record, f evidence.Facts) string {
	switch {
	case k.BE:
		return "This passkey is synced"
	case evidence.Proves(f.HardwareProtected) && evidence.Proves(f.DeviceBound):
		return "It is proven that this key is in hardware and cannot leave it"
	case evidence.Proves(f.DeviceBound):
		return "It is proven that this passkey cannot leave its device"
	}
	return "Nothing proves that this passkey cannot leave its device"
}

func factLines(k credential.Record, j evidence.Judgement, f evidence.Facts) []page.Fact {
	out := []page.Fact{
		yesNo("Cannot leave its device", f.DeviceBound),
		yesNo("Synced", f.Synced),
		yesNo("The key is in hardware", f.HardwareProtected),
		fact("AAGUID", f.Model, func(s string) string { return s }),
	}
	if last := &out[len(out)-1]; last.By == "AAGUID" {
		last.By = "the authenticator"
	}
	out[len(out)-1].Code = true
	if j.Model != "" {
		model := fact("Model", f.Model, func(string) string { return j.Model })
		out = append(out, model)
	}
	out = append(out,
		fact("Certified", f.Certification, func(s string) string { return s }),
		yesNo("FIPS 140", f.FIPS),
		fact("User verification", f.UserVerified, func(ok bool) string { return map[bool]string{true: "done", false: "not yet"}[ok] }),
		fact("Provider", f.Provider, func(s string) string { return s }),
		yesNo("The provider’s account is the organisation’s", f.ManagedProvider),
	)
	if f.Serial.Value != "" {
		serial := fact("Serial number of the device", f.Serial, func(s string) string { return s })
		serial.Code = true
		out = append(out, serial)
	}
	if len(k.Transports) > 0 {
		out = append(out, page.Fact{Name: "Transports", Value: strings.Join(k.Transports, ", "), Known: page.Claimed, By: "the browser"})
	}
	return append(out, madeOnFact(k.MadeOn))
}

func fact[T any](name string, f evidence.Fact[T], say func(T) string) page.Fact {
	out := page.Fact{Name: name, By: f.By}
	switch f.Known {
	case evidence.Proven:
		out.Known, out.Value = page.Proven, say(f.Value)
	case evidence.Claimed:
		out.Known, out.Value = page.Claimed, say(f.Value)
	}
	return out
}

func yesNo(name string, f evidence.Fact[bool]) page.Fact {
	return fact(name, f, func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	})
}

func madeOnFact(on string) page.Fact {
	f := page.Fact{Name: "Made on", Value: madeOn(on)}
	switch {
	case strings.HasPrefix(on, credential.OnManaged):
		f.Known, f.By = page.Proven, "the device showed itself then"
	case on != "":
		f.Known, f.By = page.Proven, "no device of the organisation showed itself then"
	}
	return f
}

// madeOn says on what a passkey was made; empty where nobody knows.
func madeOn(on string) string {
	if id, ok := strings.CutPrefix(on, credential.OnManaged); ok {
		return "the managed device " + id
	}
	if on == "" {
		return ""
	}
	return "a device that nobody manages"
}

// statusHelp says what a status of a model means (MDS §3.1.4).
var statusHelp = map[string]string{
	mds.Revoked:                  "FIDO withdrew its certification.",
	mds.UserVerificationBypass:   "Somebody who holds it can get past its PIN or fingerprint.",
	mds.AttestationKeyCompromise: "Others can make attestations that look like its.",
	mds.UserKeyRemote:            "A key can be taken out of it from afar.",
	mds.UserKeyPhysical:          "A key can be taken out of it by somebody who holds it.",
	mds.UpdateAvailable:          "There is newer firmware.",
	mds.Retired:                  "It is not made any more.",
}

func statuses(of []string) (out []page.ModelStatus) {
	bad := mds.BadStatuses()
	for _, s := range of {
		out = append(out, page.ModelStatus{Status: s, Bad: slices.Contains(bad, s), Help: statusHelp[s]})
	}
	return out
}

// accepted says what the policy in force makes of one passkey; nil: it cannot
// be said, or there is nothing to say.
func (c *Console) accepted(ctx context.Context, k credential.Record) (*page.KeyStanding, error) {
	if k.Status == credential.Removed || c.Policies == nil {
		return nil, nil
	}
	p, err := c.Store.Person(ctx, k.Person)
	if err != nil {
		return nil, err
	}
	s, err := c.standing(ctx, p)
	if err != nil || s.Failed != "" {
		return nil, err
	}
	for _, key := range s.Keys {
		if key.ID == string(k.ID) {
			return &key, nil
		}
	}
	return nil, nil
}

// known fills in what is known of passkeys.
func (c *Console) known(ctx context.Context, creds []credential.Record, rows []held) error {
	ids := make([]holdfast.CredentialID, len(creds))
	for i, k := range creds {
		ids[i] = k.ID
	}
	judged, err := c.Store.JudgementsByID(ctx, ids)
	if err != nil {
		return err
	}
	profiles, err := c.profiles(ctx)
	if err != nil {
		return err
	}
	bad := mds.BadStatuses()
	for i, k := range creds {
		j := judged[k.ID]
		f := evidence.Of(k, j, profiles, c.Visits.Clock())
		row := &rows[i].CredentialRow
		visit.Known(&row.Passkey, f)
		rows[i].judged, rows[i].facts = j, f
		row.Model = cmp.Or(j.Model, row.Provider)
		if on := madeOn(k.MadeOn); on != "" {
			row.MadeOn = "made on " + on
		}
		if f.Statuses.Known == evidence.Proven {
			row.Bad = slices.DeleteFunc(slices.Clone(j.Statuses), func(s string) bool { return !slices.Contains(bad, s) })
		}
	}
	return nil
}

// knownOf says on the cards of one person's passkeys what is known of them.
func (c *Console) knownOf(ctx context.Context, creds []credential.Record, cards []page.Passkey) error {
	rows, ids := make([]held, len(creds)), map[string]page.Passkey{}
	for i, k := range creds {
		rows[i].Passkey = visit.Passkey(k, "")
	}
	if err := c.known(ctx, creds, rows); err != nil {
		return err
	}
	for _, row := range rows {
		ids[row.Passkey.ID] = row.Passkey
	}
	for i, card := range cards {
		k := ids[card.ID]
		cards[i].Bound, cards[i].Hardware, cards[i].Vouched = k.Bound, k.Hardware, k.Vouched
	}
	return nil
}

// reasonTexts are the sentences of reasons, each once.
func reasonTexts(reasons []policy.Reason) (out []string) {
	for _, r := range reasons {
		if r.Text != "" && !slices.Contains(out, r.Text) {
			out = append(out, r.Text)
		}
	}
	return out
}
