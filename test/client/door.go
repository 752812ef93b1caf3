package client

import (
	"context"
	"encoding/json"
)

// Begun is what a begin call answers.
type Begun struct {
	ID        string          `json:"id"`
	PublicKey json.RawMessage `json:"publicKey"`
}

// BeginSignIn asks for request options; name is for keys that are not
// discoverable, back a local path to go to afterwards. Both may be empty.
func (c *Client) BeginSignIn(ctx context.Context, name, back string) (Begun, error) {
	in := map[string]string{}
	if name != "" {
		in["name"] = name
	}
	if back != "" {
		in["return"] = back
	}
	var b Begun
	return b, c.PostJSON(ctx, "/door/signin/begin", in, &b)
}

// BeginEnrol asks for creation options, by a ticket or, where it is empty, by
// the session.
func (c *Client) BeginEnrol(ctx context.Context, ticket string) (Begun, error) {
	in := map[string]string{}
	if ticket != "" {
		in["ticket"] = ticket
	}
	var b Begun
	return b, c.PostJSON(ctx, "/door/enrol/begin", in, &b)
}

// Founding is what the first administrator says at the set-up link.
type Founding struct {
	Organisation string `json:"organisation"`
	Name         string `json:"name"`
	Email        string `json:"email"`
}

// BeginSetUp asks for creation options by the set-up link's ticket.
func (c *Client) BeginSetUp(ctx context.Context, ticket string, f Founding) (Begun, error) {
	in := struct {
		Ticket string `json:"ticket"`
		Founding
	}{ticket, f}
	var b Begun
	return b, c.PostJSON(ctx, "/door/enrol/begin", in, &b)
}

// BeginConfirm asks for request options for somebody who is signed in and is
// to confirm that it is they.
func (c *Client) BeginConfirm(ctx context.Context) (Begun, error) {
	var b Begun
	return b, c.PostJSON(ctx, "/door/signin/begin", map[string]bool{"confirm": true}, &b)
}

// FinishSignIn sends an assertion and answers where to go; the session cookie
// is in the jar then.
func (c *Client) FinishSignIn(ctx context.Context, id string, credential []byte) (string, error) {
	return c.finish(ctx, "/door/signin/finish", id, credential)
}

// FinishEnrol sends a registration.
func (c *Client) FinishEnrol(ctx context.Context, id string, credential []byte) (string, error) {
	return c.finish(ctx, "/door/enrol/finish", id, credential)
}

func (c *Client) finish(ctx context.Context, path, id string, credential []byte) (string, error) {
	var out struct{ Redirect string }
	in := map[string]any{"id": id, "credential": json.RawMessage(credential)}
	err := c.PostJSON(ctx, path, in, &out)
	return out.Redirect, err
}

// SignIn is a whole sign-in with the client's key.
func (c *Client) SignIn(ctx context.Context, name, back string) (string, error) {
	b, err := c.BeginSignIn(ctx, name, back)
	if err != nil {
		return "", err
	}
	credential, err := c.Key.Get(b.PublicKey)
	if err != nil {
		return "", err
	}
	return c.FinishSignIn(ctx, b.ID, credential)
}

// Confirm is a whole step-up with the client's key.
func (c *Client) Confirm(ctx context.Context) (string, error) {
	b, err := c.BeginConfirm(ctx)
	if err != nil {
		return "", err
	}
	credential, err := c.Key.Get(b.PublicKey)
	if err != nil {
		return "", err
	}
	return c.FinishSignIn(ctx, b.ID, credential)
}

// Enrol is a whole enrolment with the client's key.
func (c *Client) Enrol(ctx context.Context, ticket string) (string, error) {
	b, err := c.BeginEnrol(ctx, ticket)
	if err != nil {
		return "", err
	}
	return c.create(ctx, b)
}

// SetUp is the first administrator's enrolment.
func (c *Client) SetUp(ctx context.Context, ticket string, f Founding) (string, error) {
	b, err := c.BeginSetUp(ctx, ticket, f)
	if err != nil {
		return "", err
	}
	return c.create(ctx, b)
}

func (c *Client) create(ctx context.Context, b Begun) (string, error) {
	credential, err := c.Key.Create(b.PublicKey)
	if err != nil {
		return "", err
	}
	return c.FinishEnrol(ctx, b.ID, credential)
}
