package console

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/credential"
	"holdfast/domain/evidence"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/standing"
	"holdfast/edge/web/page"
	"holdfast/edge/web/visit"
)

// fillStandingByPolicy is what p may enrol, and why not what they have.
func (c *Console) fillStandingByPolicy(ctx context.Context, v visit.Visit, p person.Record, to *page.Person) error {
	if c.Policies == nil || !v.Holds().Has(authority.PolicyRead) || p.Status == person.Erased {
		return nil
	}
	var err error
	if to.Standing, err = c.standing(ctx, p); err != nil {
		return err
	}
	tasks, err := c.Store.TasksOf(ctx, p.ID)
	if err != nil {
		return err
	}
	rows, err := c.replacementRows(ctx, v, tasks)
	for _, row := range rows {
		if row.Open() {
			to.Replace = append(to.Replace, row)
		}
	}
	return err
}

// standing asks the policy in force about somebody and each of their passkeys.
func (c *Console) standing(ctx context.Context, p person.Record) (*page.Standing, error) {
	s := &page.Standing{}
	rules, err := c.Policies.InForce(ctx, c.Store)
	if err != nil {
		return nil, err
	}
	if _, err := c.Policies.Unusable(ctx, c.Store); err != nil {
		return nil, err
	}
	account, err := c.Store.Standing(ctx, p)
	if err != nil {
		return nil, err
	}
	late, err := c.metadataLate(ctx)
	if err != nil {
		return nil, err
	}
	now, profiles := c.Visits.Clock(), rules.Profiles()
	in := account.Input(policy.SignIn, profiles, now)
	in.Account.Locked = false // what may be enrolled, whether or not they may sign in today
	if s.Segment, _, _, _ = rules.Admits(&in); s.Segment == "" {
		s.Failed = "No segment of the policy covers this account, so nothing is accepted. Change the policy, or the account’s groups or employment."
		return s, nil
	}
	c.segment(s, rules.Document())
	for _, k := range account.Credentials {
		j := account.Judgement(k.ID)
		in.Cred = standing.Cred(k, j, profiles, true, now) // whether it verifies is asked of each response
		in.Cred.MDSAgeDays, in.Cred.Suspended = late, false
		_, ok, _, reasons := rules.Admits(&in)
		d := rules.Decide(&in)
		card := visit.Passkey(k, "")
		visit.Known(&card, evidence.Of(k, j, profiles, now))
		key := page.KeyStanding{Passkey: card, Accepted: ok, Class: d.Class, Level: int(d.AAL), Reasons: reasonTexts(append(reasons, d.Notes...))}
		if k.Status == credential.Suspended {
			key.Reasons = append(key.Reasons, suspendedBy(k, ok))
		}
		s.Keys = append(s.Keys, key)
	}
	return s, nil
}

func suspendedBy(k credential.Record, accepted bool) string {
	switch {
	case k.SuspendedBy == "":
		return "It is suspended: an administrator did that."
	case accepted:
		return "It is suspended since it was not accepted once; the policy accepts it now. Allow it again if that is right."
	}
	return "It is suspended until it is replaced."
}

// segment says what a segment of a document asks, in sentences.
func (c *Console) segment(s *page.Standing, d *policy.Document) {
	seg, i, ok := d.Segment(s.Segment)
	if !ok {
		return
	}
	reading := policy.Sentences(d)
	said := reading.Segments[i]
	s.Why = strings.TrimSuffix(lowerFirst(said.Who), ".")
	if line := d.At(fmt.Sprintf("segments[%d].when", i)).Line; line > 0 {
		s.Why += fmt.Sprintf(" (line %d of the policy)", line)
	}
	classes := 0
	for _, line := range said.Lines {
		if class, is := strings.CutPrefix(line, "Allowed is "); is && classes < len(seg.Allow) {
			s.Classes = append(s.Classes, page.ClassLine{Name: seg.Allow[classes], Text: strings.TrimPrefix(class, seg.Allow[classes]+", ")})
			classes++
			continue
		}
		s.Requires = append(s.Requires, line)
	}
	for i := range s.Classes {
		s.Classes[i].Text = capital(strings.TrimPrefix(s.Classes[i].Text, "which "))
	}
}

// lowerFirst makes a sentence the end of another one.
func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// metadataLate is by how many days the FIDO metadata is overdue.
func (c *Console) metadataLate(ctx context.Context) (int64, error) {
	if c.Metadata == nil {
		return 0, nil
	}
	s, err := c.Metadata.Status(ctx)
	if err != nil || s.Record.ID == "" {
		return 0, err
	}
	return max(0, int64(c.Visits.Clock().Sub(s.Record.NextUpdate).Hours()/24)), nil
}

// nameOfKey is what a passkey is called where it stands alone.
func nameOfKey(k credential.Record) string {
	return cmp.Or(k.Name, credential.Provider(k.AAGUID), "a passkey")
}

// credentialLink leads to a passkey.
func credentialLink(id holdfast.CredentialID, known map[holdfast.CredentialID]credential.Record) page.Link {
	k, ok := known[id]
	if !ok {
		return page.Link{Text: "a passkey that is no more"}
	}
	return page.Link{Text: nameOfKey(k), URL: page.CredentialPath(string(id))}
}
