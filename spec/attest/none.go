package attest

// verifyNone is L3 §8.7: attStmt is the empty map.
func verifyNone(o Object) (Judgement, error) {
	if len(o.Statement) != 1 || o.Statement[0] != 0xa0 {
		return Judgement{}, refuse(Malformed, "none: the statement is not an empty map")
	}
	return Judgement{Kind: None, Reason: NoStatement, Why: "the authenticator gave no attestation"}, nil
}
