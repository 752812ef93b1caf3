// Package bearer says which program calls: by an API token in the
// Authorization header (RFC 6750 §2.1), or as the administrator of the host,
// who came by the socket. It refuses cookies, tokens in addresses, and to tell
// a token that never was from one that is over.
package bearer

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"holdfast"
	"holdfast/domain/apitoken"
	"holdfast/domain/authority"
	"holdfast/domain/person"
	"holdfast/edge/store"
	"holdfast/edge/web/route"
)

// Caller is who calls, and what they may do.
type Caller struct {
	Actor holdfast.Actor
	Holds authority.Set
	Token apitoken.Record // zero: the host's administrator
	Owner person.Record   // of the token
	Seen  time.Time       // when the token was used before
}

type callerKey struct{}

// Of is who calls, in a handler behind the guard.
func Of(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// Host is ctx of a call by the administrator of the host, whom the kernel
// vouches for.
func Host(ctx context.Context, user string) context.Context {
	return context.WithValue(ctx, callerKey{}, Caller{Actor: holdfast.Actor{Kind: holdfast.ActorHost, ID: user}, Holds: authority.Everything()})
}

// Config is what it takes to know a caller.
type Config struct {
	Store   *store.DB
	Clock   holdfast.Clock
	Log     *slog.Logger
	Address func(*http.Request) string // of who asks
	// Refuse answers who is not let in.
	Refuse func(http.ResponseWriter, *http.Request, error)
}

// Bearer knows callers.
type Bearer struct{ Config }

// New makes a Bearer.
func New(c Config) *Bearer { return &Bearer{c} }

// Guard lets in whom the route is for.
func (b *Bearer) Guard(a route.Access, next http.Handler) http.Handler {
	switch a.Kind {
	case route.KindToken, route.KindAnyToken:
	case route.KindAnyone:
		return next
	default:
		panic("bearer: internal error: a program's route is not for " + a.String())
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := b.Caller(r)
		switch {
		case holdfast.KindOf(err) == holdfast.Unsigned && err != nil:
			w.Header().Set("WWW-Authenticate", challenge(r))
		case holdfast.KindOf(err) == holdfast.Throttled && err != nil:
			w.Header().Set("Retry-After", strconv.Itoa(int(throttleWindow.Seconds())))
		case err == nil && a.Scope != "" && !c.Holds.Has(a.Scope):
			w.Header().Set("WWW-Authenticate", `Bearer realm="holdfast", error="insufficient_scope", scope="`+string(a.Scope)+`"`)
			err = authority.Need(a.Scope)
		}
		if err != nil {
			b.Refuse(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), callerKey{}, c)))
	})
}

var _ route.Guard = (*Bearer)(nil).Guard

// challenge is RFC 6750 §3: a call without a token is told no error.
func challenge(r *http.Request) string {
	if r.Header.Get("Authorization") == "" {
		return `Bearer realm="holdfast"`
	}
	return `Bearer realm="holdfast", error="invalid_token"`
}

const (
	// seenEvery is how exactly the last use is kept.
	seenEvery = time.Minute
	// Who tries tokens is stopped by their length; this bounds what they cost.
	throttleWindow = time.Minute
	throttleLimit  = 30
)

var (
	errMissing = holdfast.Errorf(holdfast.Unsigned, "token_missing",
		"This call needs an API token: send Authorization: Bearer hft_…. An administrator makes one with holdfast token create.")
	errRefused = holdfast.Errorf(holdfast.Unsigned, "token_refused",
		"This API token opens nothing: it is not known, or it is over. Use another.")
	errThrottled = holdfast.Errorf(holdfast.Throttled, "too_many_refused",
		"Too many calls from this address were refused. Wait a minute, and check the API token.")
)

// Caller says who sends r. Who is not known is refused with an error of kind
// Unsigned, who was refused too often with one of kind Throttled.
func (b *Bearer) Caller(r *http.Request) (Caller, error) {
	if c := Of(r.Context()); c.Actor.Kind == holdfast.ActorHost {
		return c, nil
	}
	given := r.Header.Values("Authorization")
	if len(given) == 0 {
		return Caller{}, errMissing
	}
	scheme, secret, _ := strings.Cut(given[0], " ")
	if len(given) > 1 || !strings.EqualFold(scheme, "Bearer") || !wellFormed(secret) {
		return Caller{}, b.refused(r)
	}
	now := b.Clock()
	v, err := b.Store.TokenBySecret(r.Context(), holdfast.HashSecret(secret))
	switch {
	case err != nil && holdfast.KindOf(err) == holdfast.NotFound:
		return Caller{}, b.refused(r)
	case err != nil:
		return Caller{}, err
	case !v.Token.Live(now) || !v.Owner.MaySignIn(now):
		return Caller{}, b.refused(r)
	}
	if now.Sub(v.LastSeen) >= seenEvery {
		if err := b.Store.SeenToken(r.Context(), v.Token.ID, now); err != nil {
			b.Log.WarnContext(r.Context(), "note the use of an API token", "token", v.Token.ID, "error", err)
		}
	}
	return Caller{Actor: holdfast.Actor{Kind: holdfast.ActorToken, ID: string(v.Token.ID)},
		Holds: v.Token.Holds(v.Owner, now), Token: v.Token, Owner: v.Owner, Seen: v.LastSeen}, nil
}

// wellFormed says whether s can be a token at all, so that nothing else is
// looked up.
func wellFormed(s string) bool {
	rest, ok := strings.CutPrefix(s, apitoken.Prefix)
	return ok && len(rest) >= 20 && len(rest) <= 100 && !strings.ContainsFunc(rest, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	})
}

// refused counts a call that failed, per network. Beyond the limit it only
// reads: a flood shall not write.
func (b *Bearer) refused(r *http.Request) error {
	key := "api/" + holdfast.NetworkOf(b.Address(r))
	over, err := b.Store.Throttled(r.Context(), key, throttleLimit)
	if err != nil {
		return err
	}
	if over {
		return errThrottled
	}
	err = b.Store.InTx(r.Context(), func(tx *store.Tx) error {
		_, err := tx.Throttle(r.Context(), key, throttleWindow, throttleLimit, b.Clock())
		return err
	})
	if err != nil {
		return err
	}
	return errRefused
}
