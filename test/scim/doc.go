// Package scim lets a directory keep people and groups of a real Holdfast by
// SCIM 2.0, and sees that whom it shuts out is out at the next request, on every
// node.
//
// There is no client library for SCIM on npm that is kept: what is there makes
// and reads messages, for servers. So the directory is directory.mjs: requests by
// fetch, their bodies made by scimmy, and every answer held against the schemas
// of RFC 7643 and the messages of RFC 7644 as scimmy has them. Its own reading of
// a filter and of a PATCH says what the answer must be.
//
// It refuses to reach into the server: what it knows it was told by HTTP.
package scim
