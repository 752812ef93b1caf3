package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/domain/surroundings"
	"holdfast/edge/store"
	"holdfast/flow/govern"
)

// Surrounding is one thing that the organisation declares of the world around.
type Surrounding struct {
	ID       string    `json:"id" example:"sur_7yk2m4"`
	Kind     string    `json:"kind" enum:"sync_account,mailbox,phone,saved_code,power,departure"`
	Name     string    `json:"name"`
	Person   string    `json:"person,omitempty" doc:"Whose it is; a power is nobody's."`
	Provider string    `json:"provider,omitempty"`
	Primary  bool      `json:"primary,omitempty"`
	SignIn   []string  `json:"sign_in,omitempty"`
	Recovery []string  `json:"recovery,omitempty"`
	Said     bool      `json:"recovery_complete,omitempty"`
	Devices  []string  `json:"devices,omitempty"`
	Over     string    `json:"over,omitempty"`
	Target   string    `json:"target,omitempty"`
	Holders  []string  `json:"holders,omitempty"`
	K        int       `json:"k,omitempty" doc:"How many of the holders must act together."`
	Check    string    `json:"check,omitempty"`
	Status   string    `json:"status" enum:"observed,declared,assumed"`
	Source   string    `json:"source,omitempty"`
	ReviewBy time.Time `json:"review_by"`
	From     time.Time `json:"from,omitzero"`
	Until    time.Time `json:"until,omitzero"`

	Current   bool      `json:"current" doc:"It counts now: it was not withdrawn, it has begun, and it is not over."`
	Standing  string    `json:"standing" enum:"current,overdue,incomplete" doc:"What is overdue or incomplete is as good as unknown."`
	Lacks     []string  `json:"lacks" nullable:"false" doc:"What it must say and does not."`
	Declared  time.Time `json:"declared"`
	Withdrawn time.Time `json:"withdrawn,omitzero"`
}

func (a *API) surroundingView(r surroundings.Record) Surrounding {
	now := a.Clock()
	out := Surrounding{ID: string(r.ID), Kind: string(r.Kind), Name: r.Name, Person: string(r.Person),
		Provider: r.Provider, Primary: r.Primary, SignIn: r.SignIn, Recovery: r.Recovery, Said: r.Said, Devices: r.Devices,
		Over: r.Over, Target: r.Target, Holders: r.Holders, Check: r.Check,
		Status: r.Status, Source: r.Source, ReviewBy: r.ReviewBy, From: r.From, Until: r.Until,
		Current: r.Current(now), Standing: string(r.Standing(now)), Lacks: append([]string{}, r.Lacks()...), Declared: r.Declared, Withdrawn: r.Withdrawn}
	if r.Kind == surroundings.Power {
		out.K = r.Together()
	}
	return out
}

// SurroundingChange is what changes. What is missing stays as it is.
type SurroundingChange struct {
	Name     *string   `json:"name,omitempty" maxLength:"500" doc:"What answers and pictures call it; nothing else that stands has this name."`
	Provider *string   `json:"provider,omitempty" maxLength:"800" doc:"Of a sync account: the provider, as the policy names it. Of a mailbox: its domain, where the name does not tell it."`
	Primary  *bool     `json:"primary,omitempty" doc:"Of a sync account: it is the same account as the person's in the organisation's directory."`
	SignIn   *[]string `json:"sign_in,omitempty" maxItems:"20" nullable:"false" doc:"Ways in: each is factors joined by +." example:"[\"password+code\"]"`
	Recovery *[]string `json:"recovery,omitempty" maxItems:"20" nullable:"false" doc:"Ways back in, likewise." example:"[\"sms\"]"`
	Said     *bool     `json:"recovery_complete,omitempty" doc:"There is no other way back in than those in recovery."`
	Devices  *[]string `json:"devices,omitempty" maxItems:"20" nullable:"false" doc:"Devices that hold a copy of what is synced, or that the account trusts."`
	Over     *string   `json:"over,omitempty" enum:"mail,provider,primary,passkeys,devices,dns,database,signing,backups" doc:"What a power is over."`
	Target   *string   `json:"target,omitempty" maxLength:"800" doc:"Which of them: a mail domain, a provider, segment:NAME or group:NAME; empty: all."`
	Holders  *[]string `json:"holders,omitempty" maxItems:"1000" nullable:"false" doc:"Who holds a power: person:ID or person:ADDRESS of somebody here, a name of somebody outside."`
	K        *int      `json:"k,omitempty" minimum:"0" maximum:"1000" doc:"How many of the holders must act together; 0 is 1."`
	Check    *string   `json:"check,omitempty" enum:"none,questions,remote-video,onsite-portrait,sound" doc:"How those who hold a power make sure of who asks."`
	Status   *string   `json:"status,omitempty" enum:"observed,declared,assumed" doc:"How it is known; declared, where nothing is said. What is assumed is as good as unknown."`
	Source   *string   `json:"source,omitempty" maxLength:"800" doc:"Who or what says so."`
	ReviewBy *string   `json:"review_by,omitempty" maxLength:"40" doc:"The day by which it is to be looked at again; in a year, where nothing is said." example:"2027-03-31"`
	From     *string   `json:"from,omitempty" maxLength:"40" doc:"A day or an instant: since when. Of a departure: the day on which the person left."`
	Until    *string   `json:"until,omitempty" maxLength:"40" doc:"A day or an instant from which on it is so no more; empty: it still is."`
}

// NewSurrounding is something to declare.
type NewSurrounding struct {
	Kind   string `json:"kind" enum:"sync_account,mailbox,phone,saved_code,power,departure"`
	Person string `json:"person,omitempty" maxLength:"320" doc:"Whose it is, by id or e-mail address. A power is nobody's."`
	SurroundingChange
}

// OfSurrounding names a declaration in the path.
type OfSurrounding struct {
	Surrounding string `path:"surrounding" maxLength:"500" doc:"Id, or name of what stands."`
}

// ImportedSurroundings is what was done with a file.
type ImportedSurroundings struct {
	DryRun    bool                  `json:"dry_run" doc:"Nothing was written."`
	Added     int                   `json:"added"`
	Updated   int                   `json:"updated"`
	Unchanged int                   `json:"unchanged" doc:"They stand as the file says."`
	Rows      []ImportedSurrounding `json:"rows" nullable:"false"`
}

// ImportedSurrounding is what was done with one declaration of it.
type ImportedSurrounding struct {
	Line        int    `json:"line"`
	Action      string `json:"action" enum:"added,updated,unchanged"`
	Surrounding string `json:"surrounding,omitempty" doc:"Id. A dry run gives none to what would be added."`
	Kind        string `json:"kind"`
	Name        string `json:"name"`
}

type surroundingAnswer struct{ Body Surrounding }

// findSurrounding takes an id or a name.
func (a *API) findSurrounding(c context.Context, which string) (surroundings.Record, error) {
	r, err := a.Store.Surrounding(c, holdfast.SurroundingID(which))
	if holdfast.KindOf(err) == holdfast.NotFound && !strings.HasPrefix(which, "sur_") {
		r, err = a.Store.SurroundingByName(c, which)
	}
	return r, err
}

// apply writes what is said over what stands.
func (n SurroundingChange) apply(d *surroundings.Declaration) error {
	set(&d.Name, n.Name)
	set(&d.Provider, n.Provider)
	set(&d.Primary, n.Primary)
	set(&d.SignIn, n.SignIn)
	set(&d.Recovery, n.Recovery)
	set(&d.Said, n.Said)
	set(&d.Devices, n.Devices)
	set(&d.Over, n.Over)
	set(&d.Target, n.Target)
	set(&d.Holders, n.Holders)
	set(&d.K, n.K)
	set(&d.Check, n.Check)
	set(&d.Status, n.Status)
	set(&d.Source, n.Source)
	for _, t := range []struct {
		to   *time.Time
		text *string
	}{{&d.ReviewBy, n.ReviewBy}, {&d.From, n.From}, {&d.Until, n.Until}} {
		if t.text == nil {
			continue
		}
		at, err := surroundings.ParseTime(*t.text)
		if err != nil {
			return err
		}
		*t.to = at
	}
	return nil
}

func (a *API) surroundings() {
	read, write := by(authority.SurroundingsRead), by(authority.SurroundingsWrite)
	add(a, operation{id: "list-surroundings", method: http.MethodGet, path: "/surroundings", access: read, tag: "surroundings",
		summary: "List what is declared of the world around, by name"}, a.listSurroundings)
	add(a, operation{id: "get-surrounding", method: http.MethodGet, path: "/surroundings/{surrounding}", access: read, tag: "surroundings",
		summary: "Show a declaration"}, func(c call, in *OfSurrounding) (*surroundingAnswer, error) {
		r, err := a.findSurrounding(c, in.Surrounding)
		return &surroundingAnswer{a.surroundingView(r)}, err
	})
	add(a, operation{id: "declare-surrounding", method: http.MethodPost, path: "/surroundings", access: write, tag: "surroundings", status: http.StatusCreated,
		summary: "Declare something of the world around",
		more:    "A sync account, a mailbox, a telephone number, a power over others' things, a departure. A member that the kind does not have is refused."},
		func(c call, in *struct{ Body NewSurrounding }) (*surroundingAnswer, error) {
			d := surroundings.Declaration{Kind: surroundings.Kind(in.Body.Kind), Person: holdfast.PersonID(in.Body.Person)}
			if err := in.Body.apply(&d); err != nil {
				return nil, err
			}
			r, err := a.Govern.DeclareSurrounding(c, c.Actor, d)
			return &surroundingAnswer{a.surroundingView(r)}, err
		})
	add(a, operation{id: "change-surrounding", method: http.MethodPatch, path: "/surroundings/{surrounding}", access: write, tag: "surroundings",
		summary: "Change a declaration, or say that it was looked at again", more: "Of what kind it is, and whose, never changes."}, a.changeSurrounding)
	add(a, operation{id: "withdraw-surrounding", method: http.MethodDelete, path: "/surroundings/{surrounding}", access: write, tag: "surroundings",
		summary: "Withdraw a declaration", more: "It never counts again; its name is free."},
		func(c call, in *OfSurrounding) (*surroundingAnswer, error) {
			r, err := a.findSurrounding(c, in.Surrounding)
			if err != nil {
				return nil, err
			}
			if err := a.Govern.WithdrawSurrounding(c, c.Actor, r.ID); err != nil {
				return nil, err
			}
			r, err = a.Store.Surrounding(c, r.ID)
			return &surroundingAnswer{a.surroundingView(r)}, err
		})
	text := &huma.Schema{Type: "string"}
	add(a, operation{id: "import-surroundings", method: http.MethodPost, path: "/surroundings/import", access: write, tag: "surroundings",
		summary: "Declare what a YAML or JSON file says, all or nothing", body: surroundings.MaxFile,
		more: "JSON is YAML, too. The file has one key, surroundings, a list of declarations with the members of this API. What stands under a name is changed where the file says otherwise; " +
			"what the file does not name stays. A file with a wrong line is refused with import_refused, which names every wrong line.",
		raw: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/yaml": {Schema: text}}}},
		a.importSurroundings)
}

func (a *API) listSurroundings(c call, in *struct {
	Paging
	Kind   string `query:"kind" enum:"sync_account,mailbox,phone,saved_code,power,departure"`
	Person string `query:"person" maxLength:"320" doc:"Id, or e-mail address."`
	State  string `query:"state" enum:"stands,withdrawn" default:"stands"`
}) (*listed[Surrounding], error) {
	who, err := a.findAny(c, in.Person)
	if err != nil {
		return nil, err
	}
	f := store.SurroundingList{Kind: surroundings.Kind(in.Kind), Person: who, Gone: in.State == string(surroundings.Gone)}
	return paged(a, c, in.Paging, pager[surroundings.Record, Surrounding]{
		read: func(after store.Cut, limit int) ([]surroundings.Record, error) {
			return a.Store.ListSurroundings(c, f, after, limit)
		},
		cut:  func(r surroundings.Record) store.Cut { return store.Cut{Text: r.Name, ID: string(r.ID)} },
		view: func(rs []surroundings.Record) ([]Surrounding, error) { return views(rs, a.surroundingView), nil },
	})
}

func (a *API) changeSurrounding(c call, in *struct {
	OfSurrounding
	Body SurroundingChange
}) (*surroundingAnswer, error) {
	r, err := a.findSurrounding(c, in.Surrounding)
	if err != nil {
		return nil, err
	}
	if err := in.Body.apply(&surroundings.Declaration{}); err != nil {
		return nil, err
	}
	r, err = a.Govern.ChangeSurrounding(c, c.Actor, r.ID, func(d *surroundings.Declaration) {
		_ = in.Body.apply(d) // it could be read just now
	})
	return &surroundingAnswer{a.surroundingView(r)}, err
}

func (a *API) importSurroundings(c call, in *struct {
	DryRun  string `query:"dry_run" enum:"true,false" doc:"true: only say what would be done."`
	RawBody []byte
}) (*struct{ Body ImportedSurroundings }, error) {
	dry := in.DryRun == "true"
	done, err := a.Govern.ImportSurroundings(c, c.Actor, in.RawBody, dry)
	if err != nil {
		return nil, err
	}
	out := ImportedSurroundings{DryRun: dry, Rows: make([]ImportedSurrounding, len(done))}
	counts := map[string]*int{govern.RowAdded: &out.Added, govern.RowUpdated: &out.Updated, govern.RowUnchanged: &out.Unchanged}
	for i, d := range done {
		*counts[d.Action]++
		out.Rows[i] = ImportedSurrounding{Line: d.Line, Action: d.Action, Kind: string(d.Record.Kind), Name: d.Record.Name}
		if !dry || d.Action != govern.RowAdded {
			out.Rows[i].Surrounding = string(d.Record.ID)
		}
	}
	return &struct{ Body ImportedSurroundings }{out}, nil
}
