package rejudge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/domain/finding"
	"holdfast/domain/policy"
	"holdfast/domain/provider"
	"holdfast/domain/task"
)

// Outstanding is what tasks are open, counted.
type Outstanding struct {
	Models   []Model
	Overdue  int64 // staged ones whose day has passed
	Waiting  int64 // others that are older than WaitsLong
	LastWays []task.Record
}

// Model is passkeys of one model that are to be replaced by a day.
type Model struct {
	AAGUID, Detail string
	Passkeys       int64
	First          time.Time // the first of those days
}

// WaitsLong is when a task that nobody does is worth a finding.
const WaitsLong = 7 * 24 * time.Hour

// ownCodes are those of findings that are looked for here.
var ownCodes = []string{"last_way", "model_status", "tasks_overdue", "tasks_waiting", "no_segment", "passkeys_lapsed",
	"provider_overdue", "provider_incomplete", "provider_review_due", "metadata_stale", "metadata_missing"}

// lookEvery is how often findings are looked for when nothing changed: days pass.
const lookEvery = time.Hour

// lookAround opens what is found and closes what is true no more. While the job
// runs its counts are halves, so it waits for its end.
func (f *Flow) lookAround(ctx context.Context) (more bool, err error) {
	now := f.Clock()
	if f.job.Running() || !f.stale && now.Before(f.looked.Add(lookEvery)) {
		return false, nil
	}
	p, err := f.Policies.InForce(ctx, f.Store)
	if err != nil {
		return false, err
	}
	found, err := f.found(ctx, p, now)
	if err != nil {
		return false, err
	}
	codes := slices.Clone(ownCodes)
	if f.wide { // takes long: after a start, at night, after a change for everybody
		some, err := f.assertions(ctx, p, now)
		if err != nil {
			return false, err
		}
		codes, found = append(codes, "assertion_failed"), append(found, some...)
	}
	if err := f.reconcile(ctx, codes, found); err != nil {
		return false, err
	}
	f.looked, f.stale, f.wide = now, false, false
	return false, nil
}

func (f *Flow) reconcile(ctx context.Context, codes []string, found []finding.Record) error {
	mine := func(all []finding.Record) []finding.Record {
		return slices.DeleteFunc(all, func(o finding.Record) bool { return !slices.Contains(codes, o.Code) })
	}
	open, err := f.Store.OpenFindings(ctx)
	if err != nil || len(finding.Reconcile(mine(open), found, f.Clock())) == 0 {
		return err
	}
	return f.write(ctx, func(tx Tx, now time.Time) error {
		open, err := tx.OpenFindings(ctx)
		if err != nil {
			return err
		}
		return tx.Record(ctx, f.by(now), finding.Reconcile(mine(open), found, now)...)
	})
}

// found is what this story knows by itself.
func (f *Flow) found(ctx context.Context, p *policy.Policy, now time.Time) ([]finding.Record, error) {
	o, err := f.Store.OutstandingTasks(ctx, now, now.Add(-WaitsLong))
	if err != nil {
		return nil, err
	}
	out := ofProviders(p, now)
	for _, t := range o.LastWays {
		out = append(out, finding.Record{Code: "last_way", Subject: string(t.Credential), Person: t.Person, Severity: finding.High,
			Text:   "The policy does not accept this passkey (" + t.Detail + "), and no administrator has one that it accepts. It was not suspended.",
			Remedy: "Make the person a replacement link (holdfast tasks link " + string(t.ID) + "), or put a policy in force that accepts what they have."})
	}
	for _, m := range o.Models {
		out = append(out, finding.Record{Code: "model_status", Subject: m.AAGUID, Severity: finding.High,
			Text: fmt.Sprintf("The FIDO metadata warn of this model of authenticator (%s). When this was found, %s of it had to be replaced, the first by %s.",
				m.Detail, passkeys(m.Passkeys), m.First.UTC().Format(time.DateOnly)),
			Remedy: "See who is affected with holdfast tasks list --why status. Each works until its day; deny the model in the policy if that is too long."})
	}
	stale, err := f.ofMetadata(ctx, p, now)
	return append(append(out, f.counted(o)...), stale...), err
}

// ofMetadata looks at the age of the metadata where a class trusts it.
func (f *Flow) ofMetadata(ctx context.Context, p *policy.Policy, now time.Time) ([]finding.Record, error) {
	most, trusted := time.Duration(-1), false
	for _, c := range p.Document().Authenticators.Of {
		if !c.Attestation.Required || len(c.Attestation.Trust) > 0 && !slices.Contains(c.Attestation.Trust, "mds") {
			continue
		}
		trusted = true
		if age := c.Attestation.MaxMDSAge.D(); age > 0 && (most < 0 || age < most) {
			most = age
		}
	}
	if !trusted {
		return nil, nil
	}
	blob, err := f.Metadata.Newest(ctx)
	switch {
	case err != nil:
		return nil, err
	case blob == nil:
		return []finding.Record{{Code: "metadata_missing", Subject: "metadata", Severity: finding.High,
			Text:   "The policy trusts the FIDO metadata to vouch for authenticators, and none was imported.",
			Remedy: "Download the metadata and run holdfast mds import FILE, or set mds_source."}}, nil
	case most >= 0 && now.After(blob.NextUpdate.Add(most)):
		return []finding.Record{{Code: "metadata_stale", Subject: "metadata", Severity: finding.High,
			Text:   "The FIDO metadata should have been renewed on " + blob.NextUpdate.Format(time.DateOnly) + ": they are older than the policy's max_mds_age. New authenticators that need them are refused.",
			Remedy: "Download the metadata and run holdfast mds import FILE, or see why mds_source gives nothing new: holdfast mds status."}}, nil
	}
	return nil, nil
}

func (f *Flow) counted(o Outstanding) (out []finding.Record) {
	add := func(n int64, r finding.Record) {
		if n > 0 {
			out = append(out, r)
		}
	}
	add(o.Overdue, finding.Record{Code: "tasks_overdue", Subject: "status", Severity: finding.Medium,
		Text:   fmt.Sprintf("The day to replace %s has passed and the task is open.", passkeys(o.Overdue)),
		Remedy: "holdfast tasks list --why status; make a link with holdfast tasks link, or cancel what is settled."})
	add(o.Waiting, finding.Record{Code: "tasks_waiting", Subject: "not_accepted", Severity: finding.Low,
		Text:   fmt.Sprintf("For more than %d days nobody has replaced %s that the policy does not accept.", int(WaitsLong.Hours()/24), passkeys(o.Waiting)),
		Remedy: "holdfast tasks list; make a link with holdfast tasks link, or cancel what is settled."})
	if j := f.job; !j.Running() {
		add(j.Uncovered, finding.Record{Code: "no_segment", Subject: "policy", Severity: finding.High,
			Text:   fmt.Sprintf("No segment of the policy covers %d people, so they cannot sign in. Nothing of theirs was suspended.", j.Uncovered),
			Remedy: "Add a last segment whose condition is true, and run holdfast policy lint."})
		add(j.Lapsed, finding.Record{Code: "passkeys_lapsed", Subject: "policy", Severity: finding.High,
			Text:   fmt.Sprintf("%s of a provider whose profile is incomplete cannot sign in until it is completed. Nothing was suspended.", passkeys(j.Lapsed)),
			Remedy: "Complete the provider's profile in the policy, and have the revision approved."})
	}
	return out
}

func passkeys(n int64) string {
	if n == 1 {
		return "1 passkey"
	}
	return fmt.Sprintf("%d passkeys", n)
}

// reviewSoon is how long before review_by somebody is told.
const reviewSoon = 30 * 24 * time.Hour

// ofProviders looks at the profiles that a segment relies on.
func ofProviders(p *policy.Policy, now time.Time) (out []finding.Record) {
	for _, name := range providersInUse(p) {
		profile, ok := p.Profiles().Named(name)
		if !ok {
			continue
		}
		if r := ofProvider(profile, now); r.Code != "" {
			r.Subject = name
			out = append(out, r)
		}
	}
	return out
}

// providersInUse are those of the classes that segments allow.
func providersInUse(p *policy.Policy) (names []string) {
	d := p.Document()
	for _, s := range d.Segments {
		for _, class := range s.Allow {
			c, ok := d.Authenticators.Get(class)
			if !ok {
				continue
			}
			for _, n := range c.Providers {
				if !slices.Contains(names, n) {
					names = append(names, n)
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

func ofProvider(p provider.Profile, now time.Time) finding.Record {
	const review = "Look at what the provider does now, set review_by anew in the policy, and have the revision approved."
	day := p.ReviewBy.Format(time.DateOnly)
	switch s := p.Standing(now); {
	case s == provider.Overdue:
		return finding.Record{Code: "provider_overdue", Severity: finding.High, Remedy: review,
			Text: "The profile of " + p.Name + " was to be reviewed by " + day + ". Until it is, no new passkey that it keeps is accepted; those that there are work."}
	case s == provider.Incomplete:
		return finding.Record{Code: "provider_incomplete", Severity: finding.High,
			Text:   "The profile of " + p.Name + " does not say " + strings.Join(p.Lacks(), ", ") + ", so the classes that rely on it accept no passkey that it keeps.",
			Remedy: "Complete the profile in the policy, with its source, and have the revision approved."}
	case !now.Before(p.ReviewBy.Add(-reviewSoon)):
		return finding.Record{Code: "provider_review_due", Severity: finding.Medium, Remedy: review,
			Text: "The profile of " + p.Name + " must be reviewed by " + day + ". After that no new passkey that it keeps is accepted."}
	}
	return finding.Record{}
}
