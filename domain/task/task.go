// Package task is about what somebody has to do because a fact changed: replace
// a passkey that the policy does not accept any more. It refuses to be a second
// way in: what a task lets somebody enrol is judged like everything else.
package task

import (
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/lifecycle"
)

// State is where a task stands.
type State string

const (
	Open      State = "open"
	Done      State = "done"
	Cancelled State = "cancelled" // what it was for is gone
)

// Why a passkey is to be replaced.
const (
	NotAccepted = "not_accepted" // the person's segment does not accept it: suspended
	LastWay     = "last_way"     // likewise, but it is the last way in of the last administrator: not suspended
	Status      = "status"       // the FIDO metadata says something bad of its model: it works until Due
)

// Life is what can become of a task.
var Life = lifecycle.Of("a replacement task",
	lifecycle.Step(State(""), "task.opened", Open, "A passkey is not accepted any more, or will not be from some day on."),
	lifecycle.Step(Open, "task.done", Done, "The person has another one that is accepted."),
	lifecycle.Step(Open, "task.cancelled", Cancelled, "The passkey or the person is gone, or an administrator decided so."),
)

// Record is a replacement task.
type Record struct {
	ID         holdfast.TaskID
	Person     holdfast.PersonID
	Credential holdfast.CredentialID // to be replaced
	Why        string
	Detail     string // the rule or the metadata status: "segment:privileged", "REVOKED"
	State      State
	Opened     time.Time
	Due        time.Time // the passkey is suspended then; zero: it is already
	Ended      time.Time
	Ticket     holdfast.TicketID // the link that was made for it, if any
}

func (*Record) Table() string { return "task" }

func (t *Record) Columns(c *audit.Columns) {
	audit.StringColumn(c, "id", &t.ID)
	audit.StringColumn(c, "person", &t.Person)
	audit.StringColumn(c, "credential", &t.Credential)
	audit.StringColumn(c, "why", &t.Why)
	audit.StringColumn(c, "detail", &t.Detail)
	audit.StringColumn(c, "state", &t.State)
	c.Time("opened", &t.Opened)
	c.Time("due", &t.Due)
	c.Time("ended", &t.Ended)
	audit.StringColumn(c, "ticket", &t.Ticket)
}

// New opens a task.
func New(p holdfast.PersonID, c holdfast.CredentialID, why, detail string, due, now time.Time) (Record, []audit.Event) {
	t := Record{ID: holdfast.NewTaskID(), Person: p, Credential: c, Why: why, Detail: detail, State: Open, Opened: now, Due: due}
	return t, t.event("task.opened")
}

// Finish ends t with an event of Life.
func Finish(t Record, event audit.Type, now time.Time) (Record, []audit.Event, error) {
	to, ok := Life.Next(t.State, event)
	if !ok {
		return t, nil, holdfast.Errorf(holdfast.Conflict, "task_"+string(t.State), "This task is %s.", t.State)
	}
	t.State, t.Ended = to, now
	return t, t.event(event), nil
}

// Linked notes the link that was made for t.
func Linked(t Record, link holdfast.TicketID) (Record, []audit.Event) {
	t.Ticket = link
	return t, t.event("task.linked")
}

func (t Record) event(e audit.Type) []audit.Event {
	return []audit.Event{audit.New(e, string(t.ID), t.Person, audit.Set(&t)).With("credential", string(t.Credential)).With("why", t.Why)}
}
