package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"holdfast/edge/config"
)

// runConfig is "holdfast config init [FILE]", a commented file, to standard
// output or to a new file, and "holdfast config check".
func runConfig(_ context.Context, c console, args []string) error {
	if len(args) > 0 && args[0] == "check" {
		return runConfigCheck(c, args[1:])
	}
	if len(args) == 0 || args[0] != "init" {
		fmt.Fprintln(c.err, "usage: holdfast config init [FILE], or holdfast config check --config FILE")
		return errUsage
	}
	flags := flag.NewFlagSet("holdfast config init", flag.ContinueOnError)
	if err := parse(c, flags, args[1:], "[FILE]"); err != nil {
		return err
	}
	name := flags.Arg(0)
	if name == "" {
		_, err := fmt.Fprint(c.out, config.Example)
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s exists already: name another file", name)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(config.Example)
	return errors.Join(err, f.Close())
}

// settings are the flags that say which deployment is meant.
type settings struct {
	file, data, listen string
}

func (s *settings) flags(fs *flag.FlagSet, listen bool) {
	fs.StringVar(&s.file, "config", "", "configuration `FILE`; holdfast config init writes one")
	fs.StringVar(&s.data, "data", "", "`DIR` of the embedded database, the keys and the host socket (default holdfast-data)")
	if listen {
		fs.StringVar(&s.listen, "listen", "", "`ADDR` of the web server, host:port (default localhost:8080)")
	}
}

// again gives what reads the configuration as it is now, or nil without a file.
// The origin that was chosen with a port at the start stays.
func (s settings) again(chosen config.Config) func() (config.Config, error) {
	if s.file == "" {
		return nil
	}
	return func() (config.Config, error) {
		next, err := s.read()
		if err == nil && strings.HasSuffix(next.Origin, ":0") {
			next.Origin = chosen.Origin
		}
		return next, err
	}
}

// read gives the configuration: the file, then what flags say over it.
func (s settings) read() (config.Config, error) {
	var c config.Config
	if s.file != "" {
		var err error
		if c, err = config.Read(s.file); err != nil {
			return c, err
		}
	}
	if s.data != "" {
		c.Data = s.data
	}
	if s.listen != "" {
		c.Listen = s.listen
	}
	return c.Complete()
}
