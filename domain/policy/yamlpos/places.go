package yamlpos

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// Places knows where each value of a document stands.
type Places struct {
	file  string
	lines []string
	of    map[string]place
	order []string
}

type place struct{ key, value *yaml.Node }

func newPlaces(file string, text []byte) *Places {
	return &Places{file: file, lines: strings.Split(string(text), "\n"), of: map[string]place{}}
}

func (p *Places) position(line, column int) Position { return Position{p.file, line, column} }

func (p *Places) put(path string, n *yaml.Node) {
	if _, ok := p.of[path]; !ok {
		p.order = append(p.order, path)
	}
	p.of[path] = place{value: n}
}

func (p *Places) putKey(path string, k *yaml.Node) {
	if at, ok := p.of[path]; ok {
		at.key = k
		p.of[path] = at
	}
}

// Has says whether something is written at path.
func (p *Places) Has(path string) bool {
	_, ok := p.of[path]
	return ok
}

// Text is the single value at path as it is written; empty for others.
func (p *Places) Text(path string) string {
	if at, ok := p.of[path]; ok && at.value.Kind == yaml.ScalarNode {
		return at.value.Value
	}
	return ""
}

// Paths lists all that is written, in the order of the text.
func (p *Places) Paths() []string { return p.order }

// At is where the value at path stands, or what is around it.
func (p *Places) At(path string) Position {
	at, ok := p.around(path)
	if !ok {
		return Position{File: p.file}
	}
	return p.position(at.value.Line, at.value.Column)
}

// KeyAt is where the key of the value at path stands, or what is around it.
func (p *Places) KeyAt(path string) Position {
	at, ok := p.around(path)
	switch {
	case !ok:
		return Position{File: p.file}
	case at.key == nil || !p.Has(path):
		return p.At(path)
	}
	return p.position(at.key.Line, at.key.Column)
}

func (p *Places) around(path string) (place, bool) {
	for {
		if at, ok := p.of[path]; ok {
			return at, true
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			break
		}
		path = path[:i]
	}
	at, ok := p.of[""]
	return at, ok
}

// firstColumn is where the text of a line begins.
func (p *Places) firstColumn(line int) int {
	if line < 1 || line > len(p.lines) {
		return 1
	}
	s := p.lines[line-1]
	return 1 + len(s) - len(strings.TrimLeft(s, " \t"))
}

// breaks is the first line with which the text is no YAML, and none that follows
// makes it so again, as the rest of a list over several lines would. It is line
// or one after it.
func (p *Places) breaks(line int) int {
	const ahead = 40 // lines of a list or text over several
	good, bad := line-1, len(p.lines)
	for good < bad && p.reads(good) {
		for low, high := good, bad; low+1 < high; {
			if middle := (low + high) / 2; p.reads(middle) {
				good, low = middle, middle
			} else {
				bad, high = middle, middle
			}
		}
		bad = good + 1
		next := bad + 1
		for next <= min(bad+ahead, len(p.lines)-1) && !p.reads(next) {
			next++
		}
		if next > min(bad+ahead, len(p.lines)-1) {
			return bad
		}
		good, bad = next, len(p.lines)
	}
	return line
}

// reads says whether the first lines alone are YAML.
func (p *Places) reads(lines int) bool {
	var n yaml.Node
	err := yaml.Unmarshal([]byte(strings.Join(p.lines[:max(lines, 0)], "\n")), &n)
	return err == nil
}

// Inside is where a character of the text at path stands in the file. line and
// column begin at 1 and count within the value, columns by character. Quotes,
// escapes, folded lines and block scalars are followed.
func (p *Places) Inside(path string, line, column int) Position {
	at, ok := p.of[path]
	if !ok || at.value.Kind != yaml.ScalarNode {
		return p.At(path)
	}
	n := at.value
	if n.Style&yaml.LiteralStyle != 0 {
		return p.insideLiteral(n, line, column)
	}
	w := walker{lines: p.lines, line: n.Line - 1, column: n.Column - 1, quote: n.Style}
	switch {
	case n.Style&yaml.FoldedStyle != 0:
		w.line, w.column = w.line+1, 0
		w.blanks()
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		w.column++
	}
	for i := index(n.Value, line, column); i > 0; {
		i -= w.step()
	}
	w.settle()
	return p.position(w.line+1, w.column+1)
}

func (p *Places) insideLiteral(n *yaml.Node, line, column int) Position {
	indent := 0
	for i := n.Line; i < len(p.lines); i++ {
		if trimmed := strings.TrimLeft(p.lines[i], " "); strings.TrimSpace(trimmed) != "" {
			indent = len(p.lines[i]) - len(trimmed)
			break
		}
	}
	return p.position(min(n.Line+line, len(p.lines)), indent+column)
}

// index is how many characters stand before line and column of a text.
func index(text string, line, column int) int {
	before := 0
	for _, l := range strings.SplitAfter(text, "\n") {
		if line <= 1 {
			break
		}
		before += len([]rune(l))
		line--
	}
	return min(before+column-1, len([]rune(text)))
}

// walker goes over the source of a scalar, a character of its value at a time.
type walker struct {
	lines        []string
	line, column int // from 0
	quote        yaml.Style
}

func (w *walker) rest() []rune {
	if w.line >= len(w.lines) {
		return nil
	}
	r := []rune(strings.TrimSuffix(w.lines[w.line], "\r"))
	return r[min(w.column, len(r)):]
}

// blanks goes to the first character of this line that is none.
func (w *walker) blanks() {
	for _, r := range w.rest() {
		if r != ' ' && r != '\t' {
			return
		}
		w.column++
	}
}

// step goes over what makes one character of the value, or several where lines
// are folded, and says how many.
func (w *walker) step() int {
	rest := w.rest()
	if strings.TrimSpace(string(rest)) == "" {
		return w.fold()
	}
	switch {
	case w.quote&yaml.SingleQuotedStyle != 0 && len(rest) > 1 && rest[0] == '\'' && rest[1] == '\'':
		w.column += 2
	case w.quote&yaml.DoubleQuotedStyle != 0 && rest[0] == '\\':
		return w.escape(rest)
	default:
		w.column++
	}
	return 1
}

// fold goes over the end of a line: it is a space, and each empty line after it
// a line feed.
func (w *walker) fold() int {
	breaks := 0
	for strings.TrimSpace(string(w.rest())) == "" {
		if w.line+1 >= len(w.lines) {
			return 1 << 30 // the end of the file: stop here
		}
		w.line, w.column = w.line+1, 0
		breaks++
	}
	w.blanks()
	return max(1, breaks-1)
}

// settle goes over an escaped line break before the character that is meant.
func (w *walker) settle() {
	for w.quote&yaml.DoubleQuotedStyle != 0 && string(w.rest()) == "\\" && w.line+1 < len(w.lines) {
		w.line, w.column = w.line+1, 0
		w.blanks()
	}
}

func (w *walker) escape(rest []rune) int {
	length := 2
	if len(rest) > 1 {
		switch rest[1] {
		case 'x':
			length = 4
		case 'u':
			length = 6
		case 'U':
			length = 10
		}
	} else { // an escaped line break is nothing
		w.line, w.column = w.line+1, 0
		w.blanks()
		if w.line >= len(w.lines) {
			return 1 << 30
		}
		return 0
	}
	w.column += length
	return 1
}
