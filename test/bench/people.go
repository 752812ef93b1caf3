package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"holdfast/test/client"
	"holdfast/test/softkey"
)

// enrol invites n people on the command line, as an administrator would, and
// has each make a passkey by the invitation.
func (s *server) enrol(ctx context.Context, n int) ([]identity, error) {
	tickets, err := s.invite(ctx, n)
	if err != nil {
		return nil, err
	}
	var people []identity
	for _, ticket := range tickets {
		key := softkey.New(softkey.Config{BE: true, BS: true, Origin: s.origin})
		c, err := client.New(s.origin, key)
		if err != nil {
			return nil, err
		}
		if _, err := c.Enrol(ctx, ticket); err != nil {
			return nil, err
		}
		made := key.Credentials()[0]
		people = append(people, identity{
			id:     base64.RawURLEncoding.EncodeToString(made.ID),
			handle: base64.RawURLEncoding.EncodeToString(made.UserHandle),
			key:    made.Key.Private.(*ecdsa.PrivateKey),
		})
	}
	return people, nil
}

func (s *server) invite(ctx context.Context, n int) (tickets []string, err error) {
	type guest struct {
		Name  string `json:"name"`
		Email string `json:"email"`
	}
	var list []guest
	for i := range n {
		list = append(list, guest{fmt.Sprintf("Person %d", i), fmt.Sprintf("person%d@example.org", i)})
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(s.data, "people.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	printed, err := s.holdfast(ctx, "invite", "create", "--data", s.data, "--batch", file, "--json")
	if err != nil {
		return nil, err
	}
	for d := json.NewDecoder(bytes.NewReader(printed)); d.More(); {
		var one struct{ Ticket, URL string }
		if err := d.Decode(&one); err != nil {
			return nil, err
		}
		if _, err := url.Parse(one.URL); err != nil || one.Ticket == "" {
			return nil, fmt.Errorf("an invitation without a ticket: %q", one.URL)
		}
		tickets = append(tickets, one.Ticket)
	}
	if len(tickets) != n {
		return nil, fmt.Errorf("%d of %d were invited", len(tickets), n)
	}
	return tickets, nil
}
