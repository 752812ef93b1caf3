package openid

import (
	"testing"

	"holdfast/test/node"
)

// App is the process of one application.
type (
	App     = node.Process
	Q       = node.Q
	Refusal = node.Refusal
)

// Run starts an application. It ends with the test.
func Run(t testing.TB) *App {
	t.Helper()
	return node.Run(t, "openid", "app.mjs", "openid-client")
}
