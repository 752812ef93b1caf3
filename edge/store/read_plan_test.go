package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"holdfast"
	"holdfast/domain/person"
	"holdfast/domain/task"
	"holdfast/edge/store"
	"holdfast/edge/store/storetest"
)

// What must be quick among a million is found by an index: no plan reads a
// whole table, and each names the index that is there for it.
func TestListsReadIndexes(t *testing.T) {
	db, ctx := storetest.SQLite(t).Open(t), context.Background()
	k := store.Span{Limit: 50}
	behind := store.Span{After: "per_x", Limit: 50}
	for _, c := range []struct {
		name  string
		uses  []string
		scans string // the one table whose index may be read from its end
		read  func(store.Reader) error
	}{
		{"a word of a name begins", []string{"INDEX person_first_word (<expr>>", "person_last_word", "person_email", "SEARCH person USING COVERING INDEX person_first_word (<expr>>?)"}, "", func(r store.Reader) error {
			_, _, err := r.PeoplePart(ctx, store.PeopleFilter{Begins: "ada"}, k)
			return err
		}},
		{"people by name, from behind one", []string{"person_first_word"}, "", func(r store.Reader) error {
			_, _, err := r.PeoplePart(ctx, store.PeopleFilter{}, behind)
			return err
		}},
		{"the newest people", []string{"person_created"}, "person", func(r store.Reader) error {
			_, _, err := r.PeoplePart(ctx, store.PeopleFilter{Order: store.ByNewest}, k)
			return err
		}},
		{"people of a state", []string{"person_status"}, "", func(r store.Reader) error {
			_, _, err := r.PeoplePart(ctx, store.PeopleFilter{State: person.Suspended}, k)
			return err
		}},
		{"people with a role", []string{"person_role"}, "", func(r store.Reader) error {
			_, err := r.CountPeopleWhere(ctx, store.PeopleFilter{Role: person.Auditor}, 0)
			return err
		}},
		{"people of a manager", []string{"person_manager"}, "", func(r store.Reader) error {
			_, err := r.CountPeopleWhere(ctx, store.PeopleFilter{Manager: "per_x"}, 0)
			return err
		}},
		{"the newest passkeys", []string{"credential_created"}, "credential", func(r store.Reader) error {
			_, _, err := r.CredentialsWhere(ctx, store.CredentialFilter{}, k)
			return err
		}},
		{"passkeys from managed devices", []string{"credential_made_on_managed"}, "credential", func(r store.Reader) error {
			_, err := r.ListCredentials(ctx, store.CredentialList{MadeOn: store.MadeOnManaged}, store.Cut{}, 50)
			return err
		}},
		{"passkeys from personal devices", []string{"credential_made_on_personal"}, "credential", func(r store.Reader) error {
			_, err := r.ListCredentials(ctx, store.CredentialList{MadeOn: store.MadeOnPersonal}, store.Cut{}, 50)
			return err
		}},
		{"passkeys from one device", []string{"credential_made_on_managed"}, "credential", func(r store.Reader) error {
			_, err := r.ListCredentials(ctx, store.CredentialList{MadeOn: "managed:SN-1"}, store.Cut{}, 50)
			return err
		}},
		{"a device by its cookie", []string{"managed_device_cookie"}, "", func(r store.Reader) error {
			_, err := r.ManagedDeviceByCookie(ctx, "x")
			return found(err)
		}},
		{"a device by its link", []string{"managed_device_link"}, "", func(r store.Reader) error {
			_, err := r.ManagedDeviceByLink(ctx, "x")
			return found(err)
		}},
		{"the devices of a person", []string{"managed_device_person"}, "", func(r store.Reader) error {
			_, err := r.ListManagedDevices(ctx, store.DeviceList{Person: "per_x"}, store.Cut{}, 50)
			return err
		}},
		{"what is declared, by name", []string{"surrounding_name"}, "surrounding", func(r store.Reader) error {
			_, err := r.ListSurroundings(ctx, store.SurroundingList{}, store.Cut{}, 50)
			return err
		}},
		{"what was withdrawn", []string{"surrounding_gone"}, "surrounding", func(r store.Reader) error {
			_, err := r.ListSurroundings(ctx, store.SurroundingList{Gone: true}, store.Cut{}, 50)
			return err
		}},
		{"what is declared, of a kind", []string{"surrounding_kind"}, "surrounding", func(r store.Reader) error {
			_, _, err := r.SurroundingsWhere(ctx, store.SurroundingList{Kind: "power"}, k)
			return err
		}},
		{"what is declared of a person", []string{"surrounding_person"}, "surrounding", func(r store.Reader) error {
			_, err := r.ListSurroundings(ctx, store.SurroundingList{Person: "per_x"}, store.Cut{}, 50)
			return err
		}},
		{"what is declared of some people", []string{"surrounding_person"}, "surrounding", func(r store.Reader) error {
			_, err := r.SurroundingsOf(ctx, []holdfast.PersonID{"per_x", "per_y"})
			return err
		}},
		{"the powers", []string{"surrounding_shared"}, "surrounding", func(r store.Reader) error {
			_, err := r.SharedSurroundings(ctx)
			return err
		}},
		{"who has power over others", []string{"person_role", "api_token_owner", "membership_grp"}, "person", func(r store.Reader) error {
			_, err := r.Powerful(ctx, []string{"desk"})
			return err
		}},
		{"people who are called so", []string{"person_first_word", "person_last_word", "person_email"}, "", func(r store.Reader) error {
			_, err := r.PeopleNamed(ctx, "ada", 9)
			return err
		}},
		{"the sessions on a device", []string{"session_device"}, "", func(r store.Reader) error {
			_, err := r.SessionsOnDevice(ctx, "SN-1")
			return err
		}},
		{"a passkey by name or id", []string{"credential_name", "sqlite_autoindex_credential_1"}, "", func(r store.Reader) error {
			_, err := r.CredentialsCalled(ctx, "phone", 8)
			return err
		}},
		{"passkeys that are alike", []string{"COVERING INDEX credential_alike"}, "credential", func(r store.Reader) error {
			_, err := r.CountCredentialsWhere(ctx, store.CredentialFilter{})
			return err
		}},
		{"refusals", []string{"decision_refused"}, "decision", func(r store.Reader) error {
			_, _, err := r.DecisionsWhere(ctx, store.DecisionList{}, "", k)
			return err
		}},
		{"decisions about somebody", []string{"decision_person"}, "decision", func(r store.Reader) error {
			_, _, err := r.DecisionsWhere(ctx, store.DecisionList{Person: "per_x"}, "", k)
			return err
		}},
		{"reasons of refusals", []string{"SCAN decision USING INDEX decision_refused"}, "decision", func(r store.Reader) error {
			_, err := r.RefusalCodes(ctx, 1000)
			return err
		}},
		{"open tasks", []string{"task_open"}, "task", func(r store.Reader) error {
			_, _, err := r.TasksWhere(ctx, task.Open, k)
			return err
		}},
		{"the task about a passkey", []string{"task_one"}, "task", func(r store.Reader) error {
			if _, err := r.TaskOf(ctx, "key"); holdfast.KindOf(err) != holdfast.NotFound {
				return err
			}
			return nil
		}},
		{"passkeys by their devices", []string{"credential_made_on_managed"}, "credential", func(r store.Reader) error {
			_, err := r.PasskeysMadeOn(ctx, []string{"LT-1"})
			return err
		}},
		{"open sessions, counted", []string{"COVERING INDEX session_open"}, "", func(r store.Reader) error {
			_, err := r.CountLiveSessionsWhere(ctx, "", store.Many)
			return err
		}},
		{"open sessions", []string{"session_open"}, "", func(r store.Reader) error {
			_, _, err := r.LiveSessionsWhere(ctx, "", k)
			return err
		}},
		{"a rare kind of record", []string{"log_leaf_type"}, "", func(r store.Reader) error {
			_, _, err := r.LogPage(ctx, store.LogFilter{Type: "person.erased"}, 50)
			return err
		}},
		{"an actor", []string{"log_leaf_actor", "log_leaf_person"}, "", func(r store.Reader) error {
			_, _, err := r.LogPage(ctx, store.LogFilter{Actor: []string{"person:per_x"}}, 50)
			return err
		}},
		{"a subject", []string{"log_leaf_about", "log_leaf_person"}, "", func(r store.Reader) error {
			_, _, err := r.LogPage(ctx, store.LogFilter{About: "ses_x", Owner: "per_x"}, 50)
			return err
		}},
		{"a group", []string{"log_leaf_about"}, "", func(r store.Reader) error {
			_, _, err := r.LogPage(ctx, store.LogFilter{About: "grp_x"}, 50)
			return err
		}},
		{"a time", []string{"INTEGER PRIMARY KEY (rowid<?)"}, "", func(r store.Reader) error {
			_, _, err := r.LogPage(ctx, store.LogFilter{Since: time.Now().Add(-time.Hour), Until: time.Now()}, 50)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			plans, err := store.Plans(db, c.read)
			if err != nil {
				t.Fatal(err)
			}
			all := strings.Join(plans, "\n")
			for _, index := range c.uses {
				if !strings.Contains(all, index) {
					t.Errorf("%s is not used:\n%s", index, all)
				}
			}
			for line := range strings.SplitSeq(all, "\n") {
				table, found := strings.CutPrefix(line, "SCAN ")
				if table, _, _ = strings.Cut(table, " "); found && table != c.scans && !strings.HasPrefix(table, "by_") && !strings.HasPrefix(table, "counted") && table != "latest" && !strings.HasPrefix(table, "(") {
					t.Errorf("it reads all of %s:\n%s", table, all)
				}
			}
		})
	}
}

// found leaves out that nothing is there.
func found(err error) error {
	if holdfast.KindOf(err) == holdfast.NotFound {
		return nil
	}
	return err
}
