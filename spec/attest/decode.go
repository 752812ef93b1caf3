package attest

import (
	"errors"

	"github.com/fxamacker/cbor/v2"

	"holdfast/spec/cose"
)

// decoding refuses members that a statement's syntax does not have, and names
// that differ in case.
var decoding = func() cbor.DecMode {
	mode, err := cbor.DecOptions{
		DupMapKey:         cbor.DupMapKeyEnforcedAPF,
		IndefLength:       cbor.IndefLengthForbidden,
		TagsMd:            cbor.TagsForbidden,
		ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
		FieldNameMatching: cbor.FieldNameMatchingCaseSensitive,
	}.DecMode()
	if err != nil {
		panic("attest: internal error: " + err.Error())
	}
	return mode
}()

// decode reads a statement: one CBOR map, canonical but for the order of its
// members, and nothing after it.
func decode(statement []byte, into any) error {
	_, rest, err := cose.CutUnsortedItem(statement)
	if err != nil {
		return err
	}
	if len(rest) > 0 || statement[0]>>5 != 5 {
		return errors.New("the statement is not one CBOR map")
	}
	return decoding.Unmarshal(statement, into)
}
