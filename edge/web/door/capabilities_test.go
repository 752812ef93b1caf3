package door_test

import (
	"context"
	"strings"
	"testing"

	"holdfast"
	"holdfast/domain/device"
	"holdfast/domain/person"
	"holdfast/edge/web/door"
	"holdfast/edge/web/webtest"
)

func TestCapabilities(t *testing.T) {
	w := webtest.New(t)
	w.Serve(door.New(w.Visits, nil, nil, w.DB, func(context.Context, string) string { return "" }))
	ada := w.Member("Ada", "ada@kelp.example")
	of := func(p person.Record) []device.Record {
		t.Helper()
		list, err := w.DB.DevicesOf(t.Context(), p.ID)
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	const said = `{"capabilities":{"conditionalGet":true,"extension:prf":false,"1":true}}`
	cookie := holdfast.NewSecret()

	t.Run("of nobody", func(t *testing.T) {
		b := w.Nobody()
		b.Cookie("holdfast-device", cookie)
		if a := b.JSON("/door/capabilities", said); a.Status != 303 || !strings.HasPrefix(a.Location, "/signin") {
			t.Errorf("got %d to %s", a.Status, a.Location)
		}
	})
	b := w.SignIn(ada)
	t.Run("of a browser without its cookie", func(t *testing.T) {
		if a := b.JSON("/door/capabilities", said); a.Status != 200 || len(of(ada)) != 0 {
			t.Errorf("got %d, kept %+v", a.Status, of(ada))
		}
	})
	t.Run("with a cookie that is none of ours", func(t *testing.T) {
		b.Cookie("holdfast-device", "short")
		if a := b.JSON("/door/capabilities", said); a.Status != 200 || len(of(ada)) != 0 {
			t.Errorf("got %d, kept %+v", a.Status, of(ada))
		}
	})
	b.Cookie("holdfast-device", cookie)
	for name, body := range map[string]string{
		"no object": `[]`, "another member": `{"capabilities":{},"person":"per_1"}`, "numbers": `{"capabilities":{"a":1}}`,
		"twice the same": `{"capabilities":{"a":true,"a":false}}`, "a list": `{"capabilities":["a"]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if a := b.JSON("/door/capabilities", body); a.Status != 400 || len(of(ada)) != 0 {
				t.Errorf("got %d %s, kept %+v", a.Status, a.Body, of(ada))
			}
		})
	}
	t.Run("kept by its hash, and what is well-formed", func(t *testing.T) {
		a := b.JSON("/door/capabilities", said)
		list := of(ada)
		if a.Status != 200 || strings.TrimSpace(a.Body) != "{}" || len(list) != 1 {
			t.Fatalf("got %d %s, kept %+v", a.Status, a.Body, list)
		}
		if d := list[0]; d.Device != holdfast.HashSecret(cookie) || len(d.Capabilities) != 2 || !d.Capabilities[device.ConditionalGet] {
			t.Errorf("kept %+v", d)
		}
	})
	t.Run("from another site", func(t *testing.T) {
		if a := b.PostFrom("https://evil.example", "/door/capabilities"); a.Status != 403 {
			t.Errorf("got %d", a.Status)
		}
	})
}

func TestAnUnknownModeIsRefused(t *testing.T) {
	w := webtest.New(t)
	w.Serve(door.New(w.Visits, nil, nil, w.DB, func(context.Context, string) string { return "" }))
	a := w.Nobody().JSON("/door/enrol/begin", `{"mode":"silent"}`)
	if a.Status != 400 || !strings.Contains(a.Body, `"code":"mode"`) {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}
