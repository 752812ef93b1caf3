package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"strings"
)

func managedDevices() noun {
	cols := []string{"id", "name", "person", "managed", "compliant", "current", "os", "os_version", "reported_at"}
	all := append(cols[:len(cols):len(cols)], "os_released", "os_age_days", "shared", "enrolled", "changed", "reported_by", "linked", "removed")
	one := []string{"DEVICE"}
	report := &credentialReport{}
	return noun{"device", "the organisation's devices, by what their management calls them", []verb{
		{name: "list", summary: "list devices", columns: cols, list: true,
			flags: filters("/devices", "person", "`PERSON` by id or e-mail address", "os", "`SYSTEM`, windows", "managed", "true or false", "state", "present or removed")},
		{name: "show", summary: "show one device", args: one, columns: all, flags: on(http.MethodGet, "devices")},
		{name: "report", summary: "report its posture; the first report enrols it", args: one, columns: all, flags: func(fs *flag.FlagSet) input {
			m := bodyOf(fs)
			m.body["managed"], m.body["compliant"] = false, false
			m.yes("managed", "managed", "the organisation manages it")
			m.yes("compliant", "compliant", "it is as the organisation wants it")
			m.text("os", "os", "`SYSTEM`: windows, macos, linux, ios, android, chromeos")
			m.text("os-version", "os_version", "`VERSION` of the system")
			m.text("os-released", "os_released", "`DAY` on which that version came out, 2026-10-01")
			m.text("name", "name", "what people call it, `NAME`")
			m.text("person", "person", "`PERSON` whose it is, by id or e-mail address; empty: nobody's")
			m.yes("shared", "shared", "several people use it")
			m.text("reported-at", "reported_at", "`INSTANT` at which it was looked at, RFC 3339 (default now)")
			return func(args []string) (request, error) {
				return m.to(http.MethodPost, escaped("devices", args[0], "posture"))
			}
		}},
		{name: "link", summary: "make the link that its browser opens to take its cookie", args: one, columns: []string{"url", "ends"}, flags: on(http.MethodPost, "devices", "link")},
		{name: "onboard", summary: "let a person make their first passkey on it, once", args: []string{"DEVICE", "PERSON"}, columns: []string{"device", "person", "ends"},
			flags: func(fs *flag.FlagSet) input {
				m := bodyOf(fs)
				m.text("life", "life", "how long the right lives, `48h` (default 168h)")
				return func(args []string) (request, error) {
					m.body["person"] = args[1]
					return m.to(http.MethodPost, escaped("devices", args[0], "onboard"))
				}
			}},
		{name: "remove", summary: "remove it: its cookie, certificates and sessions end", args: one, columns: all, flags: on(http.MethodDelete, "devices")},
		{name: "report-credentials", summary: "list all passkeys as managed, personal or unknown", columns: reportColumns, flags: report.flags, run: report.run},
	}}
}

var reportColumns = []string{"made_on", "device", "person", "id", "name", "status", "distribution", "aaguid", "provider", "created", "last_used"}

// credentialReport is every passkey by what it was made on.
type credentialReport struct {
	input
	csv bool
}

func (r *credentialReport) flags(fs *flag.FlagSet) input {
	fs.BoolVar(&r.csv, "csv", false, "write CSV (RFC 4180)")
	r.input = filters("/credentials", "made-on", "managed, personal, unknown or `managed:DEVICE` only", "status", "active, suspended or removed only")(fs)
	return r.input
}

func (r *credentialReport) run(ctx context.Context, c console, h hostFlags, args []string) error {
	q, err := r.input(args)
	if err != nil {
		return err
	}
	if on := q.query.Get("made-on"); on != "" {
		q.query.Del("made-on")
		q.query.Set("made_on", on)
	}
	cl, done, err := h.connect(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	items, err := cl.all(ctx, q, 0)
	if err != nil {
		return err
	}
	rows := make([]map[string]any, len(items))
	for i, it := range items {
		if rows[i], err = object(it); err != nil {
			return err
		}
		kind, device, _ := strings.Cut(fmt.Sprint(rows[i]["made_on"]), ":")
		rows[i]["made_on"], rows[i]["device"] = kind, device
	}
	switch {
	case h.json:
		text, err := json.Marshal(pick(rows))
		if err == nil {
			_, err = fmt.Fprintln(c.out, string(text))
		}
		return err
	case r.csv:
		return writeCSV(c, rows)
	}
	return table(c.out, reportColumns, rows)
}

// pick leaves of rows the columns of the report.
func pick(rows []map[string]any) []map[string]any {
	out := make([]map[string]any, len(rows))
	for i, row := range rows {
		out[i] = map[string]any{}
		for _, name := range reportColumns {
			if v, ok := row[name]; ok {
				out[i][name] = v
			}
		}
	}
	return out
}

func writeCSV(c console, rows []map[string]any) error {
	w := csv.NewWriter(c.out)
	w.UseCRLF = true
	if err := w.Write(reportColumns); err != nil {
		return err
	}
	for _, row := range rows {
		line := make([]string, len(reportColumns))
		for i, name := range reportColumns {
			line[i] = cell(row[name])
			if name == "name" {
				line[i] = inert(line[i])
			}
		}
		if err := w.Write(line); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// inert keeps a spreadsheet from running what a person called their passkey:
// a cell that begins like a formula begins with an apostrophe.
func inert(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
		return "'" + s
	}
	return s
}
