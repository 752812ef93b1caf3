// Package crash kills Holdfast under load and looks whether what it had
// acknowledged is there: at the store, with many writers in a process of their
// own, and at the server, over HTTP. Since a kill does not test the disk, it
// also looks, with strace, for the fdatasync between a request and its answer.
// It refuses to sleep: a round ends when enough was acknowledged.
package crash
