package main

import "net/http"

// replacements is "holdfast tasks".
func replacements() noun {
	columns := []string{"id", "person", "credential", "why", "detail", "state", "opened", "due"}
	one := []string{"TASK"}
	return noun{"tasks", "passkeys that people are to replace", []verb{
		{name: "list", summary: "list tasks, the newest first", columns: columns, list: true,
			flags: filters("/tasks", "person", "`PERSON` by id or e-mail address", "state", "open, done or cancelled",
				"why", "not_accepted, last_way or status")},
		{name: "link", summary: "make the link by which somebody replaces a passkey", args: one, columns: []string{"person", "id", "url", "ends"},
			flags: on(http.MethodPost, "tasks", "link")},
		{name: "cancel", summary: "close a task that is settled otherwise; gives nothing back", args: one, columns: columns,
			flags: on(http.MethodPost, "tasks", "cancel")},
		{name: "job", summary: "show how far the judging of everybody is", columns: []string{"state", "why", "done", "total", "credentials", "suspended",
			"staged", "spared", "lapsed", "uncovered", "started", "finished", "leader"}, flags: at(http.MethodGet, "/jobs/rejudge")},
	}}
}

// wrongs is "holdfast findings".
func wrongs() noun {
	return noun{"findings", "what is wrong and somebody should act on", []verb{
		{name: "list", summary: "list what is wrong now, the newest first",
			columns: []string{"code", "severity", "subject", "person", "opened", "text", "remedy"}, flags: at(http.MethodGet, "/findings")},
	}}
}
