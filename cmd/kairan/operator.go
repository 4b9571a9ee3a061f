package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/user"
	"time"
)

// desk is what an operator's verb works with: the ledger beside a running hub,
// and the operator's name for the audit log.
type desk struct {
	*hub
	std
	operator string
	args     []string
	json     bool
}

// sit parses an operator's verb and opens the ledger. want is how many arguments
// the verb takes, -1 for any number. add may define further flags.
func sit(ctx context.Context, s std, synopsis string, args []string, want int, add func(*flag.FlagSet)) (*desk, error) {
	f := flags(s, synopsis, synopsis)
	path := configFlag(f)
	operator := f.String("operator", operatorName(), "who does this, for the audit log")
	asJSON := f.Bool("json", false, "print JSON")
	if add != nil {
		add(f)
	}
	rest, err := parse(f, args)
	if err != nil {
		return nil, err
	}
	if want >= 0 && len(rest) != want {
		return nil, usagef("usage: kairan %s", synopsis)
	}
	if *operator == "" {
		return nil, usagef("say who you are with --operator NAME; it goes into the audit log")
	}
	cfg, err := loadConfig(*path)
	if err != nil {
		return nil, err
	}
	h, err := openHub(ctx, cfg, false, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	return &desk{hub: h, std: s, operator: *operator, args: rest, json: *asJSON}, nil
}

// operatorName is the person at the terminal, also behind sudo.
func operatorName() string {
	if name := cmp.Or(os.Getenv("SUDO_USER"), os.Getenv("USER"), os.Getenv("LOGNAME")); name != "" {
		return name
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

// when prints a time in the hub's zone.
func (d *desk) when(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(d.cfg.Hub.Location()).Format("2006-01-02 15:04:05")
}

// age prints how long ago something was, in one unit.
func age(t time.Time) string {
	switch d := time.Since(t); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	default:
		return fmt.Sprintf("%dd", int(d.Hours()/24))
	}
}
