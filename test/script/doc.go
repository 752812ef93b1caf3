// Package script holds plots: people, an administrator, applications and
// mallory on one server, each plot a text that says who does what and what
// must come of it. It runs every plot on SQLite and on PostgreSQL, looks after
// each line at what must always hold, and refuses to let a refusal change
// anything.
//
// A line is "NAME VERB [WORD…]": "ada signs-in". With "!" in front it must be
// refused with a status of the 4xx kind and leave the log as it was. What the
// server says of a refusal, "409 ceremony_spent …", is in stderr, what it
// answers otherwise in stdout. A person's verbs are in person_test.go,
// browser_test.go and key_test.go, an application's in application_test.go, the
// host's in stage_test.go.
package script
