// Package world is a whole Holdfast for a test: a real server built once and
// started on SQLite or PostgreSQL, the host's command line, people at their
// browsers, and the invariants that must hold after every step. It refuses to
// reach into the server: whatever a test does here, somebody outside could do.
package world
