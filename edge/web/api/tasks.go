package api

import (
	"net/http"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/finding"
	"holdfast/domain/task"
	"holdfast/edge/store"
)

// Task is a passkey that somebody is to replace.
type Task struct {
	ID         string    `json:"id" example:"tsk_7yk2m4"`
	Person     string    `json:"person"`
	Credential string    `json:"credential" doc:"To be replaced."`
	Why        string    `json:"why" enum:"not_accepted,last_way,status" doc:"not_accepted: the policy does not accept it, and it is suspended; last_way: nor does it accept it, but it is the last way in of the last administrator; status: the FIDO metadata warn of its model, and it works until due."`
	Detail     string    `json:"detail" doc:"By which rule, or for which status."`
	State      string    `json:"state" enum:"open,done,cancelled"`
	Opened     time.Time `json:"opened"`
	Due        time.Time `json:"due,omitzero" doc:"The passkey is suspended then."`
	Ended      time.Time `json:"ended,omitzero"`
	Link       string    `json:"link,omitempty" doc:"Id of the link that was made for it."`
}

func taskView(t task.Record) Task {
	return Task{ID: string(t.ID), Person: string(t.Person), Credential: string(t.Credential), Why: t.Why, Detail: t.Detail,
		State: string(t.State), Opened: t.Opened, Due: t.Due, Ended: t.Ended, Link: string(t.Ticket)}
}

// Finding is something that somebody ought to know and act on.
type Finding struct {
	ID       string    `json:"id" example:"fnd_7yk2m4"`
	Code     string    `json:"code" example:"provider_overdue"`
	Subject  string    `json:"subject" doc:"What it is about: the name of a provider, the id of a passkey, a model."`
	Person   string    `json:"person,omitempty"`
	Severity string    `json:"severity" enum:"high,medium,low"`
	Text     string    `json:"text" doc:"What is wrong."`
	Remedy   string    `json:"remedy" doc:"What to do."`
	Opened   time.Time `json:"opened"`
}

// Job is the judging of everybody after a change that concerns all.
type Job struct {
	State       string    `json:"state" enum:"never,running,done"`
	Why         string    `json:"why,omitempty" doc:"What began it: types of records of the log, or the day." example:"policy.applied"`
	Done        int64     `json:"done" doc:"People who were looked at."`
	Total       int64     `json:"total"`
	Credentials int64     `json:"credentials" doc:"Passkeys that were judged."`
	Judged      int64     `json:"judged" doc:"Attestations with another outcome than before."`
	Suspended   int64     `json:"suspended" doc:"Passkeys that were suspended."`
	Staged      int64     `json:"staged" doc:"Passkeys that will be, on a day that was told."`
	Spared      int64     `json:"spared" doc:"Last ways in of last administrators, which stay."`
	Lapsed      int64     `json:"lapsed" doc:"Passkeys that are refused until a provider's profile is completed."`
	Uncovered   int64     `json:"uncovered" doc:"People whom no segment covers."`
	Started     time.Time `json:"started,omitzero"`
	Moved       time.Time `json:"moved,omitzero" doc:"When it came so far."`
	Finished    time.Time `json:"finished,omitzero"`
	Leader      string    `json:"leader,omitempty" doc:"The server that does it."`
}

type taskAnswer struct{ Body Task }

type findingsAnswer struct {
	Body struct {
		Items []Finding `json:"items" nullable:"false"`
	}
}

type jobAnswer struct{ Body Job }

type ofTask struct {
	ID string `path:"id" maxLength:"60"`
}

func (a *API) tasks() {
	add(a, operation{id: "list-tasks", method: http.MethodGet, path: "/tasks", access: by(authority.CredentialsRead), tag: "tasks",
		summary: "List passkeys to replace, the newest first"}, a.listTasks)
	add(a, operation{id: "link-task", method: http.MethodPost, path: "/tasks/{id}/link", access: by(authority.CredentialsRemove), tag: "tasks",
		status: http.StatusCreated, summary: "Make the link by which somebody replaces a passkey",
		more: "It works once, for a day; the one before it ends. What is made with it must be accepted by the policy. Takes `invitations:write` as well. Whoever sees the link can make a passkey for an account that is in use."},
		func(c call, in *ofTask) (*invitedAnswer, error) {
			l, err := a.Govern.LinkTask(c, c.Actor, holdfast.TaskID(in.ID))
			return &invitedAnswer{InvitedBy(l)}, err
		})
	add(a, operation{id: "cancel-task", method: http.MethodPost, path: "/tasks/{id}/cancel", access: by(authority.CredentialsWrite), tag: "tasks",
		summary: "Close a task that is settled otherwise", more: "It gives nothing back: what is suspended stays so, and a day that was told is no later."},
		func(c call, in *ofTask) (*taskAnswer, error) {
			if err := a.Govern.CancelTask(c, c.Actor, holdfast.TaskID(in.ID)); err != nil {
				return nil, err
			}
			t, err := a.Store.Task(c, holdfast.TaskID(in.ID))
			return &taskAnswer{taskView(t)}, err
		})
	add(a, operation{id: "list-findings", method: http.MethodGet, path: "/findings", access: by(authority.PolicyRead), tag: "tasks",
		summary: "List what is wrong now, the newest first"}, func(c call, _ *struct{}) (*findingsAnswer, error) {
		all, err := a.Store.OpenFindings(c)
		out := &findingsAnswer{}
		out.Body.Items = views(all, func(f finding.Record) Finding {
			return Finding{ID: string(f.ID), Code: f.Code, Subject: f.Subject, Person: string(f.Person), Severity: string(f.Severity),
				Text: f.Text, Remedy: f.Remedy, Opened: f.Opened}
		})
		return out, err
	})
	add(a, operation{id: "get-rejudge-job", method: http.MethodGet, path: "/jobs/rejudge", access: by(authority.PolicyRead), tag: "tasks",
		nobodys: true, summary: "Show how far the judging of everybody is"}, a.rejudgeJob)
}

func (a *API) rejudgeJob(c call, _ *struct{}) (*jobAnswer, error) {
	j, err := a.Store.RejudgeJob(c)
	if err != nil {
		return nil, err
	}
	out := Job{State: "never", Why: j.Why, Done: j.Done, Total: j.Total, Credentials: j.Credentials, Judged: j.Judged, Suspended: j.Suspended,
		Staged: j.Staged, Spared: j.Spared, Lapsed: j.Lapsed, Uncovered: j.Uncovered, Started: j.Begun, Moved: j.Moved, Finished: j.Ended}
	if a.Clock().Before(j.LeaseUntil) {
		out.Leader = j.Lease
	}
	switch {
	case j.Running():
		out.State = "running"
	case !j.Begun.IsZero():
		out.State = "done"
	}
	return &jobAnswer{out}, nil
}

func (a *API) listTasks(c call, in *struct {
	Paging
	Person string `query:"person" maxLength:"320" doc:"Id, or e-mail address."`
	State  string `query:"state" enum:"open,done,cancelled"`
	Why    string `query:"why" enum:"not_accepted,last_way,status"`
}) (*listed[Task], error) {
	who, err := a.findAny(c, in.Person)
	if err != nil {
		return nil, err
	}
	f := store.TaskList{State: task.State(in.State), Person: who, Why: in.Why}
	return paged(a, c, in.Paging, pager[task.Record, Task]{
		read: func(after store.Cut, limit int) ([]task.Record, error) { return a.Store.ListTasks(c, f, after, limit) },
		cut:  func(t task.Record) store.Cut { return store.CutAt(t.Opened, string(t.ID)) },
		view: func(ts []task.Record) ([]Task, error) { return views(ts, taskView), nil },
	})
}
