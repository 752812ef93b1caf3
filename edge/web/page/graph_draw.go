package page

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// The drawing: lines first, then boxes from the goal backwards. What a box says
// while it has the focus or the pointer opens above it or at its right, over
// what was drawn before it: no script and no order of layers is needed.

// Sizes in CSS pixels.
const (
	margin  = 14.0
	tipW    = 280.0
	tipEm   = 12.5
	tipLine = 17.0
	tipPad  = 10.0
)

// Draw is g as inline SVG, at its natural size: text of 12 pixels and more. Of
// a graph without a goal it is nothing.
func (g Graph) Draw() Picture {
	g = g.Folded(GraphMost)
	if len(g.Nodes) == 0 {
		return ""
	}
	if g.ID == "" {
		g.ID = "graph"
	}
	p := &pen{layout: lay(g)}
	p.w, p.h = p.layout.w+2*margin, p.layout.h+2*margin
	p.h = max(p.h, 170)
	p.shift = margin + (p.h-2*margin-p.layout.h)/2
	p.open()
	for i := range p.links {
		p.link(p.links[i])
	}
	for _, column := range p.columns {
		for _, b := range column {
			p.box(p.boxes[b])
		}
	}
	p.b.WriteString("</svg>")
	return Picture(p.b.String()) //nolint:gosec // numbers, constants and escaped text
}

type pen struct {
	*layout
	b     strings.Builder
	w, h  float64
	shift float64 // of every y
}

func (p *pen) printf(format string, a ...any) { fmt.Fprintf(&p.b, format, a...) }

var escape = template.HTMLEscapeString

func (p *pen) open() {
	g := p.g
	p.printf(`<svg class="graph" width="%.0f" height="%.0f" viewBox="0 0 %.0f %.0f" role="group" aria-labelledby="%s-title" aria-describedby="%s-text"><title id="%s-title">%s</title><desc id="%s-text">%s</desc>`,
		p.w, p.h, p.w, p.h, escape(g.ID), escape(g.ID), escape(g.ID), escape(g.Title), escape(g.ID), escape(g.Text))
	for _, m := range []string{"", "-weak"} {
		p.printf(`<marker id="%s-tip%s" class="tip%s" viewBox="0 0 8 8" refX="7.5" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5 8 4 0 7.5z"/></marker>`, escape(g.ID), m, m)
	}
}

// link is a line with soft bends; its end at a head has a point.
func (p *pen) link(k link) {
	class, m := "flow", ""
	if k.weak {
		class, m = "flow weak", "-weak"
	}
	a, z := p.boxes[k.via[0]], p.boxes[k.via[len(k.via)-1]]
	var d strings.Builder
	if k.back {
		class += " back"
		ax, ay, zx, zy := a.x+a.w/2+margin, a.y+a.h+p.shift, z.x+z.w/2+margin, z.y+z.h+p.shift
		fmt.Fprintf(&d, "M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", ax, ay, ax, ay+26, zx, zy+26, zx, zy)
	} else {
		x, y := a.x+a.w+margin, a.middle()+p.shift
		fmt.Fprintf(&d, "M%.1f %.1f", x, y)
		for _, v := range k.via[1:] {
			b := p.boxes[v]
			nx, ny := b.x+margin, b.middle()+p.shift
			if b.node >= 0 && p.g.Nodes[b.node].Weak {
				nx -= 4 // the second border
			}
			half := (nx - x) / 2
			fmt.Fprintf(&d, "C%.1f %.1f %.1f %.1f %.1f %.1f", x+half, y, nx-half, ny, nx, ny)
			if x, y = nx, ny; b.lane() {
				x += b.w
				fmt.Fprintf(&d, "H%.1f", x)
			}
		}
	}
	point := ""
	if z.node >= 0 || k.back {
		point = fmt.Sprintf(` marker-end="url(#%s-tip%s)"`, escape(p.g.ID), m)
	}
	p.printf(`<path class="%s" d="%s"%s/>`, class, d.String(), point)
}

func (p *pen) box(b box) {
	switch {
	case b.node >= 0:
		p.node(b, p.g.Nodes[b.node])
	case b.step >= 0:
		p.step(b, p.g.Steps[b.step])
	}
}

// known is the class of a border: drawn through, dashed, dotted.
func known(e Evidence) string {
	switch e {
	case Proven:
		return "observed"
	case Claimed:
		return "declared"
	}
	return "assumed"
}

// enter opens the element that takes the focus, by words that say all that the
// picture says there.
func (p *pen) enter(class, url string, words []string) (leave string) {
	said := escape(strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ". "))
	if url != "" {
		p.printf(`<a class="%s" href="%s" aria-label="%s">`, class, escape(url), said)
		return "</a>"
	}
	p.printf(`<g class="%s" tabindex="0" role="img" aria-label="%s">`, class, said)
	return "</g>"
}

func (p *pen) node(b box, n GraphNode) {
	class, mark := "node "+string(n.Kind)+" "+known(n.Known), ""
	if n.ID == p.g.Goal {
		class += " goal"
	}
	if n.Weak {
		class, mark = class+" weak", "On the weakest path"
	}
	leave := p.enter(class, n.URL, append([]string{capital(n.Label), mark}, n.Lines...))
	x, y := b.x+margin, b.y+p.shift
	if n.Weak { // a second border: told apart without colour
		p.printf(`<rect class="halo" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="10"/>`, x-3.5, y-3.5, b.w+7, b.h+7)
	}
	p.printf(`<rect class="shape" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="7"/>`, x, y, b.w, b.h)
	if d := strokes(n.Icon); d != "" {
		p.printf(`<g class="sign" transform="translate(%.1f %.1f) scale(0.75)">%s</g>`, x+7, y+b.h/2-9, d)
	}
	p.words(b.label, x+iconW+pad-3, y+b.h/2, lineH, "start", "")
	p.tip(b, n.Label, n.Lines)
	p.b.WriteString(leave)
}

func (p *pen) step(b box, s GraphStep) {
	class, mark, name, lines := "step "+known(s.Known), "", capital(s.Label), s.Lines
	takes := s.Takes()
	if takes != "" {
		name, lines = takes+": "+name, append([]string{"Takes " + takes + "."}, lines...)
	}
	if s.More > 0 {
		class = "step more"
	}
	if s.Weak > 0 { // the name says what is drawn, in its order
		class, mark, name = class+" weak", "On the weakest path", fmt.Sprintf("%d. %s", s.Weak, name)
	}
	leave := p.enter(class, s.URL, append([]string{name, mark}, s.Lines...))
	x, y := b.x+margin, b.y+p.shift
	p.printf(`<rect class="shape" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.1f"/>`, x, y, b.w, b.h, min(b.h/2, 16))
	if s.Weak > 0 {
		p.printf(`<circle class="place" cx="%.1f" cy="%.1f" r="10"/><text class="place" x="%.1f" y="%.1f" text-anchor="middle">%d</text> `, x+4, y+1, x+4, y+5.4, s.Weak)
	}
	center := y + b.h/2
	if takes != "" {
		p.words([]string{takes}, x+b.w/2, y+pad+5, lineH, "middle", "takes")
		p.b.WriteByte(' ')
		center += (lineH - 1) / 2
	}
	p.words(b.label, x+b.w/2, center, lineH-1, "middle", "")
	p.tip(b, s.Label, lines)
	p.b.WriteString(leave)
}

// words are lines around a middle; each stands at the place of its own.
func (p *pen) words(lines []string, x, middle, step float64, anchor, class string) {
	if class != "" {
		class = ` class="` + class + `"`
	}
	p.printf(`<text%s text-anchor="%s">`, class, anchor)
	y := middle - float64(len(lines)-1)*step/2 + 4.4
	for i, line := range lines {
		whole := strings.TrimSuffix(line, broken)
		p.printf(`<tspan x="%.1f" y="%.1f">%s</tspan>`, x, y+float64(i)*step, escape(whole))
		if i < len(lines)-1 && whole == line {
			p.b.WriteByte(' ')
		}
	}
	p.b.WriteString("</text>")
}

// tip is what a box says when it is looked at.
func (p *pen) tip(b box, title string, lines []string) {
	w := p.tipWide(b)
	head := wrap(capital(title), tipEm*1.04, w-2*tipPad, 4)
	var rest []string
	for _, line := range lines {
		rest = append(rest, wrap(line, tipEm, w-2*tipPad, 4)...)
	}
	if len(rest) > 9 {
		rest = append(rest[:8:8], "…")
	}
	h := float64(len(head)+len(rest))*tipLine + 2*tipPad - 4
	x, y := p.tipAt(b, h)
	p.printf(`<g class="says" aria-hidden="true"><rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="7"/>`, x, y, w, h)
	p.words(head, x+tipPad, y+tipPad+4+float64(len(head)-1)*tipLine/2, tipLine, "start", "title")
	if len(rest) > 0 {
		p.words(rest, x+tipPad, y+tipPad+4+float64(len(head))*tipLine+float64(len(rest)-1)*tipLine/2, tipLine, "start", "")
	}
	p.b.WriteString("</g>")
}

// tipWide is how wide the words of a box are: no wider than what is at its
// right, and those of the goal no wider than it is.
func (p *pen) tipWide(b box) float64 {
	if b.column == 0 {
		return b.w
	}
	return min(tipW, p.w-2-(b.x+margin+b.w))
}

// tipAt is above the box, or else at its right, or, of the goal, below it: never
// over what is drawn later. It touches the box, so that the pointer can go over
// to it.
func (p *pen) tipAt(b box, h float64) (x, y float64) {
	x, y = b.x+margin, b.y+p.shift
	w := p.tipWide(b)
	switch {
	case y-h >= 2:
		return min(x, p.w-w-2), y - h
	case x+b.w+w <= p.w-2:
		return x + b.w, min(max(2, y), max(2, p.h-h-2))
	default:
		return min(x, p.w-w-2), min(y+b.h, max(2, p.h-h-2))
	}
}
