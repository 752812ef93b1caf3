package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"holdfast/edge/config"
	"holdfast/edge/keys"
)

// Files judges who may read and write what the configuration names. file is
// the configuration's own, or "".
func Files(c config.Config, file string) (all []Finding) {
	if file != "" {
		all = append(all, writable(file, "the configuration"))
	}
	for _, s := range []struct{ path, what string }{
		{c.Data, "the data folder"}, {c.MasterKeyFile, "the master key"}, {c.DatabaseURLFile, "the database's connection string"},
		{c.Mail.PasswordFile, "the mail password"}, {c.TLS.KeyFile, "the TLS key"},
	} {
		if s.path != "" {
			all = append(all, secret(s.path, s.what))
		}
	}
	all = append(all, owner(c)...)
	if c.DatabaseURLFile == "" && filepath.Dir(c.MasterKeyFile) == filepath.Clean(c.Data) {
		all = append(all, ok("master_key_place", "the master key lies beside the database: whoever copies the folder has both"))
	}
	return all
}

// secret is for its owner alone, or for a group that was made to read it.
func secret(path, what string) Finding {
	const code = "file_permissions"
	info, err := os.Stat(path)
	if err != nil {
		return missing(path, what, err)
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o007 != 0:
		return failed(code, fmt.Sprintf("%s %s can be read by everybody on this host (mode %04o)", what, path, mode), "Run chmod o= "+path+".")
	case mode&0o020 != 0:
		return failed(code, fmt.Sprintf("%s %s can be changed by its group (mode %04o)", what, path, mode), "Run chmod g-w "+path+".")
	case mode&0o070 != 0 && keys.Handed(path):
		return ok(code, what+" was handed over by the service manager")
	case mode&0o070 != 0:
		return warn(code, fmt.Sprintf("%s %s can be read by its group (mode %04o)", what, path, mode),
			"Good if nobody but the server is in that group; else run chmod g= "+path+".")
	}
	return ok(code, fmt.Sprintf("%s is for its owner alone", what))
}

func missing(path, what string, err error) Finding {
	if errors.Is(err, fs.ErrPermission) {
		return warn("file_permissions", fmt.Sprintf("%s %s cannot be looked at by this user", what, path),
			"Run holdfast doctor as the user that the server runs as, or as root.")
	}
	return failed("file_missing", fmt.Sprintf("%s %s is not there: %v", what, path, errors.Unwrap(err)), "Put it there, or mend the configuration.")
}

// writable: whoever can change the configuration can name another master key.
func writable(path, what string) Finding {
	info, err := os.Stat(path)
	if err != nil {
		return missing(path, what, err)
	}
	if mode := info.Mode().Perm(); mode&0o022 != 0 {
		return failed("file_permissions", fmt.Sprintf("%s %s can be changed by others than its owner (mode %04o)", what, path, mode), "Run chmod go-w "+path+".")
	}
	return ok("file_permissions", fmt.Sprintf("%s can be changed by its owner alone", what))
}

// owner finds what a command made that was run as another user: the server
// could not read it after its next start.
func owner(c config.Config) (all []Finding) {
	uid, known := owned(c.Data)
	if !known {
		return nil
	}
	for _, name := range []string{"holdfast.db", "holdfast.db-wal", "holdfast.db-shm", "holdfast.db.lock", "checkpoint", config.MasterKeyName} {
		path := filepath.Join(c.Data, name)
		if other, known := owned(path); known && other != uid {
			all = append(all, failed("file_owner", fmt.Sprintf("%s belongs to user %d, the data folder to user %d", path, other, uid),
				fmt.Sprintf("Run chown --reference=%s %s, and holdfast's commands as the user that the server runs as.", c.Data, path)))
		}
	}
	return all
}

func owned(path string) (uid uint32, known bool) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, false
	}
	s, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return 0, false
	}
	return s.Uid, true
}

// Space is what a file system has.
type Space struct{ Free, Total uint64 } // bytes, for who is not root

// SpaceAt looks at the file system of a folder.
func SpaceAt(path string) (Space, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(path, &s); err != nil {
		return Space{}, fmt.Errorf("look at the disk of %s: %w", path, err)
	}
	return Space{s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize)}, nil
}

const mib = 1 << 20

// Disk judges the space for the data folder. A full disk refuses every sign-in:
// each is a record in the log.
func Disk(path string, s Space) Finding {
	found := fmt.Sprintf("%d MiB of %d MiB are free for %s", s.Free/mib, s.Total/mib, path)
	const do = "Make room, or move the data folder to a larger disk: when it is full nobody signs in, since each sign-in is recorded."
	switch {
	case s.Free < 100*mib:
		return failed("disk", found, do)
	case s.Free < 1024*mib || s.Free < min(s.Total/20, 10*1024*mib):
		return warn("disk", found, do)
	}
	return ok("disk", found)
}
