// Package mutate proves that the replay bites: each mutation takes one check out
// of the server, and the attacks of package replay must then open a session that
// they must not open.
//
// The mutations are edits of the source, each of which must fit exactly once;
// they are laid over a build (go build -overlay), so that the tree stays as it
// is. All are in one binary, each behind a switch of its own, since linking takes
// longer than attacking: HOLDFAST_MUTANT names the one that is on, and with none
// the same binary must pass.
//
// It refuses a mutation that nothing finds: then either an attack is missing, or
// the check stands elsewhere as well, and the mutation must take it out there, too.
package mutate
