package cose

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxNesting bounds the depth of an item. CTAP2 §8 allows four levels in a
// message; a compound attestation object needs six, and nobody needs more.
const maxNesting = 8

var errTruncated = errors.New("CBOR ends too early")

// CutItem splits data after its first CBOR item, which must be in the CTAP2
// canonical form (CTAP 2.2 §8): integers and lengths as short as possible, no
// indefinite length, no tag, map keys sorted and unique, text in UTF-8. It
// allocates nothing. The item says what it holds; decode it afterwards.
func CutItem(data []byte) (item, rest []byte, err error) {
	return cut(data, form{sorted: true})
}

// CutUnsortedItem is CutItem but for the order of map keys. Browsers, not
// authenticators, put attestation objects together, and some do not sort.
func CutUnsortedItem(data []byte) (item, rest []byte, err error) {
	return cut(data, form{})
}

func cut(data []byte, f form) (item, rest []byte, err error) {
	n, err := f.length(data, maxNesting)
	if err != nil {
		return nil, nil, err
	}
	return data[:n], data[n:], nil
}

// form is what is asked of an item.
type form struct{ sorted bool }

// length is that of the item at the start of b.
func (f form) length(b []byte, depth int) (int, error) {
	if depth == 0 {
		return 0, errors.New("CBOR is nested too deeply")
	}
	major, arg, n, err := head(b)
	if err != nil {
		return 0, err
	}
	switch major {
	case 0, 1:
		return n, nil
	case 2, 3:
		if arg > uint64(len(b)-n) {
			return 0, errTruncated
		}
		end := n + int(arg)
		if major == 3 && !utf8.Valid(b[n:end]) {
			return 0, errors.New("CBOR text is not UTF-8")
		}
		return end, nil
	case 4:
		return f.array(b, n, arg, depth)
	case 5:
		return f.mapping(b, n, arg, depth)
	case 6:
		return 0, errors.New("CBOR tags are not canonical")
	}
	return simple(b, arg, n)
}

func (f form) array(b []byte, n int, count uint64, depth int) (int, error) {
	for range count {
		m, err := f.length(b[n:], depth-1)
		if err != nil {
			return 0, err
		}
		n += m
	}
	return n, nil
}

// maxUnsorted bounds the members of a map whose keys need not be sorted, and
// so must be held each against each. Statements have at most seven.
const maxUnsorted = 16

func (f form) mapping(b []byte, n int, count uint64, depth int) (int, error) {
	if !f.sorted && count > maxUnsorted {
		return 0, fmt.Errorf("CBOR map with more than %d members", maxUnsorted)
	}
	var last []byte
	var keys [maxUnsorted][]byte
	for i := range count {
		m, err := f.length(b[n:], depth-1)
		if err != nil {
			return 0, err
		}
		key := b[n : n+m]
		if f.sorted {
			if i > 0 && !keyLess(last, key) {
				return 0, fmt.Errorf("CBOR map keys %.32x and %.32x are duplicate or out of order", last, key)
			}
			last = key
		} else {
			if holds(keys[:i], key) {
				return 0, fmt.Errorf("CBOR map key %.32x is duplicate", key)
			}
			keys[i] = key
		}
		n += m
		if m, err = f.length(b[n:], depth-1); err != nil {
			return 0, err
		}
		n += m
	}
	return n, nil
}

func holds(keys [][]byte, key []byte) bool {
	for _, k := range keys {
		if bytes.Equal(k, key) {
			return true
		}
	}
	return false
}

// keyLess is the order of CTAP 2.2 §8: major type, then length, then bytes.
func keyLess(a, b []byte) bool {
	if a[0]>>5 != b[0]>>5 {
		return a[0]>>5 < b[0]>>5
	}
	if len(a) != len(b) {
		return len(a) < len(b)
	}
	return bytes.Compare(a, b) < 0
}

// simple allows false, true, null, undefined and the three floats: an
// authenticator extension may hold them. Other simple values are unassigned.
func simple(b []byte, arg uint64, n int) (int, error) {
	switch info := b[0] & 31; {
	case info >= 20 && info <= 23, info >= 25 && info <= 27:
		return n, nil
	}
	return 0, fmt.Errorf("CBOR simple value %d is not canonical", arg)
}

// head reads the first byte of an item and its argument.
func head(b []byte) (major byte, arg uint64, n int, err error) {
	if len(b) == 0 {
		return 0, 0, 0, errTruncated
	}
	major, info := b[0]>>5, b[0]&31
	if info < 24 {
		return major, uint64(info), 1, nil
	}
	if info > 27 {
		return 0, 0, 0, errors.New("CBOR of indefinite length is not canonical")
	}
	size := 1 << (info - 24)
	if len(b) < 1+size {
		return 0, 0, 0, errTruncated
	}
	var wide [8]byte
	copy(wide[8-size:], b[1:1+size])
	arg = binary.BigEndian.Uint64(wide[:])
	if major != 7 && !shortest(arg, size) {
		return 0, 0, 0, errors.New("CBOR integer or length is longer than need be")
	}
	return major, arg, 1 + size, nil
}

// shortest says whether arg needs size bytes.
func shortest(arg uint64, size int) bool {
	if size == 1 {
		return arg >= 24
	}
	return arg>>(8*uint(size)/2) != 0
}
