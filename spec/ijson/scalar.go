package ijson

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// number reads RFC 8259 §6.
func (r *reader) number() (Value, error) {
	start := r.i
	if r.s[r.i] == '-' {
		r.i++
	}
	whole := r.digits()
	if whole == 0 || whole > 1 && r.s[r.i-whole] == '0' {
		return Value{}, r.errorf("malformed number")
	}
	if r.i < len(r.s) && r.s[r.i] == '.' {
		r.i++
		if r.digits() == 0 {
			return Value{}, r.errorf("malformed fraction")
		}
	}
	if r.i < len(r.s) && r.s[r.i]|0x20 == 'e' {
		r.i++
		if r.i < len(r.s) && (r.s[r.i] == '+' || r.s[r.i] == '-') {
			r.i++
		}
		if r.digits() == 0 {
			return Value{}, r.errorf("malformed exponent")
		}
	}
	return Value{kind: Number, text: r.s[start:r.i]}, nil
}

func (r *reader) digits() (n int) {
	for r.i < len(r.s) && r.s[r.i] >= '0' && r.s[r.i] <= '9' {
		r.i++
		n++
	}
	return n
}

// Int is the value of an integer that is written as one: 1.0 and 1e0 are not.
func (v Value) Int() (int64, bool) {
	if v.kind != Number {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}

// string reads RFC 8259 §7 from the quote at i. Text without escapes shares
// the memory of the input.
func (r *reader) string() (string, error) {
	r.i++
	start := r.i
	for r.i < len(r.s) {
		switch c := r.s[r.i]; {
		case c == '"':
			r.i++
			return r.s[start : r.i-1], nil
		case c == '\\':
			return r.escaped(start)
		case c < 0x20:
			return "", r.errorf("control character in a string")
		}
		r.i++
	}
	return "", r.errorf("unfinished string")
}

func (r *reader) escaped(start int) (string, error) {
	var b strings.Builder
	b.WriteString(r.s[start:r.i])
	for r.i < len(r.s) {
		c := r.s[r.i]
		switch {
		case c == '"':
			r.i++
			return b.String(), nil
		case c < 0x20:
			return "", r.errorf("control character in a string")
		case c != '\\':
			b.WriteByte(c)
			r.i++
			continue
		}
		char, err := r.escape()
		if err != nil {
			return "", err
		}
		b.WriteRune(char)
	}
	return "", r.errorf("unfinished string")
}

// escape reads one escape from the backslash at i. RFC 7493 §2.1: a surrogate
// that stands alone is no character.
func (r *reader) escape() (rune, error) {
	if r.i+1 >= len(r.s) {
		return 0, r.errorf("unfinished escape")
	}
	c := r.s[r.i+1]
	if at := strings.IndexByte(`"\/bfnrt`, c); at >= 0 {
		r.i += 2
		return rune("\"\\/\b\f\n\r\t"[at]), nil
	}
	char, ok := r.unit()
	if !ok {
		return 0, r.errorf("unknown escape")
	}
	if !utf16.IsSurrogate(char) {
		return char, nil
	}
	low, ok := r.unit()
	if pair := utf16.DecodeRune(char, low); ok && pair != utf8.RuneError {
		return pair, nil
	}
	return 0, r.errorf("surrogate without its other half")
}

// unit reads \uXXXX.
func (r *reader) unit() (rune, bool) {
	if len(r.s)-r.i < 6 || r.s[r.i] != '\\' || r.s[r.i+1] != 'u' {
		return 0, false
	}
	var n rune
	for _, c := range []byte(r.s[r.i+2 : r.i+6]) {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if c >= '0' && c <= '9' {
			digit = int(c - '0')
		}
		if digit < 0 || digit < 10 && (c < '0' || c > '9') {
			return 0, false
		}
		n = n<<4 | rune(digit)
	}
	r.i += 6
	return n, true
}
