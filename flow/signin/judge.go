package signin

import (
	"context"
	"slices"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/evidence"
	"holdfast/domain/verdict"
	"holdfast/spec/mds"
)

// judge decides c. Where the policy refuses a passkey that came with an
// attestation, the attestation is judged again first: a policy or metadata that
// came a moment ago may trust whom nobody trusted before, and whoever has the
// right key must not wait until everybody's passkeys have been judged again.
// What was found then is put on record by fresh, if it lets the person in.
func (f *Flow) judge(ctx context.Context, tx Tx, c verdict.Case) (v verdict.Verdict, fresh []audit.Event, err error) {
	v, err = f.Judge.Of(ctx, tx, c)
	if err != nil || v.Allowed() || c.Credential.Format == "" || c.Credential.Format == "none" {
		return v, nil, err
	}
	before, now, err := f.again(ctx, tx, c)
	if err != nil || now == nil || now.Kind == before.Kind && slices.Equal(now.Anchors, before.Anchors) {
		return v, nil, err
	}
	c.Judgement = now
	again, err := f.Judge.Of(ctx, tx, c)
	if err != nil || !again.Allowed() {
		return v, nil, err
	}
	return again, evidence.Judged(before, *now), nil
}

// again judges the attestation of c's passkey by the anchors of this moment; nil
// where there is nothing to judge.
func (f *Flow) again(ctx context.Context, tx Tx, c verdict.Case) (before evidence.Judgement, now *evidence.Judgement, err error) {
	raw, err := tx.RegistrationsBy(ctx, []holdfast.CredentialID{c.Credential.ID})
	if err != nil || len(raw) == 0 {
		return before, nil, err
	}
	all, err := tx.JudgementsOf(ctx, c.Person.ID)
	if err != nil {
		return before, nil, err
	}
	if i := slices.IndexFunc(all, func(j evidence.Judgement) bool { return j.ID == c.Credential.ID }); i >= 0 {
		before = all[i]
	}
	p, err := f.Judge.Policies.InForce(ctx, tx)
	if err != nil {
		return before, nil, err
	}
	var blob *mds.Blob
	if f.Metadata != nil {
		if blob, err = f.Metadata.Current(ctx); err != nil && holdfast.KindOf(err) != holdfast.NotFound {
			return before, nil, err
		}
	}
	j := evidence.Judge(*c.Credential, raw[0], verdict.Anchors(p, blob), c.Now)
	return before, &j, nil
}
