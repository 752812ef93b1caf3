package page_test

import (
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

func walk(n *html.Node, do func(*html.Node)) {
	if n.Type == html.ElementNode {
		do(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, do)
	}
}

func attr(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

// faults says what is wrong with a page.
func faults(page string) []string {
	var out []string
	fault := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	for _, s := range []string{"ZgotmplZ", "<no value>", "%!", "NotAllowedError", "InvalidStateError"} {
		if strings.Contains(page, s) {
			fault("the page says %q", s)
		}
	}
	out = append(out, unbalanced(page)...)
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return append(out, err.Error())
	}
	ids, labels, heading, h1s, mains := map[string]bool{}, map[string]bool{}, 0, 0, 0
	walk(doc, func(n *html.Node) {
		if v, ok := attr(n, "id"); ok {
			if ids[v] || v == "" {
				fault("id %q twice or empty", v)
			}
			ids[v] = true
		}
		if v, ok := attr(n, "for"); ok && n.Data == "label" {
			labels[v] = true
		}
	})
	walk(doc, func(n *html.Node) {
		for _, a := range n.Attr {
			switch {
			case a.Key == "style", strings.HasPrefix(a.Key, "on"):
				fault("<%s> has an inline %s", n.Data, a.Key)
			case a.Key == "href", a.Key == "src", a.Key == "action":
				if u, err := url.Parse(a.Val); err != nil || u.Scheme != "" && u.Scheme != "data" && u.Host != "localhost:8080" {
					fault("<%s> leads outside: %s", n.Data, a.Val)
				}
			case a.Key == "aria-describedby", a.Key == "aria-labelledby", a.Key == "data-copy", a.Key == "data-dialog":
				for _, id := range strings.Fields(a.Val) {
					if !ids[id] {
						fault("<%s> %s names no element: %s", n.Data, a.Key, id)
					}
				}
			}
		}
		switch n.Data {
		case "html":
			if v, _ := attr(n, "lang"); v == "" {
				fault("no lang")
			}
		case "main":
			mains++
		case "script":
			if _, ok := attr(n, "src"); !ok || n.FirstChild != nil {
				fault("an inline script")
			}
		case "style":
			fault("an inline style")
		case "h1", "h2", "h3", "h4":
			level := int(n.Data[1] - '0')
			if concealed(n) {
				return
			}
			if level == 1 {
				h1s++
			}
			if level > heading+1 {
				fault("<%s> follows <h%d>", n.Data, heading)
			}
			heading = level
		case "input", "select", "textarea":
			kind, _ := attr(n, "type")
			id, _ := attr(n, "id")
			if kind != "hidden" && !labels[id] {
				fault("<%s id=%q> has no label", n.Data, id)
			}
		case "button":
			_, named := attr(n, "aria-label")
			if !named && strings.TrimSpace(text(n)) == "" {
				fault("a button without words")
			}
		case "form":
			if m, _ := attr(n, "method"); m == "post" {
				if a, ok := attr(n, "action"); ok && a != "" && !strings.HasPrefix(a, "/") && a != "#" {
					fault("a form posts to %q", a)
				}
			}
		}
	})
	if h1s != 1 {
		fault("%d h1 are seen, want one", h1s)
	}
	if mains != 1 {
		fault("%d main, want one", mains)
	}
	return out
}

// concealed says whether n is inside something hidden, or a closed dialog.
func concealed(n *html.Node) bool {
	for ; n != nil; n = n.Parent {
		if _, ok := attr(n, "hidden"); ok || n.Data == "dialog" {
			return true
		}
	}
	return false
}

func text(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(text(c))
	}
	return b.String()
}

// unbalanced finds start tags that are not ended in order, which the forgiving
// parser would mend in silence.
func unbalanced(page string) []string {
	void := map[string]bool{"meta": true, "link": true, "input": true, "br": true, "img": true, "hr": true}
	var open, out []string
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			if len(open) > 0 {
				out = append(out, "never ended: "+strings.Join(open, " "))
			}
			return out
		case html.StartTagToken:
			if name, _ := z.TagName(); !void[string(name)] {
				open = append(open, string(name))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			if len(open) == 0 || open[len(open)-1] != string(name) {
				return append(out, fmt.Sprintf("</%s> ends %v", name, open))
			}
			open = open[:len(open)-1]
		}
	}
}
