package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
)

// wire is one kept connection that speaks as much HTTP/1.1 as the load needs:
// requests are bytes made beforehand, answers have a Content-Length. The load
// shares the processors with the server, so what it saves counts.
type wire struct {
	net.Conn
	in   *bufio.Reader
	body []byte
}

func dial(addr string) (*wire, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return newWire(c), nil
}

func newWire(c net.Conn) *wire { return &wire{Conn: c, in: bufio.NewReaderSize(c, 8<<10)} }

// do sends a request and gives the answer's status and body, which is valid
// until the next do.
func (w *wire) do(request []byte) (status int, body []byte, err error) {
	if _, err := w.Write(request); err != nil {
		return 0, nil, err
	}
	line, err := w.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, err
	}
	length, err := w.headers()
	if err != nil {
		return 0, nil, err
	}
	if length < 0 { // only start asks for a page, which comes in chunks
		return status, nil, nil
	}
	w.body = append(w.body[:0], make([]byte, length)...)
	_, err = io.ReadFull(w.in, w.body)
	return status, w.body, err
}

func (w *wire) headers() (length int, err error) {
	length = -1
	for {
		line, err := w.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			return length, nil
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return 0, err
			}
		}
	}
}

// member gives the text of a JSON member that has nothing to escape.
func member(body []byte, name string) ([]byte, error) {
	_, rest, ok := bytes.Cut(body, []byte(`"`+name+`":"`))
	if value, _, end := bytes.Cut(rest, []byte(`"`)); ok && end {
		return value, nil
	}
	return nil, errors.New("the answer has no member " + name)
}
