// Package organisation makes up organisations that look like real ones, of 10 to
// 1,000,000 people: groups whose sizes follow a power law, a few models of
// passkeys and sync providers, a service desk, administrators and their tokens,
// people who guard the mail and the directory, contractors with sponsors and end
// dates, and some who have left. It is deterministic: the same size and seed give
// the same people, each by number, without a database and without holding them.
// docs/organisation-generator.md says what is in it and in which proportions.
//
// It refuses to be a benchmark's best case: memberships are drawn at random, so
// that almost nobody has exactly the groups of somebody else.
package organisation
