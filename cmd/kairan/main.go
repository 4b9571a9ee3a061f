// Command kairan is the hub: a mailbox of reports in, notices to every contact
// out, and everything in between to be seen and steered by an operator.
//
// This package is the only place that names SQL drivers, NATS and listeners. It
// has a file for each verb; serve.go puts the packages together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// Exit codes.
const (
	exitOK    = 0
	exitError = 1 // it could not be done
	exitUsage = 2 // it was asked wrongly, or the configuration is wrong
)

// std are the standard streams, so that tests run verbs as a shell does.
type std struct {
	in       io.Reader
	out, err io.Writer
}

// verb is one thing that the command does.
type verb struct {
	name    string
	summary string
	run     func(ctx context.Context, s std, args []string) error
	hidden  bool
}

func verbs() []verb {
	return []verb{
		{name: "demo", summary: "run a whole hub in one process, with sample reports", run: runDemo},
		{name: "serve", summary: "run the hub", run: runServe},
		{name: "check", summary: "try the configuration, every connection, file and key", run: runCheck},
		{name: "report", summary: "ls, show, retry, accept, reject reports", run: runReport},
		{name: "original", summary: "show or export the mail of a report, with a reason, into the audit log", run: runOriginal},
		{name: "erase", summary: "destroy the mail of reports, and what was learned from it", run: runErase},
		{name: "notice", summary: "ls, show, approve, reject, hold, resume, edit notices", run: runNotice},
		{name: "queue", summary: "ls, show, retry, cancel deliveries", run: runQueue},
		{name: "contact", summary: "ls, import contacts", run: runContact},
		{name: "member", summary: "ls, import members", run: runMember},
		{name: "ceptoar", summary: "ls, import CEPTOARs", run: runCeptoar},
		{name: "vault", summary: "list, and erase, sealed mail that the ledger does not know", run: runVault},
		{name: "audit", summary: "verify the audit log, show its end or the story of one id", run: runAudit},
		{name: "sanitize", summary: "read suspicious mail from files: its facts and indicators, redacted", run: runSanitize},
		{name: "rehearse", summary: "take reports from files the whole way, and write what would go out", run: runRehearse},
		{name: "help", summary: "the operators' manual, by topic", run: runHelp},
		{name: sandboxVerb, run: runSandboxChild, hidden: true},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, std{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:]))
}

// usageError is asked for something that it cannot understand.
type usageError struct{ msg string }

func (e usageError) Error() string { return e.msg }

func usagef(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// run runs one verb and returns the exit code.
func run(ctx context.Context, s std, args []string) int {
	if len(args) == 0 {
		usage(s.err)
		return exitUsage
	}
	if asksHelp(args[0]) {
		usage(s.out)
		return exitOK
	}
	for _, v := range verbs() {
		if v.name != args[0] {
			continue
		}
		err := v.run(ctx, s, args[1:])
		var usage usageError
		var silent exitCode
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.As(err, &silent):
			return int(silent)
		case errors.As(err, &usage):
			fmt.Fprintf(s.err, "kairan %s: %s\n", v.name, forTerminal(err.Error()))
			return exitUsage
		}
		fmt.Fprintf(s.err, "kairan %s: %s\n", v.name, forTerminal(err.Error()))
		return exitError
	}
	fmt.Fprintf(s.err, "kairan: there is no verb %q\n\n", args[0])
	usage(s.err)
	return exitUsage
}

// exitCode ends the command with a code after it has said everything itself.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func usage(w io.Writer) {
	fmt.Fprint(w, "Kairan shares targeted-attack mail inside a trusted community.\n\nusage: kairan VERB [flags]\n\n")
	for _, v := range verbs() {
		if !v.hidden {
			fmt.Fprintf(w, "  %-9s %s\n", v.name, v.summary)
		}
	}
	fmt.Fprint(w, "\nkairan VERB --help tells a verb's flags; kairan help lists the manual's topics.\n")
}

// flags makes a verb's flag set. --help prints to standard output and is no
// error; anything else that is wrong is a usage error.
func flags(s std, name, synopsis string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.Usage = func() {
		fmt.Fprintf(s.out, "usage: kairan %s\n\n", synopsis)
		f.SetOutput(s.out)
		f.PrintDefaults()
	}
	return f
}

// parse parses args, letting flags stand behind other arguments too. Behind "--"
// there are no flags.
func parse(f *flag.FlagSet, args []string) ([]string, error) {
	help := f.Usage
	f.Usage = func() {} // flag calls it for every mistake, and standard output is for those who asked
	var rest []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				help()
				return nil, err
			}
			return nil, usageError{err.Error()}
		}
		read := args[:len(args)-f.NArg()]
		args = f.Args()
		if n := len(read); len(args) == 0 || n > 0 && read[n-1] == "--" {
			return append(rest, args...), nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

// oneOf adds a flag that takes one of a few words. A misspelt one is refused: a
// list with nothing in it would look as if nothing waited.
func oneOf[S ~string](f *flag.FlagSet, into *S, name string, allowed []S, usage string) {
	f.Func(name, usage, func(v string) error {
		if slices.Contains(allowed, S(v)) {
			*into = S(v)
			return nil
		}
		var list []string
		for _, a := range allowed {
			list = append(list, string(a))
		}
		return fmt.Errorf("it is not one of %s", strings.Join(list, ", "))
	})
}

// asksHelp reports whether an argument asks how the command is used.
func asksHelp(arg string) bool { return arg == "-h" || arg == "-help" || arg == "--help" }

// subverb runs one of a verb's own verbs.
func subverb(ctx context.Context, s std, name string, args []string, of map[string]func(context.Context, std, []string) error) error {
	var known []string
	for k := range of {
		known = append(known, k)
	}
	list := strings.Join(sorted(known), ", ")
	if len(args) == 0 {
		return usagef("what about it? One of: %s", list)
	}
	if asksHelp(args[0]) {
		fmt.Fprintf(s.out, "usage: kairan %s VERB [flags]\n\nverbs: %s\n", name, list)
		return nil
	}
	f, ok := of[args[0]]
	if !ok {
		return usagef("there is no %q; one of: %s", args[0], list)
	}
	return f(ctx, s, args[1:])
}
