package api

import (
	"bytes"
	"encoding/json"
	"reflect"

	"holdfast/flow/govern"
	"holdfast/spec/ijson"
)

// line is one person of an import in JSON lines.
type line struct {
	Name       string   `json:"name"`
	Email      string   `json:"email"`
	Groups     []string `json:"groups"`
	Employment *string  `json:"employment"`
	Manager    *string  `json:"manager"`
	EndDate    *string  `json:"end_date"`
}

// lineLimits bound one line.
var lineLimits = ijson.Limits{Bytes: 64 << 10, Depth: 4}

// readLines reads one JSON object from each line; empty lines are none.
func readLines(file []byte) ([]govern.Row, error) {
	var rows []govern.Row
	n := 0
	for text := range bytes.SplitSeq(bytes.TrimPrefix(file, []byte("\xef\xbb\xbf")), []byte("\n")) {
		n++
		if len(rows) > govern.MaxRows {
			break
		}
		if text = bytes.TrimSpace(text); len(text) > 0 {
			rows = append(rows, readLine(n, text))
		}
	}
	return rows, nil
}

func readLine(n int, text []byte) govern.Row {
	value, err := ijson.Parse(text, lineLimits)
	if err == nil {
		err = exact(value, reflect.TypeFor[line](), "the line")
	}
	var l line
	if err == nil {
		err = json.Unmarshal(text, &l)
	}
	if err != nil || value.Kind() != ijson.Object {
		bad := "The line is not a JSON object."
		if err != nil {
			bad = "The line is not the JSON object that an import takes: " + err.Error() + "."
		}
		return govern.Row{Line: n, Bad: bad}
	}
	return rowOf(n, l.Name, l.Email, l.Groups, l.Employment, l.Manager, l.EndDate)
}
