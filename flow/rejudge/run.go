package rejudge

import (
	"context"
	"time"
)

// Run leads, or waits to lead, until ctx ends. news wakes it when the log grew;
// sleep waits, or returns early when ctx ends or, if awake is not nil, when it
// receives. Errors go to tell; they are tried again.
func (f *Flow) Run(ctx context.Context, news <-chan struct{}, tell func(error)) {
	for ctx.Err() == nil {
		more, err := f.Step(ctx)
		if err != nil && ctx.Err() == nil {
			tell(err)
			rest(ctx, nil, glance)
			continue
		}
		if more {
			continue
		}
		// A storm of sign-ins makes the log grow all the time: it is looked at a
		// few times a second and no more.
		rest(ctx, nil, quiet)
		rest(ctx, news, glance)
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := f.Resign(end); err != nil {
		tell(err)
	}
}

const (
	quiet  = 250 * time.Millisecond
	glance = 2 * time.Second
)

func rest(ctx context.Context, news <-chan struct{}, most time.Duration) {
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-news:
	case <-t.C:
	}
}

// Settle does all that there is to do, if this node leads.
func (f *Flow) Settle(ctx context.Context) error {
	for {
		more, err := f.Step(ctx)
		if err != nil || !more {
			return err
		}
	}
}
