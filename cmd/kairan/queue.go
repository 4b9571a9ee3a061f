package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"strings"

	"kairan/store"
)

// runQueue shows the deliveries and steers them.
func runQueue(ctx context.Context, s std, args []string) error {
	return subverb(ctx, s, "queue", args, map[string]func(context.Context, std, []string) error{
		"ls": queueList, "show": queueShow, "retry": queueRetry, "cancel": queueCancel,
	})
}

func queueList(ctx context.Context, s std, args []string) error {
	var f store.DeliveryFilter
	var all *bool
	d, err := sit(ctx, s, "queue ls [--state STATE] [--notice NOTICE] [--contact CONTACT] [--destination DOMAIN] [--all]", args, 0, func(fs *flag.FlagSet) {
		oneOf(fs, &f.State, "state", store.DeliveryMachine.States(), "only deliveries in this `state`")
		fs.StringVar((*string)(&f.Notice), "notice", "", "only those of this `notice`")
		fs.StringVar((*string)(&f.Contact), "contact", "", "only those for this `contact`")
		fs.StringVar(&f.Destination, "destination", "", "only those for this mail `domain`")
		fs.IntVar(&f.Limit, "limit", 1000, "at most so `many`")
		all = fs.Bool("all", false, "also those that ended: accepted, bounced, expired, suppressed, cancelled")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	f.Open = !*all && f.State == ""
	found, err := d.db.Deliveries(ctx, f)
	if err != nil {
		return err
	}
	if d.json {
		return printJSON(s.out, found)
	}
	var rows [][]string
	for _, v := range found {
		due := "-"
		if v.State.Open() {
			due = d.when(v.Due)
		}
		rows = append(rows, []string{string(v.ID), string(v.State), string(v.Notice), string(v.Contact), v.Destination, fmt.Sprint(v.Tries), due, v.Reason})
	}
	table(s.out, []string{"delivery", "state", "notice", "contact", "destination", "tries", "due", "reason"}, rows)
	counts, err := d.db.DeliveryCounts(ctx, f.Notice)
	if err != nil {
		return err
	}
	var parts []string
	for state, n := range counts {
		parts = append(parts, fmt.Sprintf("%s %d", state, n))
	}
	fmt.Fprintf(s.out, "\nin all: %s\n", strings.Join(sorted(parts), ", "))
	return nil
}

// queueShow prints one delivery with every attempt and the relay's own words.
func queueShow(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "queue show DELIVERY", args, 1, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	v, err := d.db.Delivery(ctx, store.DeliveryID(d.args[0]))
	if err != nil {
		return err
	}
	attempts, err := d.db.Attempts(ctx, v.ID)
	if err != nil {
		return err
	}
	if d.json {
		return printJSON(s.out, struct {
			store.Delivery
			Attempts []store.Attempt
		}{v, attempts})
	}
	fmt.Fprintf(s.out, "delivery     %s\nnotice       %s\ncontact      %s at %s, in %s\nstate        %s %s\nplanned      %s\naccepted     %s\n",
		v.ID, v.Notice, v.Contact, v.Destination, v.Language, v.State, inLine(v.Reason), d.when(v.Planned), d.when(v.Accepted))
	if v.State.Open() {
		fmt.Fprintf(s.out, "next try     %s\n", d.when(v.Due))
	}
	fmt.Fprintln(s.out)
	var rows [][]string
	for _, a := range attempts {
		outcome, code := string(a.Kind), ""
		if outcome == "" {
			outcome = "under way"
		}
		if a.Code != 0 {
			code = strings.TrimSpace(fmt.Sprintf("%d %s", a.Code, a.Enhanced))
		}
		rows = append(rows, []string{fmt.Sprint(a.Claim), d.when(a.Began), a.Duration.String(), outcome, a.Stage, code, a.TLS, a.Text})
	}
	table(s.out, []string{"claim", "began", "took", "outcome", "at", "code", "tls", "the relay's words"}, rows)
	return nil
}

func queueRetry(ctx context.Context, s std, args []string) error {
	return steer(ctx, s, "retry", args, func(d *desk, id store.DeliveryID) error { return d.db.RetryDelivery(ctx, id, d.operator) })
}

func queueCancel(ctx context.Context, s std, args []string) error {
	return steer(ctx, s, "cancel", args, func(d *desk, id store.DeliveryID) error { return d.db.CancelDelivery(ctx, id, d.operator) })
}

// steer does something to each named delivery, and says how each stands after.
func steer(ctx context.Context, s std, what string, args []string, do func(*desk, store.DeliveryID) error) error {
	d, err := sit(ctx, s, "queue "+what+" DELIVERY...", args, -1, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	if len(d.args) == 0 {
		return usagef("which one? kairan queue ls lists them")
	}
	var errs []error
	for _, a := range d.args {
		id := store.DeliveryID(a)
		if err := do(d, id); err != nil {
			errs = append(errs, err)
			continue
		}
		v, err := d.db.Delivery(ctx, id)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(s.out, "delivery %s is %s\n", v.ID, v.State)
	}
	return errors.Join(errs...)
}
