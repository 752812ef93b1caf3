package api

import (
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/flow/govern"
)

// Import is what was done with a list of people.
type Import struct {
	DryRun    bool       `json:"dry_run" doc:"Nothing was written."`
	Added     int        `json:"added"`
	Updated   int        `json:"updated"`
	Unchanged int        `json:"unchanged" doc:"They are there, as the row says."`
	Skipped   int        `json:"skipped" doc:"They are there, and the row says otherwise; update changes them."`
	Rows      []Imported `json:"rows" nullable:"false"`
}

// Imported is what was done with one row.
type Imported struct {
	Line   int       `json:"line"`
	Action string    `json:"action" enum:"added,updated,unchanged,skipped"`
	Person string    `json:"person,omitempty" doc:"Id. A dry run gives none to those who would be added."`
	Email  string    `json:"email"`
	Ticket string    `json:"ticket,omitempty" doc:"Of an import that invites: shown this once."`
	URL    string    `json:"url,omitempty"`
	Ends   time.Time `json:"ends,omitzero" doc:"Of the link."`
}

// maxImport bounds the file: 20,000 rows of 800 bytes.
const maxImport = 16 << 20

const (
	typeCSV   = "text/csv"
	typeLines = "application/x-ndjson"
)

func (a *API) imports() {
	text := &huma.Schema{Type: "string"}
	add(a, operation{id: "import-people", method: http.MethodPost, path: "/people/import", access: by(authority.PeopleWrite), tag: "people",
		summary: "Add people from a CSV file, all or none", body: maxImport,
		more: "CSV in UTF-8 with a header: name, email, groups (separated by ;), employment, manager (an e-mail address, also of another row), end_date (2026-11-22). " +
			"Or JSON lines with the same members, groups as an array. At most 20,000 rows and 16 MiB, in one transaction. " +
			"A file with a wrong row is refused with import_refused, which names every wrong line. Groups take groups:write, invite takes invitations:write.",
		raw: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{typeCSV: {Schema: text}, typeLines: {Schema: text}}}},
		a.importPeople)
}

func (a *API) importPeople(c call, in *struct {
	Update      string `query:"update" enum:"true,false" doc:"true: change those who are there already, where the file says otherwise."`
	Invite      string `query:"invite" enum:"true,false" doc:"true: make a link for those who are added."`
	DryRun      string `query:"dry_run" enum:"true,false" doc:"true: only say what would be done."`
	ContentType string `header:"Content-Type" hidden:"true"`
	RawBody     []byte
}) (*struct{ Body Import }, error) {
	kind, _, _ := mime.ParseMediaType(in.ContentType)
	var rows []govern.Row
	var err error
	switch kind {
	case typeCSV:
		rows, err = readCSV(in.RawBody)
	case typeLines:
		rows, err = readLines(in.RawBody)
	default:
		err = holdfast.Errorf(holdfast.Invalid, "content_type", "Send CSV, with Content-Type: text/csv, or JSON lines, with application/x-ndjson.")
	}
	if err != nil {
		return nil, err
	}
	dry := in.DryRun == "true"
	done, err := a.Govern.Import(c, c.Actor, govern.Import{Rows: rows, Update: in.Update == "true", Invite: in.Invite == "true", DryRun: dry})
	if err != nil {
		return nil, err
	}
	return &struct{ Body Import }{importView(done, dry)}, nil
}

func importView(done []govern.Imported, dry bool) Import {
	out := Import{DryRun: dry, Rows: make([]Imported, len(done))}
	counts := map[string]*int{govern.RowAdded: &out.Added, govern.RowUpdated: &out.Updated,
		govern.RowUnchanged: &out.Unchanged, govern.RowSkipped: &out.Skipped}
	for i, d := range done {
		*counts[d.Action]++
		v := Imported{Line: d.Line, Action: d.Action, Email: d.Person.Email}
		if !dry || d.Action != govern.RowAdded {
			v.Person = string(d.Person.ID)
		}
		if !dry {
			v.Ticket, v.URL, v.Ends = d.Link.Secret, d.Link.URL, d.Link.Ticket.Expires
		}
		out.Rows[i] = v
	}
	return out
}
