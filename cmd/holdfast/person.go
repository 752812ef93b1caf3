package main

import (
	"flag"
	"net/http"
)

var personColumns = []string{"id", "name", "email", "status", "role", "role_ends", "employment", "ends", "manager", "groups"}

func people() noun {
	who := []string{"PERSON"}
	imports := &importPeople{}
	return noun{"person", "people, by id or e-mail address", []verb{
		{name: "list", summary: "list people by name", columns: personColumns[:5], list: true,
			flags: filters("/people", "query", "`TEXT` in name or address", "state", "invited, active, suspended, erased or ended",
				"role", "administrator, helpdesk or auditor", "group", "`GROUP` that they are in, by id or name")},
		{name: "show", summary: "show one person", args: who, columns: personColumns, flags: on(http.MethodGet, "people")},
		{name: "add", summary: "add a person without inviting them", columns: personColumns, flags: func(fs *flag.FlagSet) input {
			m := newPerson(fs)
			m.list("group", "groups", "put into this `GROUP`, made where it is missing")
			return func([]string) (request, error) { return m.to(http.MethodPost, "/people") }
		}},
		{name: "describe", summary: "change what is said of a person", args: who, columns: personColumns, flags: func(fs *flag.FlagSet) input {
			m := newPerson(fs)
			return func(args []string) (request, error) { return m.to(http.MethodPatch, escaped("people", args[0])) }
		}},
		{name: "import", summary: "add people from a CSV file, all or none", args: []string{"FILE"}, columns: []string{"line", "action", "email", "person", "url"}, flags: imports.flags, run: imports.run},
		{name: "suspend", summary: "stop somebody from signing in, at once", args: who, columns: personColumns, flags: func(fs *flag.FlagSet) input {
			m := bodyOf(fs)
			m.text("reason", "reason", "`WHY`; stands in the log for ever, so nothing personal")
			return func(args []string) (request, error) {
				return m.to(http.MethodPost, escaped("people", args[0], "suspend"))
			}
		}},
		{name: "reinstate", summary: "end a suspension", args: who, columns: personColumns, flags: on(http.MethodPost, "people", "reinstate")},
		{name: "role", summary: "give a role: administrator, helpdesk, auditor, member", args: []string{"PERSON", "ROLE"}, columns: personColumns,
			flags: func(fs *flag.FlagSet) input {
				m := bodyOf(fs)
				m.text("ends", "ends", "last `DAY` of the role, 2027-01-31; an auditor's must be said")
				return func(args []string) (request, error) {
					m.body["role"] = args[1]
					return m.to(http.MethodPut, escaped("people", args[0], "role"))
				}
			}},
		{name: "promote", summary: "make somebody an administrator", args: who, columns: personColumns, flags: roleOf("administrator")},
		{name: "demote", summary: "take somebody's role", args: who, columns: personColumns, flags: roleOf("member")},
		{name: "erase", summary: "forget a person; the log still verifies", args: who, columns: personColumns, flags: on(http.MethodDelete, "people")},
	}}
}

func roleOf(role string) func(*flag.FlagSet) input {
	return func(*flag.FlagSet) input {
		return func(args []string) (request, error) {
			return request{method: http.MethodPut, path: escaped("people", args[0], "role"), body: map[string]string{"role": role}}, nil
		}
	}
}

// newPerson reads the flags of somebody to add or to change.
func newPerson(fs *flag.FlagSet) members {
	m := bodyOf(fs)
	m.text("name", "name", "full `NAME`")
	m.text("email", "email", "e-mail `ADDRESS`")
	m.text("employment", "employment", "employee, contractor or guest")
	m.text("ends", "ends", "last `DAY` of employment, 2027-01-31; empty: none")
	m.text("manager", "manager", "`PERSON` to ask about them, by id or e-mail address; empty: nobody")
	m.text("external-id", "external_id", "what a directory calls them, `ID`")
	return m
}

func groups() noun {
	cols := []string{"id", "name", "members"}
	one := []string{"GROUP"}
	both := []string{"GROUP", "PERSON"}
	member := func(method string) func(*flag.FlagSet) input {
		return func(*flag.FlagSet) input {
			return func(args []string) (request, error) {
				return request{method: method, path: escaped("groups", args[0], "members", args[1])}, nil
			}
		}
	}
	return noun{"group", "groups, by id or name", []verb{
		{name: "list", summary: "list groups by name", columns: cols, list: true, flags: filters("/groups", "query", "`TEXT` in the name")},
		{name: "show", summary: "show one group", args: one, columns: cols, flags: on(http.MethodGet, "groups")},
		{name: "members", summary: "list the people in a group", args: one, columns: personColumns[:5], list: true, flags: on(http.MethodGet, "groups", "members")},
		{name: "add", summary: "make a group", args: []string{"NAME"}, columns: cols,
			flags: named(http.MethodPost, func([]string) string { return "/groups" }, 0)},
		{name: "rename", summary: "give a group another name", args: []string{"GROUP", "NAME"}, columns: cols,
			flags: named(http.MethodPatch, func(args []string) string { return escaped("groups", args[0]) }, 1)},
		{name: "remove", summary: "remove a group; its people stay", args: one, columns: cols, flags: on(http.MethodDelete, "groups")},
		{name: "join", summary: "put somebody into a group", args: both, columns: cols, flags: member(http.MethodPut)},
		{name: "leave", summary: "take somebody out of a group", args: both, columns: cols, flags: member(http.MethodDelete)},
	}}
}
