package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"unicode"
)

// print writes an answer as JSON or as a table of its members. A list that has
// no pages is printed as lists are.
func (h hostFlags) print(w io.Writer, out json.RawMessage) error {
	if len(out) == 0 {
		out = json.RawMessage("{}")
	}
	var list struct{ Items []json.RawMessage }
	if err := json.Unmarshal(out, &list); err == nil && list.Items != nil {
		return h.printList(w, list.Items)
	}
	if h.json {
		_, err := fmt.Fprintln(w, string(bytes.TrimSpace(out)))
		return err
	}
	row, err := object(out)
	if err != nil {
		return err
	}
	return pairs(w, h.verb.columns, row)
}

// printList writes a list as one JSON array, or as a table.
func (h hostFlags) printList(w io.Writer, items []json.RawMessage) error {
	if h.json {
		text, err := json.Marshal(items)
		if err == nil {
			_, err = fmt.Fprintln(w, string(text))
		}
		return err
	}
	rows := make([]map[string]any, len(items))
	for i, it := range items {
		var err error
		if rows[i], err = object(it); err != nil {
			return err
		}
	}
	return table(w, h.verb.columns, rows)
}

func table(w io.Writer, columns []string, rows []map[string]any) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.ToUpper(strings.Join(columns, "\t")))
	for _, row := range rows {
		for i, c := range columns {
			if i > 0 {
				fmt.Fprint(t, "\t")
			}
			fmt.Fprint(t, cell(row[c]))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

func pairs(w io.Writer, columns []string, row map[string]any) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		if v, ok := row[c]; ok {
			fmt.Fprintf(t, "%s\t%s\n", c, cell(v))
		}
	}
	return t.Flush()
}

func cell(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("%.0f", v)
	case []any:
		var parts []string
		for _, p := range v {
			parts = append(parts, cell(p))
		}
		return strings.Join(parts, ", ")
	case map[string]any:
		text, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(text)
	}
	return strings.Map(visible, fmt.Sprint(v))
}

// visible leaves out what would steer the terminal. Configurations have lines.
func visible(r rune) rune {
	switch {
	case r == '\t':
		return ' '
	case r != '\n' && unicode.IsControl(r):
		return -1
	}
	return r
}
