// Package openid lets an application that openid-client makes (npm, by the
// author of many of its standards' tests) sign people in, over real HTTP, at
// one server on SQLite and at three on PostgreSQL of which one dies. It lets
// devices in, passes tokens on to other services, and hears by back-channel
// logout, with jose, that a session ended. The application is app.mjs, a process
// that answers questions; what is asked, and what has to come of it, stands in
// the Go tests.
//
// It refuses to help either side: the application is what the library makes of
// its documentation, the server is the binary.
package openid
