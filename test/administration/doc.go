// Package administration tests the administration from outside: the command
// line on the host and elsewhere, and the API of a server that runs. It refuses
// to look inside.
package administration
