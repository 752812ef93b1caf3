// Package page is what people see: one typed struct for each page, the
// templates that draw them, one style sheet and one script module. It refuses
// to decide anything: it reads no request, no session and no store, and it
// never writes a page that it could not render to the end.
//
// A handler fills a struct and calls Render:
//
//	pages, err := page.New(page.Config{})
//	mux.Handle("GET "+page.PathAssets, pages.Assets())
//	err = pages.Render(w, http.StatusOK, &page.SignIn{Frame: frame, Return: "/"})
//
// Every page embeds Frame, which holds what all pages share. Ids are strings
// here, since they only become parts of addresses. The zero value of a field
// leaves its part of the page out; the zero time is "never".
//
// # What the pages post
//
// Forms post application/x-www-form-urlencoded to the addresses below, built
// by the functions in paths.go. The answer is a redirect (303) back to the page
// with Frame.Flash set, or the same page with Errors (422).
//
//	POST /signout                                     (nothing)
//	POST Consent.Action                               decision=allow|deny, Hidden fields
//	POST SignOut.Action                               decision=signout|stay, Hidden fields
//	POST /me/passkeys/{id}/rename                     name
//	POST /me/passkeys/{id}/remove
//	POST /me/sessions/{id}/end
//	POST /me/sessions/end                             (all, this one too)
//	GET  /console/people                              ?q= &within=yes &state= &group= &role= &employment= &manager= &sort= &after= &before=
//	POST /console/people                              name email group… employment ends
//	POST /console/people/{id}/edit                    name email
//	POST /console/people/{id}/employment              employment ends (2006-01-02, empty is open) manager (an e-mail address)
//	POST /console/people/{id}/role                    role=|administrator|helpdesk|auditor ends
//	POST /console/people/{id}/{suspend,activate,invite,erase,sessions/end}
//	                                                  erase: confirm=<name>
//	POST /console/people/{id}/groups/{add,remove}     group
//	POST /console/people/{id}/passkeys/{pid}/{suspend,activate,remove}
//	POST /console/people/{id}/sessions/{sid}/end
//	POST /console/groups                              name
//	POST /console/groups/{id}/{rename,remove}         name
//	POST /console/groups/{id}/members/{add,remove}    person (an id or an e-mail address)
//	POST /console/invitations/{id}/revoke
//	POST /console/applications                        name redirect_uri preset confidential=yes
//	POST /console/applications/{id}/{secret,remove}
//	POST /console/sessions/{id}/end
//	GET  /console/audit                               ?type= &actor= &subject= &from= &to= &before= &after=
//	GET  /console/credentials                         ?q= &status= &where=synced|device &provider= &origin= &unused= &after= &before=
//	POST /console/credentials/{id}/{suspend,activate,remove}  back=<the query of the list>
//	GET  /console/tokens                              ?state=live|over &own=yes &after= &before=
//	POST /console/tokens                              name ends scope…
//	POST /console/tokens/{id}/revoke
//	GET  /console/search                              ?q= &format=json
//	POST /console/settings                            organisation
//	POST /console/settings/origins                    origins (one a line) confirm
//	POST /console/settings/keys
//
// Every list takes ?format=csv and ?format=json too.
//
// The script module calls the door's JSON API (/door/…). Where that answers
// confirm_first it leads to /signin?confirm=1&return=<the page>, and where it
// answers any other 401 to /signin?return=<the page>.
//
// # Checking the scripts
//
// assets/*.js are plain JavaScript modules with JSDoc types, checked by
//
//	test/browser/node_modules/.bin/tsc -p test/browser
//
// test/install fetches the compiler; nothing of it is shipped.
package page
