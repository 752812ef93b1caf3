package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"filippo.io/age"

	"holdfast"
)

// A Seal says to whom a backup is encrypted. The zero Seal is refused.
type Seal struct {
	recipients   []age.Recipient
	Fingerprints []string // of the recipients, or "passphrase", or "nobody"

	// DangerPlain writes the backup as it is: whoever reads it has everything,
	// with the master key in it every secret too.
	DangerPlain bool
}

func (s Seal) check() error {
	if len(s.recipients) == 0 && !s.DangerPlain {
		return holdfast.Errorf(holdfast.Invalid, "backup_plain",
			"A backup holds everything, so it is written encrypted: give --recipient age1…, --recipients-file FILE or --passphrase-file FILE.")
	}
	return nil
}

// ToRecipients reads public keys as age writes them, one a line; age-keygen
// makes a pair.
func ToRecipients(text string) (Seal, error) {
	recipients, err := age.ParseRecipients(strings.NewReader(text))
	if err != nil {
		return Seal{}, holdfast.Errorf(holdfast.Invalid, "backup_recipient",
			"This is no list of age recipients. Write the public key, age1…, that age-keygen printed.").Because(err)
	}
	s := Seal{recipients: recipients}
	for _, r := range recipients {
		s.Fingerprints = append(s.Fingerprints, fingerprint(fmt.Sprint(r)))
	}
	return s, nil
}

// fingerprint names a public key in a few characters.
func fingerprint(recipient string) string {
	h := sha256.Sum256([]byte(recipient))
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(h[:15])
}

// minPassphrase is in characters. Whoever has the file can guess for ever, at
// about a second each: age's scrypt.
const minPassphrase = 12

// ToPassphrase encrypts under a passphrase.
func ToPassphrase(p string) (Seal, error) {
	if len([]rune(p)) < minPassphrase {
		return Seal{}, holdfast.Errorf(holdfast.Invalid, "backup_passphrase",
			"The passphrase has fewer than %d characters: whoever finds the backup could guess it. Use several words.", minPassphrase)
	}
	r, err := age.NewScryptRecipient(p)
	return Seal{recipients: []age.Recipient{r}, Fingerprints: []string{"passphrase"}}, err
}

// ReadPassphrase takes the first line of a file.
func ReadPassphrase(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("--passphrase-file: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

func (s Seal) writer(to io.Writer) (io.WriteCloser, error) {
	if s.DangerPlain {
		return keepOpen{to}, nil
	}
	return age.Encrypt(to, s.recipients...)
}

// keepOpen is a Writer that somebody else closes.
type keepOpen struct{ io.Writer }

func (keepOpen) Close() error { return nil }

// An Opener is what may open a backup. The zero Opener opens plain ones.
type Opener struct {
	identities []age.Identity
	passphrase bool
}

// ByIdentities reads an identity file: AGE-SECRET-KEY-1… lines.
func ByIdentities(text []byte) (Opener, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return Opener{}, holdfast.Errorf(holdfast.Invalid, "backup_identity",
			"This is no identity file of age: it has lines that begin with AGE-SECRET-KEY-1.").Because(err)
	}
	return Opener{identities: ids}, nil
}

// maxWork bounds scrypt's log N: what a stranger's file may ask of this host is
// 1 GiB and some five seconds.
const maxWork = 20

// ByPassphrase opens what ToPassphrase sealed.
func ByPassphrase(p string) (Opener, error) {
	id, err := age.NewScryptIdentity(p)
	if err != nil {
		return Opener{}, errWrongPassphrase.Because(err)
	}
	id.SetMaxWorkFactor(maxWork)
	return Opener{identities: []age.Identity{id}, passphrase: true}, nil
}

var (
	ageMagic  = []byte("age-encryption.org/")
	gzipMagic = []byte{0x1f, 0x8b}
)

// reader opens the envelope.
func (o Opener) reader(from io.Reader) (io.Reader, error) {
	b := bufio.NewReaderSize(from, 64<<10)
	start, err := b.Peek(len(ageMagic))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	var packed io.Reader = b
	switch {
	case bytes.HasPrefix(start, gzipMagic):
	case !bytes.Equal(start, ageMagic):
		return nil, errNoBackup
	case len(o.identities) == 0:
		return nil, errNeedIdentity
	default:
		if packed, err = age.Decrypt(b, o.identities...); err != nil {
			return nil, o.refused(err)
		}
	}
	z, err := gzip.NewReader(packed)
	if err != nil {
		return nil, readError(err)
	}
	return z, nil
}

// refused says why the envelope does not open.
func (o Opener) refused(err error) error {
	var nobody *age.NoIdentityMatchError
	switch {
	case errors.As(err, &nobody) && o.passphrase, errors.Is(err, age.ErrIncorrectIdentity) && o.passphrase:
		return errWrongPassphrase.Because(err)
	case errors.As(err, &nobody):
		return errWrongIdentity.Because(err)
	}
	return readError(err)
}

// readError tells a file that was cut off from one that was changed.
func readError(err error) error {
	if errors.As(err, new(*holdfast.Error)) {
		return err
	}
	if pe := new(os.PathError); errors.As(err, &pe) {
		return err // of the disk, not of the file
	}
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return errTruncated.Because(io.ErrUnexpectedEOF) // not io.EOF, which is how a whole one ends
	}
	return errBroken.Because(err)
}
