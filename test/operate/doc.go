// Package operate runs Holdfast as an operator does: under a service manager,
// with mail, certificates that are renewed, a configuration that changes, and
// from its packages. It refuses to look inside: it starts the binary.
package operate
