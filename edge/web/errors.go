package web

import "holdfast"

var errCrossOrigin = holdfast.Errorf(holdfast.Denied, "cross_origin",
	"This request came from another site and was refused. Open the page here and try again.")

func errWrongHost(origin string) error {
	return holdfast.Errorf(holdfast.Invalid, "wrong_host", "This server answers as %s. Send the request there.", origin)
}
