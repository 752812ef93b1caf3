package main

import (
	"context"
	"crypto/sha256"
	"time"

	"holdfast"
	"holdfast/domain/audit"
	"holdfast/domain/credential"
	"holdfast/domain/org"
	"holdfast/edge/store"
	"holdfast/spec/webauthn"
)

// relatedOrigins are the further addresses of the door, as they are now.
func (s *server) relatedOrigins(ctx context.Context) ([]string, error) {
	setting, err := s.db.Setting(ctx, org.SettingRelatedOrigins)
	if holdfast.KindOf(err) == holdfast.NotFound {
		return nil, nil
	}
	return org.RelatedOrigins(setting), err
}

// sameRPID refuses to open a database under another RP ID than the one that its
// passkeys were made under. It writes nothing: the log is signed in the name of
// the RP ID. A database that was founded before this was written down is asked
// by what its passkeys were made with, and is then unrecorded.
func (s *server) sameRPID(ctx context.Context) (unrecorded bool, err error) {
	recorded, err := s.db.Setting(ctx, org.SettingRPID)
	if err == nil {
		return false, s.otherRPID(ctx, recorded)
	}
	if holdfast.KindOf(err) != holdfast.NotFound {
		return false, err
	}
	if _, err := s.db.Setting(ctx, org.SettingReady); err != nil {
		if holdfast.KindOf(err) == holdfast.NotFound {
			return false, nil // nobody has a passkey yet; founding will write it down
		}
		return false, err
	}
	was, err := s.rpIDOfOldest(ctx)
	if err != nil {
		return false, err
	}
	return true, s.otherRPID(ctx, org.Setting{ID: org.SettingRPID, Value: was})
}

// recordRPID writes it down where sameRPID found that nobody had.
func (s *server) recordRPID(ctx context.Context) error {
	_, events := org.RecordRPID(s.cfg.RPID)
	return s.db.InTx(ctx, func(tx *store.Tx) error {
		return tx.Record(ctx, audit.By{Actor: holdfast.Actor{Kind: holdfast.ActorSystem}, At: time.Now()}, events...)
	})
}

func (s *server) otherRPID(ctx context.Context, recorded org.Setting) error {
	if recorded.Value == s.cfg.RPID {
		return nil
	}
	counts, err := s.db.CountCredentials(ctx)
	if err != nil {
		return err
	}
	return org.CheckRPID(recorded, s.cfg.RPID, counts[credential.Active])
}

// rpIDOfOldest finds the RP ID under which a passkey was made: the configured
// one, or another that the origin may have. Authenticators keep a hash only.
func (s *server) rpIDOfOldest(ctx context.Context) (string, error) {
	c, err := s.db.CredentialAfter(ctx, "")
	if holdfast.KindOf(err) == holdfast.NotFound {
		return s.cfg.RPID, nil
	}
	if err != nil {
		return "", err
	}
	raw, err := s.db.Registration(ctx, c.ID)
	if err != nil {
		return "", err
	}
	hash, err := webauthn.RPIDHash(raw.AttestationObject)
	if err != nil || hash == sha256.Sum256([]byte(s.cfg.RPID)) {
		return s.cfg.RPID, nil // what cannot be read tells nothing
	}
	for _, name := range s.cfg.PossibleRPIDs() {
		if hash == sha256.Sum256([]byte(name)) {
			return name, nil
		}
	}
	return "", errForeignRPID(s.cfg.RPID)
}

func errForeignRPID(configured string) error {
	return holdfast.Errorf(holdfast.Conflict, "rp_id_changed",
		"The passkeys in this database were made under another rp_id than %q, and under none that this origin may have. "+
			"Set origin and rp_id as they were, or use the database that belongs to them.", configured)
}
