// Command holdfast is the whole product in one binary: the server, the demo,
// the tools of the host's administrator, and the inspector of WebAuthn
// responses. Each subcommand has a file of its own; wire.go builds the server.
package main

import (
	"context"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// console is where a command reads and writes.
type console struct {
	in       io.Reader
	out, err io.Writer
}

type command struct {
	name, summary string
	run           func(ctx context.Context, c console, args []string) error
}

func commands() []command {
	all := []command{
		{"demo", "run everything on this machine, with a sample organisation; demo app: another application to try", runDemo},
		{"serve", "run the server", runServe},
		{"config", "write a commented configuration file", runConfig},
		{"doctor", "look at everything and say what to do", runDoctor},
		{"mail", "try the mail server: mail test --to ADDRESS", runMail},
		{"backup", "write everything into one encrypted file, while the server runs", runBackup},
		{"restore", "put a backup into an empty place, or check that it could be", runRestore},
		{"migrate", "bring the database up to this version; --plan only says how", runMigrate},
	}
	for _, n := range nouns() {
		if n.name != wrongs().name { // findings list goes with findings
			all = append(all, command{n.name, n.summary, n.run})
		}
	}
	all = append(all, exposureCommands()...)
	return append(all,
		command{"explain", "make a decision of the policy again, and say why it came out so", runExplain},
		command{"inspect", "say what a WebAuthn response holds and whether it stands", func(_ context.Context, c console, args []string) error {
			return exitCode(runInspect(args, c.in, c.out, c.err))
		}},
		command{"storybook", "show every page and component with sample data", func(_ context.Context, c console, args []string) error {
			return exitCode(runStorybook(args, c.out, c.err))
		}},
		command{"version", "print the version, and which cryptographic module is in it", runVersion},
	)
}

// exitCode ends the process with a status and no further word.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, console{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:])
	stop()
	os.Exit(code)
}

// run gives the exit status: 0 done, 1 refused or failed, 2 not understood.
func run(ctx context.Context, c console, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "--help" {
		usage(c.out)
		return 0
	}
	for _, cmd := range commands() {
		if cmd.name == args[0] {
			return status(c, "holdfast "+cmd.name, cmd.run(ctx, c, args[1:]))
		}
	}
	fmt.Fprintf(c.err, "holdfast: there is no command %q; holdfast help lists them\n", args[0])
	return 2
}

func status(c console, name string, err error) int {
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintf(c.err, "%s: %v\n", name, err)
	return 1
}

// errUsage says that the flag package has already explained.
var errUsage = errors.New("usage")

func usage(w io.Writer) {
	fmt.Fprint(w, "Holdfast signs people in with passkeys.\n\n")
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  holdfast %-11s %s\n", cmd.name, cmd.summary)
	}
	fmt.Fprint(w, "\nholdfast COMMAND --help says more of each.\n")
}

// parse reads flags and refuses arguments beyond those that are named; one in
// brackets may be left out.
func parse(c console, fs *flag.FlagSet, args []string, named ...string) error {
	fs.SetOutput(c.err)
	fs.Usage = func() {
		fmt.Fprintf(c.err, "usage: %s [flags] %s\n", fs.Name(), strings.Join(named, " "))
		fs.PrintDefaults()
	}
	// Flags may stand behind arguments, as people write them.
	var rest []string
	args, rest = passkeys(fs, args)
	for len(args) > 0 {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return err
			}
			return errUsage
		}
		if args = fs.Args(); len(args) > 0 {
			rest, args = append(rest, args[0]), args[1:]
		}
	}
	if len(rest) > len(named) || len(rest) < len(named) && !strings.HasPrefix(named[len(rest)], "[") {
		fs.Usage()
		return errUsage
	}
	return fs.Parse(append([]string{"--"}, rest...))
}

// passkeys takes the ids of passkeys out of args that the flag package would
// take for flags: being base64url, one in 64 begins with "-".
func passkeys(fs *flag.FlagSet, args []string) (others, ids []string) {
	const shortest = 16 // bytes of an id, WebAuthn L3 §4; 22 characters
	for i, a := range args {
		raw, err := base64.RawURLEncoding.DecodeString(a)
		isID := strings.HasPrefix(a, "-") && err == nil && len(raw) >= shortest && fs.Lookup(strings.TrimLeft(a, "-")) == nil
		if isID && !(i > 0 && takesValue(fs, args[i-1])) {
			ids = append(ids, a)
		} else {
			others = append(others, a)
		}
	}
	return others, ids
}

// takesValue says whether arg is a flag whose value is the next argument.
func takesValue(fs *flag.FlagSet, arg string) bool {
	f := fs.Lookup(strings.TrimLeft(arg, "-"))
	if f == nil || !strings.HasPrefix(arg, "-") {
		return false
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !(ok && b.IsBoolFlag())
}
