// Package backup takes a backup of a whole Holdfast while people sign in to it,
// puts it back elsewhere and on the other engine, and lets the same people sign
// in there with the same passkeys; it also kills the commands half-way and
// looks at what they left. It refuses to look inside a backup: that is for the
// tests of edge/backup.
package backup
