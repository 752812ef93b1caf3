package console

import (
	"context"

	"holdfast"
	"holdfast/domain/exposure/answer"
	"holdfast/flow/survey"
)

// Exposure is the story of who can get at what; see survey.Flow. Where it is
// nil there are no pages about that.
type Exposure interface {
	Progress() survey.Progress
	Overview(ctx context.Context) (answer.Overview, error)
	Effective(ctx context.Context, w survey.Which, after holdfast.PersonID, limit int) (survey.List[answer.Row], error)
	Findings(ctx context.Context, w survey.Wrong, after string, limit int) (survey.List[answer.Finding], error)
	Residual(ctx context.Context, after holdfast.PersonID, limit int) (survey.List[answer.Left], error)
	Blast(ctx context.Context, node string, after holdfast.PersonID, limit int) (answer.Blast, error)

	WhoCan(ctx context.Context, subject string) (answer.WhoCan, error)
	Picture(ctx context.Context, subject string) (answer.Picture, error)
	WhatIf(ctx context.Context, subject string, s answer.Suppose) (answer.WhatIf, error)
	Fix(ctx context.Context, id, account string) (survey.Fixed, error)
}
