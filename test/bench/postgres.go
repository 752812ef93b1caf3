package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// onPostgres measures on a database of its own in the cluster that
// HOLDFAST_TEST_POSTGRES names; test/with-postgres starts one.
func (b *bench) onPostgres(ctx context.Context) (err error) {
	admin := os.Getenv("HOLDFAST_TEST_POSTGRES")
	if admin == "" {
		b.printf("sign-ins on postgres: left out; HOLDFAST_TEST_POSTGRES names no server (test/with-postgres starts one)\n\n")
		return nil
	}
	c, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	name := "bench_" + strings.ToLower(rand.Text())
	if _, err := c.Exec(ctx, "create database "+name); err != nil {
		return err
	}
	defer func() {
		if _, drop := c.Exec(ctx, "drop database "+name+" with (force)"); err == nil {
			err = drop
		}
	}()
	var data, version string
	if err := c.QueryRow(ctx, "select current_setting('data_directory'), current_setting('server_version')").Scan(&data, &version); err != nil {
		return err
	}
	pid, err := postmaster(data)
	if err != nil {
		return err
	}
	u, err := url.Parse(admin)
	if err != nil {
		return err
	}
	u.Path = "/" + name
	b.printf("PostgreSQL %s\n", version)
	return b.signIns(ctx, "postgres", u.String(), func() (time.Duration, error) { return family(pid) })
}

// postmaster is the first line of the cluster's pid file.
func postmaster(data string) (int, error) {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strconv.Atoi(first)
}

// family is the processor time of a process, its children and those that ended.
func family(pid int) (time.Duration, error) {
	sum, err := cpuOf(pid, true)
	if err != nil {
		return 0, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	for _, f := range strings.Fields(string(text)) {
		child, err := strconv.Atoi(f)
		if err != nil {
			return 0, err
		}
		if cpu, err := cpuOf(child, false); err == nil { // it may just have ended
			sum += cpu
		}
	}
	return sum, nil
}
