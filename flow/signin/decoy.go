package signin

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"io"
	"slices"

	"holdfast"
	"holdfast/domain/credential"
	"holdfast/domain/person"
	"holdfast/spec/webauthn"
)

// leastOffered is how many credentials a typed name is answered with at least.
// Most people have fewer, so most answers have this many, found or not.
const leastOffered = 3

// allowed lists the credentials for a typed name. Whoever asks cannot tell
// whether it exists: a real list is filled up with decoys, a missing one is all
// decoys; each decoy has the length and the transports of a real credential
// chosen by the name, so decoys are distributed as real ones are and stay the
// same for a name; both kinds of name cost the same queries.
func (f *Flow) allowed(ctx context.Context, name string) (holdfast.PersonID, []webauthn.Descriptor, error) {
	// An address that is none is looked up all the same.
	email, err := person.Email(name)
	if err != nil {
		email = "\u0001" + string(f.derive(name, "nobody", 0, 8))
		email = base64.RawURLEncoding.EncodeToString([]byte(email))
	}
	who, err := f.Store.PersonByEmail(ctx, email)
	if err != nil && holdfast.KindOf(err) != holdfast.NotFound {
		return "", nil, err
	}
	real, err := f.Store.CredentialsOf(ctx, who.ID)
	if err != nil {
		return "", nil, err
	}
	real = usable(real)
	if who.Status != person.Active {
		real = nil
	}
	list := describe(real)
	decoys, err := f.decoys(ctx, email)
	if err != nil {
		return "", nil, err
	}
	if len(real) == 0 {
		// An id that nobody has, so that the sealed ceremony is as long.
		return holdfast.NewPersonID(), sorted(decoys), nil
	}
	for _, d := range decoys {
		if len(list) >= leastOffered {
			break
		}
		list = append(list, d)
	}
	return who.ID, sorted(list), nil
}

// decoys makes as many as a real person chosen by the name would be answered with.
func (f *Flow) decoys(ctx context.Context, name string) ([]webauthn.Descriptor, error) {
	like, err := f.neighbour(ctx, name, 0)
	if err != nil {
		return nil, err
	}
	count := leastOffered
	if like.ID != "" {
		theirs, err := f.Store.CredentialsOf(ctx, like.Person)
		if err != nil {
			return nil, err
		}
		count = max(count, len(usable(theirs)))
	}
	var list []webauthn.Descriptor
	for i := range count {
		shape, err := f.neighbour(ctx, name, i+1)
		if err != nil {
			return nil, err
		}
		length, transports, be := 32, []string{"hybrid", "internal"}, true // before anybody has a passkey
		if shape.ID != "" {
			length, transports, be = len(rawID(shape.ID)), shape.Transports, shape.BE
		}
		list = append(list, webauthn.Descriptor{Type: "public-key", ID: f.decoyID(name, i, length, be), Transports: transports})
	}
	return list, nil
}

// neighbour is the real credential that lies next to a point chosen by the
// name: stable while others come and go, but for one that falls between.
func (f *Flow) neighbour(ctx context.Context, name string, i int) (credential.Record, error) {
	point := base64.RawURLEncoding.EncodeToString(f.derive(name, "point", i, 16))
	c, err := f.Store.CredentialAfter(ctx, holdfast.CredentialID(point))
	if holdfast.KindOf(err) == holdfast.NotFound {
		return credential.Record{}, nil
	}
	return c, err
}

// derive gives n bytes that are the same for the same name, and that nobody
// without the key can tell from random ones.
func (f *Flow) derive(name, use string, i, n int) []byte {
	var out []byte
	for block := uint32(0); len(out) < n; block++ {
		h := hmac.New(sha256.New, f.DecoyKey)
		io.WriteString(h, use+"\x00"+name+"\x00")
		binary.Write(h, binary.BigEndian, []uint32{uint32(i), block})
		out = h.Sum(out)
	}
	return out[:n]
}

func sorted(list []webauthn.Descriptor) []webauthn.Descriptor {
	slices.SortFunc(list, func(a, b webauthn.Descriptor) int { return bytes.Compare(a.ID, b.ID) })
	return list
}

// rawID is the credential id in bytes. What is stored was encoded by us.
func rawID(id holdfast.CredentialID) []byte {
	b, _ := base64.RawURLEncoding.DecodeString(string(id))
	return b
}

func credentialID(r *webauthn.AuthenticationResponse) holdfast.CredentialID {
	return holdfast.CredentialID(base64.RawURLEncoding.EncodeToString(r.ID))
}
