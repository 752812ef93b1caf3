// Package sample makes the demo's organisation: some 200 people in six groups,
// and what surrounds it, the same each time. Its people are made by the stories that an administrator
// uses, so each has an event; it refuses to write a row by itself.
package sample

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/flow/govern"
)

// People is how many there are.
const People = 200

// groups and how many of every 40 people are in each; the rest of a row's
// people are in engineering.
var groups = []struct {
	name string
	of40 int
}{{"Engineering", 14}, {"Operations", 9}, {"Sales", 7}, {"Finance", 4}, {"People", 3}, {"Security", 3}}

var first = strings.Fields(`Ada Grace Katherine Mary Radia Barbara Frances Hedy Joan Margaret Annie Dorothy Edith Emmy
	Alan Edsger Donald Niklaus Dennis Ken John Claude Konrad Tony Leslie Vint Tim Linus Bjarne Guido Amara Chidi Ngozi Kofi
	Yuki Haruto Mei Wei Priya Arjun`)

var last = strings.Fields(`Adeyemi Almeida Andersson Banerjee Baumann Castellano Dubois Eriksen Farah Fischer Garcia
	Haddad Ito Janssen Kaya Kowalska Larsen Mbeki Moreau Nakamura Novak Okafor Petrov Quispe Rossi Sato Schmidt Silva Tanaka Weber`)

// Store says who is there already.
type Store interface {
	CountPeople(ctx context.Context) (map[person.Status]int64, error)
}

// Fill makes the organisation, unless anybody is there.
func Fill(ctx context.Context, f *govern.Flow, s Store) error {
	counts, err := s.CountPeople(ctx)
	if err != nil || len(counts) > 0 {
		return err
	}
	by := holdfast.Actor{Kind: holdfast.ActorSystem}
	if err := f.RenameOrganisation(ctx, by, "Harbour Demo"); err != nil {
		return err
	}
	for _, g := range groups {
		if _, err := f.AddGroup(ctx, by, g.name); err != nil {
			return err
		}
	}
	// Together, so that they share the store's commits.
	var wg sync.WaitGroup
	errs := make([]error, People)
	for i := range People {
		wg.Go(func() { _, errs[i] = f.AddPerson(ctx, by, guest(i, time.Now())) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return declare(ctx, f, by)
}

func guest(i int, now time.Time) govern.Guest {
	// 40 and 30 share a factor: a plain i%30 beside i%40 would repeat a pair.
	name, family := first[i%len(first)], last[(i+i/len(first))%len(last)]
	g := govern.Guest{Groups: []string{groupOf(i)}, New: person.New{
		Name:  name + " " + family,
		Email: fmt.Sprintf("%s.%s@harbour.example", strings.ToLower(name), strings.ToLower(family)),
	}}
	if i%9 == 4 { // every ninth works under a contract that ends
		g.Employment, g.Ends = person.Contractor, now.AddDate(0, 1+i%11, 0).Truncate(24*time.Hour).Add(-time.Second)
	}
	return g
}

func groupOf(i int) string {
	n := i % 40
	for _, g := range groups {
		if n < g.of40 {
			return g.name
		}
		n -= g.of40
	}
	return groups[0].name
}
