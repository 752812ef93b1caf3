package store

import (
	"context"
	"errors"
	"net"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sys/unix"

	"holdfast"
)

// Settings of every session, with reasons.
func postgresSettings() map[string]string {
	return map[string]string{
		"application_name":    "holdfast",
		"synchronous_commit":  "on",     // an acknowledged commit survives a crash, whatever the server's default says
		"lock_timeout":        "20000",  // ms: who waits for the log's head says so instead of waiting without end
		"statement_timeout":   "120000", // ms: verifying a large log takes long; nothing takes this long
		"timezone":            "UTC",
		"tcp_keepalives_idle": "10", // s: a node that lost its power is noticed, with all that it holds
		// s, and how often: together with the above some 20 s.
		"tcp_keepalives_interval": "3", "tcp_keepalives_count": "3",
		// A dump reads at its own pace; nobody waits for a reader.
		idleTimeout: "60000",
	}
}

// A node that hangs within a batch holds the log's head, and every other node
// waits. PostgreSQL ends its transaction after this many ms: a batch is some
// 30 ms of work, so a node that is only slow keeps it.
const (
	idleTimeout       = "idle_in_transaction_session_timeout"
	writerIdleTimeout = "5000"
)

const (
	// connectTimeout bounds waiting for a server that does not answer, each of
	// those that the connection string names.
	connectTimeout = 5 * time.Second
	// lostAfter is how long what was sent may stay unacknowledged before the
	// connection is taken for lost, and how long one that is idle is trusted.
	lostAfter = 10 * time.Second
)

// configure prepares a connection that notices when its server is gone and
// that never ends at a standby.
func configure(c *pgx.ConnConfig) {
	for k, v := range postgresSettings() {
		c.RuntimeParams[k] = v
	}
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = connectTimeout
	}
	if c.ValidateConnect == nil { // the string names no target_session_attrs
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	d := net.Dialer{
		Timeout:         c.ConnectTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: lostAfter / 2, Interval: 2 * time.Second, Count: 3},
		Control: func(network, _ string, raw syscall.RawConn) error {
			if !strings.HasPrefix(network, "tcp") {
				return nil
			}
			var set error
			err := raw.Control(func(fd uintptr) {
				set = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(lostAfter.Milliseconds()))
			})
			return errors.Join(err, set)
		},
	}
	c.DialFunc = d.DialContext
}

// errNotWritable is why a node with a database that answers is not ready.
var errNotWritable = holdfast.Errorf(holdfast.Unavailable, "store_read_only",
	"The database that answers is a standby or takes no writes. Name the primary, or all servers, in the connection string.")

// ready says whether there is a primary.
func (e *postgresEngine) ready(ctx context.Context) error {
	n, err := queryInt(ctx, e, `select case when pg_is_in_recovery() or current_setting('transaction_read_only') = 'on'
		then 1 else 0 end::bigint`)
	if err == nil && n != 0 {
		err = errNotWritable
	}
	return err
}

func (e *postgresEngine) comesBack() bool { return true }
