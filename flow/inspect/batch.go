package inspect

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Batch judges the elements of a JSON array as they arrive, workers at a time,
// and emits the verdicts in the array's order. What is wrong with one element
// is its own verdict; what is wrong with the array itself (cut off, not an
// array, data after it) is one more, without a name. It returns what r or emit
// fails with.
func (b *Bench) Batch(r io.Reader, workers int, emit func(Verdict) error) error {
	workers = max(workers, 1)
	queue := make(chan chan Verdict, 4*workers) // in the order of the array
	places := make(chan struct{}, workers)
	done := make(chan struct{}) // closed when nobody listens any more
	var failed error
	go func() {
		defer close(queue)
		failed = split(bufio.NewReaderSize(r, 64<<10), func(element []byte, wrong error) bool {
			answer := make(chan Verdict, 1)
			places <- struct{}{}
			go func() {
				answer <- b.judgeElement(element, wrong)
				<-places
			}()
			select {
			case queue <- answer:
				return true
			case <-done:
				return false
			}
		})
	}()
	for answer := range queue {
		if err := emit(<-answer); err != nil {
			close(done)
			for range queue { // let the reader end
			}
			return err
		}
	}
	return failed
}

func (b *Bench) judgeElement(element []byte, wrong error) Verdict {
	if wrong != nil {
		var v Verdict
		v.reject(wrong)
		return v
	}
	return b.Judge(element)
}

// split cuts a JSON array into its elements without judging them: it only
// follows brackets and strings. It yields each element, or what is wrong with
// the array, until yield says no.
func split(r *bufio.Reader, yield func(element []byte, wrong error) bool) error {
	if bom, _ := r.Peek(3); bytes.Equal(bom, []byte("\uFEFF")) {
		r.Discard(3)
	}
	first, err := nextByte(r)
	if err != nil || first != '[' {
		yield(nil, errors.New("the batch is not a JSON array"))
		return readError(err)
	}
	s := splitter{yield: yield}
	for {
		c, err := r.ReadByte()
		if err != nil {
			return s.cutOff(err)
		}
		if more := s.take(c); !more {
			break
		}
	}
	if s.stopped {
		return nil
	}
	if _, err := nextByte(r); err == nil {
		yield(nil, errors.New("data follows the batch"))
	} else {
		return readError(err)
	}
	return nil
}

// splitter holds the element under way.
type splitter struct {
	yield   func([]byte, error) bool
	element []byte
	tooLong bool
	elements,
	depth int
	quoted, escaped bool
	stopped         bool
}

// take reads one byte and is false at the end of the array.
func (s *splitter) take(c byte) bool {
	switch {
	case s.escaped:
		s.escaped = false
	case s.quoted:
		s.escaped = c == '\\'
		s.quoted = c != '"'
	case c == '"':
		s.quoted = true
	case c == '{' || c == '[':
		s.depth++
	case s.depth > 0 && (c == '}' || c == ']'):
		s.depth--
	case s.depth == 0 && c == ']':
		if s.elements > 0 || len(bytes.TrimSpace(s.element)) > 0 {
			s.end()
		}
		return false
	case s.depth == 0 && c == ',':
		return s.end()
	}
	if len(s.element) > MaxCase {
		s.tooLong = true
		return true
	}
	s.element = append(s.element, c)
	return true
}

// end yields the element under way and begins the next.
func (s *splitter) end() bool {
	element, wrong := bytes.TrimSpace(s.element), error(nil)
	switch {
	case s.tooLong:
		wrong = errors.New("the case is too long")
	case len(element) == 0:
		wrong = errors.New("nothing between two commas of the batch")
	}
	s.element, s.tooLong = nil, false
	s.elements++
	s.stopped = !s.yield(element, wrong)
	return !s.stopped
}

func (s *splitter) cutOff(err error) error {
	if len(bytes.TrimSpace(s.element)) > 0 && !s.end() {
		return nil
	}
	s.yield(nil, errors.New("the batch is cut off: its closing bracket is missing"))
	return readError(err)
}

func nextByte(r *bufio.Reader) (byte, error) {
	for {
		c, err := r.ReadByte()
		if err != nil || c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return c, err
		}
	}
}

// readError is nil at the end of the input.
func readError(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
