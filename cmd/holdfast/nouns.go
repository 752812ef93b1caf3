package main

import (
	"flag"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// nouns are what is administered. Each is a client of /api/v1: on the host
// without a token, from anywhere with one.
func nouns() []noun {
	return []noun{people(), groups(), invitations(), applications(), grants(), sessions(), credentials(), managedDevices(), around(), tokens(), auditLog(),
		organisation(), outgoing(), signingKeyring(), authenticatorMetadata(), replacements(), wrongs(), thePolicy(), exposureModel(), setUp()}
}

// members collects the members of a request's body from flags: those that are
// given, and no others.
type members struct {
	fs   *flag.FlagSet
	body map[string]any
}

func bodyOf(fs *flag.FlagSet) members { return members{fs, map[string]any{}} }

func (m members) text(name, member, usage string) {
	m.fs.Func(name, usage, func(s string) error {
		m.body[member] = s
		return nil
	})
}

func (m members) yes(name, member, usage string) {
	m.fs.BoolFunc(name, usage, func(s string) error {
		b, err := strconv.ParseBool(s)
		m.body[member] = b
		return err
	})
}

func (m members) number(name, member, usage string) {
	m.fs.Func(name, usage, func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		m.body[member] = n
		return err
	})
}

// seconds takes a duration.
func (m members) seconds(name, member, usage string) {
	m.fs.Func(name, usage, func(s string) error {
		d, err := time.ParseDuration(s)
		m.body[member] = int64(d.Seconds())
		return err
	})
}

// list takes a flag more than once; an empty value alone is the empty list.
func (m members) list(name, member, usage string) {
	m.fs.Func(name, usage+"; may be given again", func(s string) error {
		all, _ := m.body[member].([]string)
		if all == nil {
			all = []string{}
		}
		if s = strings.TrimSpace(s); s != "" {
			all = append(all, s)
		}
		m.body[member] = all
		return nil
	})
}

// to is a request with the body.
func (m members) to(method, path string) (request, error) {
	return request{method: method, path: path, body: m.body}, nil
}

// on is a call about what the first argument names, without a body: "people",
// "suspend" is POST /people/ARG/suspend.
func on(method, kind string, then ...string) func(*flag.FlagSet) input {
	return func(*flag.FlagSet) input {
		return func(args []string) (request, error) {
			path := escaped(kind, args[0])
			for _, t := range then {
				path += "/" + t
			}
			return request{method: method, path: path}, nil
		}
	}
}

// at is a call that takes nothing.
func at(method, path string) func(*flag.FlagSet) input {
	return func(*flag.FlagSet) input {
		return func([]string) (request, error) { return request{method: method, path: path}, nil }
	}
}

// filters are the query of a list, from flags of these names and usages.
func filters(path string, pairs ...string) func(*flag.FlagSet) input {
	return func(fs *flag.FlagSet) input {
		q := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			name := pairs[i]
			fs.Func(name, pairs[i+1], func(s string) error {
				q.Set(name, s)
				return nil
			})
		}
		return func(args []string) (request, error) {
			if len(args) > 0 {
				q.Set("person", args[0])
			}
			return request{method: http.MethodGet, path: path, query: q}, nil
		}
	}
}

// named takes a name alone.
func named(method string, path func(args []string) string, name int) func(*flag.FlagSet) input {
	return func(*flag.FlagSet) input {
		return func(args []string) (request, error) {
			return request{method: method, path: path(args), body: map[string]string{"name": args[name]}}, nil
		}
	}
}

func adding(list *[]string) func(string) error {
	return func(s string) error {
		*list = append(*list, strings.TrimSpace(s))
		return nil
	}
}
