// Package policy tests how the policy changes and how its decisions are made
// again: the stories on a clock of their own, and whole servers on SQLite and
// PostgreSQL. It refuses to approve anything that the product would not: every
// change in it goes the way of people, tokens or the host.
package policy
