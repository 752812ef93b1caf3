package console

import (
	"context"
	"time"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/decision"
	"holdfast/domain/evidence"
	"holdfast/domain/finding"
	"holdfast/domain/person"
	"holdfast/domain/policy"
	"holdfast/domain/posture"
	"holdfast/domain/revision"
	"holdfast/domain/standing"
	"holdfast/domain/task"
	"holdfast/edge/metadata"
	"holdfast/edge/store"
	"holdfast/flow/govern"
	"holdfast/flow/rejudge"
	"holdfast/spec/mds"
)

// Policies are the compiled policies; see policies.Shelf.
type Policies interface {
	InForce(ctx context.Context, r revision.Reader) (*policy.Policy, error)
	ByDigest(ctx context.Context, r revision.Reader, digest string) (*policy.Policy, error)
	First() revision.Record
	Unusable(ctx context.Context, r revision.Reader) (why, err error)
}

// Revisions is the story of how the policy changes; see govern.Revisions.
type Revisions interface {
	Foresee(ctx context.Context, by holdfast.Actor, p govern.Proposal) (govern.Proposed, govern.Examined, error)
	Propose(ctx context.Context, by holdfast.Actor, p govern.Proposal) (govern.Proposed, error)
	Look(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (govern.Proposed, error)
	Approve(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (revision.Record, error)
	Withdraw(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (revision.Record, error)
	Plan(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID) (govern.Plan, error)
	Apply(ctx context.Context, by holdfast.Actor, id holdfast.RevisionID, plan string) (govern.Plan, error)
}

// Metadata is what is known of the models of authenticators; see
// metadata.Library.
type Metadata interface {
	Status(ctx context.Context) (metadata.Status, error)
	Newest(ctx context.Context) (*mds.Blob, error)
}

// Evidence is what is read of passkeys, of the policy and of what it did.
type Evidence interface {
	revision.Reader
	Standing(ctx context.Context, p person.Record) (standing.Account, error)
	Judgement(ctx context.Context, id holdfast.CredentialID) (evidence.Judgement, error)
	JudgementsByID(ctx context.Context, ids []holdfast.CredentialID) (map[holdfast.CredentialID]evidence.Judgement, error)
	CredentialsByID(ctx context.Context, ids []holdfast.CredentialID) (map[holdfast.CredentialID]credential.Record, error)

	RevisionInForce(ctx context.Context) (revision.Record, error)
	Revision(ctx context.Context, id holdfast.RevisionID) (revision.Record, error)
	Revisions(ctx context.Context) ([]revision.Record, error)
	Approvals(ctx context.Context, id holdfast.RevisionID) ([]revision.Approval, error)
	RejudgeJob(ctx context.Context) (rejudge.Job, error)

	Decision(ctx context.Context, id holdfast.DecisionID) (decision.Record, error)
	DecisionsWhere(ctx context.Context, f store.DecisionList, code string, k store.Span) ([]decision.Record, bool, error)
	CountDecisionsWhere(ctx context.Context, f store.DecisionList, code string, most int64) (int64, error)
	RefusalCodes(ctx context.Context, limit int) (map[string]int64, error)

	TasksWhere(ctx context.Context, s task.State, k store.Span) ([]task.Record, bool, error)
	CountTasksWhere(ctx context.Context, s task.State, most int64) (int64, error)
	TasksOf(ctx context.Context, id holdfast.PersonID) ([]task.Record, error)
	TaskOf(ctx context.Context, id holdfast.CredentialID) (task.Record, error)
	OpenFindings(ctx context.Context) ([]finding.Record, error)

	ManagedDevicesWhere(ctx context.Context, text string, k store.Span) ([]posture.Device, bool, error)
	CountManagedDevicesWhere(ctx context.Context, text string, most int64) (int64, error)
	PostureSeen(ctx context.Context, ids ...string) (map[string]time.Time, error)
	PasskeysMadeOn(ctx context.Context, devices []string) (map[string]int64, error)
}
