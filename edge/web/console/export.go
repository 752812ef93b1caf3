package console

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/authority"
	"holdfast/edge/web/visit"
)

// A column of a list as a file. What of gives is a string, an integer, a bool,
// an instant or a list of strings.
type column[R any] struct {
	name string
	of   func(R) any
}

// A sheet is a list as a file: all of its rows, read a step at a time.
type sheet[R any] struct {
	name    string // of the file, and of what the log says was taken along
	scope   authority.Scope
	columns []column[R]
	count   func(ctx context.Context) (int64, error)
	// next gives the rows behind the one that after names, at most step, and
	// what names the last of them; none means that the list is over.
	next func(ctx context.Context, after string) (rows []R, last string, err error)
}

// step is how many rows of an export are read at once: enough that reading is
// not what takes long, and little to hold.
const step = 1000

// listed answers with the page of a list, or with all of the list as a file
// where the address asks for ?format=csv or json.
func listed(page, file action) action {
	return func(w http.ResponseWriter, r *http.Request, v visit.Visit) error {
		if r.URL.Query().Get("format") == "" {
			return page(w, r, v)
		}
		return file(w, r, v)
	}
}

var errFormat = holdfast.Errorf(holdfast.Invalid, "format", "A list comes as csv or as json.")

// errForeign is for a list that another site made the browser ask for: nothing
// would reach that site, but the log would say that somebody took it along.
var errForeign = holdfast.Errorf(holdfast.Denied, "cross_origin", "Open the list in the console and choose the format there.")

// send answers with s. What left is in the log before it leaves.
func send[R any](c *Console, w http.ResponseWriter, r *http.Request, v visit.Visit, s sheet[R]) error {
	format := r.URL.Query().Get("format")
	if format != "csv" && format != "json" {
		return errFormat
	}
	if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
		return errForeign
	}
	rows, err := s.count(r.Context())
	if err != nil {
		return err
	}
	if r.Method != http.MethodHead {
		if err := c.Govern.Exported(r.Context(), v.Actor(), s.scope, s.name, narrowed(r.URL.Query()), rows); err != nil {
			return err
		}
	}
	out := writer[R](format, s.columns)
	h := w.Header()
	h.Set("Content-Type", out.kind())
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="holdfast-%s-%s.%s"`, s.name, c.Visits.Clock().UTC().Format(time.DateOnly), format))
	h.Set("Cache-Control", "no-store")
	return c.stream(w, r, func(ctx context.Context, b *bytes.Buffer) (bool, error) { return pour(ctx, b, out, &s) })
}

// stallMax is how long one step may wait for a slow reader.
const stallMax = time.Minute

// stream writes what fill puts into its buffer, step by step, until it says
// that there is no more. Where a step fails after others have left, it breaks
// the connection off: half a list must not look whole.
func (c *Console) stream(w http.ResponseWriter, r *http.Request, fill func(context.Context, *bytes.Buffer) (more bool, err error)) error {
	if r.Method == http.MethodHead {
		return nil
	}
	control := http.NewResponseController(w)
	var b bytes.Buffer
	for sent := false; ; sent = true {
		more, err := fill(r.Context(), &b)
		if err != nil && !sent {
			w.Header().Del("Content-Disposition")
			return err
		}
		if err != nil {
			c.Visits.Log.ErrorContext(r.Context(), "export a list", "path", r.URL.Path, "error", err)
			panic(http.ErrAbortHandler)
		}
		_ = control.SetWriteDeadline(time.Now().Add(stallMax)) // a recorder of a test has none
		if _, err := w.Write(b.Bytes()); err != nil {
			return nil // nobody is there to be told
		}
		if !more {
			return nil
		}
		b.Reset()
	}
}

// pour writes the next rows of s into b.
func pour[R any](ctx context.Context, b *bytes.Buffer, out file[R], s *sheet[R]) (more bool, err error) {
	rows, last, err := s.next(ctx, out.at())
	if err != nil {
		return false, err
	}
	return len(rows) > 0, out.add(b, rows, last)
}

// A file is a list as it is being written.
type file[R any] interface {
	kind() string
	at() string // what the last row is called
	// add writes rows; none ends the file.
	add(b *bytes.Buffer, rows []R, last string) error
}

func writer[R any](format string, columns []column[R]) file[R] {
	if format == "csv" {
		return &csvFile[R]{columns: columns}
	}
	return &jsonFile[R]{columns: columns}
}

type csvFile[R any] struct {
	columns []column[R]
	begun   bool
	last    string
}

func (f *csvFile[R]) kind() string { return "text/csv; charset=utf-8; header=present" }
func (f *csvFile[R]) at() string   { return f.last }

func (f *csvFile[R]) add(b *bytes.Buffer, rows []R, last string) error {
	w, cells := csv.NewWriter(b), make([]string, len(f.columns))
	if !f.begun {
		for i, col := range f.columns {
			cells[i] = col.name
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	for _, row := range rows {
		for i, col := range f.columns {
			cells[i] = tame(cell(col.of(row)))
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	f.begun, f.last = true, last
	w.Flush()
	return w.Error()
}

// formula is what a spreadsheet may run: what begins a cell, also one that
// begins after a semicolon, where that is what stands between cells.
var formula = regexp.MustCompile(`(^|;[ ]*)([=+\-@\t\r])`)

// tame keeps a spreadsheet from taking a name for a formula that it runs: a
// person who calls themselves =HYPERLINK(…), or their browser so, would reach
// whoever opens the list.
func tame(s string) string { return formula.ReplaceAllString(s, "$1'$2") }

func cell(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, "; ")
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.UTC().Format(time.RFC3339)
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	panic(fmt.Sprintf("console: internal error: no cell for %T", v))
}

type jsonFile[R any] struct {
	columns []column[R]
	begun   bool
	last    string
	any     bool
}

func (f *jsonFile[R]) kind() string { return "application/json" }
func (f *jsonFile[R]) at() string   { return f.last }

func (f *jsonFile[R]) add(b *bytes.Buffer, rows []R, last string) error {
	if !f.begun {
		b.WriteString("[")
	}
	for _, row := range rows {
		if f.any {
			b.WriteByte(',')
		}
		b.WriteByte('\n')
		for i, col := range f.columns {
			b.WriteByte("{,"[min(i, 1)])
			value, err := json.Marshal(plainly(col.of(row)))
			if err != nil {
				return err
			}
			fmt.Fprintf(b, "%q:%s", col.name, value)
		}
		b.WriteByte('}')
		f.any = true
	}
	f.begun, f.last = true, last
	if len(rows) == 0 {
		b.WriteString("\n]\n")
	}
	return nil
}

// plainly is v as JSON has it: no instant is null, no list is empty.
func plainly(v any) any {
	switch v := v.(type) {
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.UTC()
	case []string:
		if v == nil {
			return []string{}
		}
	}
	return v
}

// said are the parameters whose values come from a choice or are ids; what is
// typed may name somebody, and the log never forgets.
var said = []string{"state", "status", "where", "provider", "origin", "unused", "role", "employment", "group", "manager", "type", "from", "to", "own", "within",
	"segment", "below", "profile", "verdict", "singles", "phr", "severity", "rule"}

var harmless = regexp.MustCompile(`^[A-Za-z0-9_.:-]{1,64}$`)

// narrowed is the filter of an address as the log keeps it.
func narrowed(q url.Values) string {
	var out []string
	for _, name := range sorted(q) {
		value := q.Get(name)
		switch {
		case value == "" || slices.Contains([]string{"format", "after", "before", "sort"}, name):
		case slices.Contains(said, name) && harmless.MatchString(value):
			out = append(out, name+"="+value)
		case slices.Contains(said, name) || slices.Contains([]string{"q", "actor", "subject"}, name):
			out = append(out, name+"=…")
		}
	}
	return strings.Join(out, " ")
}

func sorted(q url.Values) []string {
	names := make([]string, 0, len(q))
	for name := range q {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
