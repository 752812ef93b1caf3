// Package nodes proves that several servers on one PostgreSQL, with nothing
// else between them, are one Holdfast: what is begun on one ends on another,
// what is single-use stays so, what is ended is ended everywhere, and no node
// and no database server that dies takes the others along. It refuses to look
// inside: servers are processes, and the database is a real one.
package nodes
