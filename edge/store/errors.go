package store

import (
	"errors"

	"holdfast"
)

// What a caller can be told of the database. The cause is for the log only.
var (
	errUnavailable = holdfast.Errorf(holdfast.Unavailable, "store_unavailable",
		"The database cannot be used now, and nothing was written. Try again; if it lasts, the administrator should look at the server's log.")
	errFull = holdfast.Errorf(holdfast.Unavailable, "store_full",
		"The disk of the database is full, and nothing was written. The administrator must make room.")
	errLocked = holdfast.Errorf(holdfast.Unavailable, "store_locked",
		"Another program holds the database, and nothing was written. Try again; if it lasts, the administrator should end that program.")
	errUnknown = holdfast.Errorf(holdfast.Unavailable, "store_outcome_unknown",
		"The database was lost in the middle of a commit: it is not known whether this was written. Look before you try again.")
	errClosed = holdfast.Errorf(holdfast.Unavailable, "store_closed",
		"The server is shutting down, and nothing was written. Try again in a moment.")
	errCancelled = holdfast.Errorf(holdfast.Unavailable, "store_cancelled",
		"The request ended before its turn came, and nothing was written.")
	errInUse = holdfast.Errorf(holdfast.Unavailable, "store_in_use",
		"Another Holdfast uses this data folder. End it first, or name another folder with --data.")
	errExists = holdfast.Errorf(holdfast.Conflict, "already_exists",
		"Something with this name or address is there already. Choose another.")
	errReplaced = holdfast.Errorf(holdfast.Unavailable, "store_replaced",
		"The database file was removed or replaced while the server runs: what it writes now is lost. Stop the server, put the right file there, and start it.")
	errInternal = holdfast.Errorf(holdfast.Internal, "store_internal",
		"Holdfast made an error with its database, and nothing was written. The administrator should report what the server's log says.")
	errPanic = holdfast.Errorf(holdfast.Internal, "internal",
		"Holdfast made an error, and nothing was written. The administrator should report what the server's log says.")
	errNoActor = holdfast.Errorf(holdfast.Internal, "store_no_actor",
		"Holdfast tried to change something without saying who did it, and nothing was written. The administrator should report this.")
	errOver = holdfast.Errorf(holdfast.Internal, "store_transaction_over",
		"Holdfast used a transaction after its end. The administrator should report this.")
)

// ourFault is the fault of an error that is made already.
func ourFault(err error) fault {
	if holdfast.KindOf(err) == holdfast.Unavailable {
		return faultRefused
	}
	return faultOwn
}

func isOurs(err error) bool {
	_, ok := errors.AsType[*holdfast.Error](err)
	return ok
}
