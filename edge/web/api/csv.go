package api

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"holdfast"
	"holdfast/flow/govern"
)

// columns that an import may have; the first two it must have.
var columns = []string{"name", "email", "groups", "employment", "manager", "end_date"}

// readCSV reads RFC 4180 as spreadsheets write it: a byte order mark, either
// end of line, quoted fields with line ends in them, the columns in any order.
// Only a header that cannot be used is an error: of rows, each wrong one is
// said in its place.
func readCSV(file []byte) ([]govern.Row, error) {
	if bytes.HasPrefix(file, []byte("\xff\xfe")) || bytes.HasPrefix(file, []byte("\xfe\xff")) {
		return nil, badHeader("The file is UTF-16: save it as CSV in UTF-8.")
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))))
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if err != nil {
		return nil, badHeader("The file has no header: begin it with name,email,…").Because(err)
	}
	at, err := readHeader(header)
	if err != nil {
		return nil, err
	}
	var rows []govern.Row
	for len(rows) <= govern.MaxRows {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		row, empty := readRow(r, fields, at, len(header), err)
		if !empty {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func badHeader(format string, args ...any) *holdfast.Error {
	return holdfast.Errorf(holdfast.Invalid, "import_header", format, args...)
}

// readHeader says where each column is.
func readHeader(header []string) (map[string]int, error) {
	at := map[string]int{}
	for i, h := range header {
		name := strings.ToLower(strings.TrimSpace(h))
		_, twice := at[name]
		switch {
		case len(header) == 1 && strings.ContainsAny(h, ";\t"):
			return nil, badHeader("The columns are not separated by commas: save the file with commas between them.")
		case twice:
			return nil, badHeader("There are two columns %q.", name)
		case !slices.Contains(columns, name):
			return nil, badHeader("There is no column %.60q. Do you mean %q? The columns are: %s.", h, nearest(name), strings.Join(columns, ", "))
		}
		at[name] = i
	}
	for _, must := range columns[:2] {
		if _, ok := at[must]; !ok {
			return nil, badHeader("The column %q is missing. The columns are: %s.", must, strings.Join(columns, ", "))
		}
	}
	return at, nil
}

// readRow makes a row of fields, or says what is wrong with it.
func readRow(r *csv.Reader, fields []string, at map[string]int, width int, failed error) (row govern.Row, empty bool) {
	if p, ok := errors.AsType[*csv.ParseError](failed); ok {
		return govern.Row{Line: p.StartLine, Bad: "The quotes do not match: a field with a quote, a comma or a line end is put into quotes, and a quote in it is doubled."}, false
	}
	if failed != nil {
		return govern.Row{Bad: "The row cannot be read."}, false
	}
	if !slices.ContainsFunc(fields, func(f string) bool { return strings.TrimSpace(f) != "" }) {
		return row, true // what spreadsheets leave at the end
	}
	row.Line, _ = r.FieldPos(0)
	if len(fields) != width {
		row.Bad = fmt.Sprintf("The row has %d fields, and the header %d.", len(fields), width)
		return row, false
	}
	told := map[string]*string{}
	for name, i := range at {
		if !utf8.ValidString(fields[i]) {
			row.Bad = "The row is not UTF-8: save the file as CSV in UTF-8."
			return row, false
		}
		f := strings.TrimSpace(fields[i])
		told[name] = &f
	}
	var groups []string
	if g := told["groups"]; g != nil {
		for name := range strings.SplitSeq(*g, ";") {
			if name = strings.TrimSpace(name); name != "" {
				groups = append(groups, name)
			}
		}
	}
	return rowOf(row.Line, *told["name"], *told["email"], groups, told["employment"], told["manager"], told["end_date"]), false
}

// rowOf reads what is text in either kind of file.
func rowOf(line int, name, email string, groups []string, employment, manager, ends *string) govern.Row {
	row := govern.Row{Line: line, Name: name, Email: email, Groups: groups, Employment: employment, Manager: manager}
	if ends == nil {
		return row
	}
	t := time.Time{}
	if *ends != "" {
		day, err := time.Parse(time.DateOnly, *ends)
		if err != nil {
			row.Bad = fmt.Sprintf("The end date %.40q is no day: write 2026-11-22.", *ends)
			return row
		}
		t, _ = Day(day.Format(time.DateOnly)).instant()
	}
	row.Ends = &t
	return row
}

// nearest is the column whose name takes the fewest changes of a letter.
func nearest(name string) string {
	best, least := columns[0], 1<<30
	for _, c := range columns {
		if d := distance(name, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is Levenshtein's. A name of a column is short; a longer one is cut.
func distance(a, b string) int {
	a = a[:min(len(a), 60)]
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
