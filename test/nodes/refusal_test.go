package nodes

import (
	"errors"

	"golang.org/x/oauth2"

	"holdfast/test/client"
)

// refusal is an OAuth error answer as a problem, or err.
func refusal(err error) error {
	if e, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return &client.Problem{Status: e.Response.StatusCode, Code: e.ErrorCode, Detail: e.ErrorDescription}
	}
	return err
}
