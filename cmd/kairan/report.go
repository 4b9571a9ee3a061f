package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"kairan/store"
)

// runReport shows reports and lets an operator take up those that are held.
func runReport(ctx context.Context, s std, args []string) error {
	return subverb(ctx, s, "report", args, map[string]func(context.Context, std, []string) error{
		"ls": reportList, "show": reportShow, "retry": reportRetry, "accept": reportAccept, "reject": reportReject,
	})
}

func reportList(ctx context.Context, s std, args []string) error {
	var state store.ReportState
	d, err := sit(ctx, s, "report ls [--state STATE]", args, 0, func(f *flag.FlagSet) {
		oneOf(f, &state, "state", store.ReportMachine.States(), "only reports in this `state`, such as held")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := d.db.Reports(ctx, state, 1000)
	if err != nil {
		return err
	}
	if d.json {
		return printJSON(s.out, all)
	}
	var rows [][]string
	for _, r := range all {
		rows = append(rows, []string{string(r.ID), r.Number, string(r.State), string(r.Decision), yesNo(r.Authenticated), age(r.Received), r.Reason})
	}
	table(s.out, []string{"report", "number", "state", "decision", "authenticated", "age", "reason"}, rows)
	return nil
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// reportShow prints what the hub made of a report. Who reported it is not shown.
func reportShow(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "report show REPORT", args, 1, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	r, err := d.db.Report(ctx, store.ReportID(d.args[0]))
	if err != nil {
		return err
	}
	originals, err := d.db.Originals(ctx, r.ID)
	if err != nil {
		return err
	}
	if d.json {
		return printJSON(s.out, struct {
			store.Report
			Originals []store.Original
		}{r, originals})
	}
	fmt.Fprintf(s.out, "report         %s, receipt number %s\nmailbox        %s\nreceived       %s, %d bytes\nstate          %s %s\nauthenticated  %s\n",
		r.ID, r.Number, r.Mailbox, d.when(r.Received), r.Size, r.State, r.Decision, yesNo(r.Authenticated))
	if r.Reason != "" {
		fmt.Fprintf(s.out, "reason         %s\n", inLine(r.Reason))
	}
	if receipt, err := d.db.Receipt(ctx, r.ID); err == nil {
		fmt.Fprintf(s.out, "receipt        %s %d %s\n", receipt.State, receipt.Code, inLine(receipt.Reply))
	}
	for i, o := range originals {
		fmt.Fprintf(s.out, "\noriginal %d     %s, %d bytes, sha256 %s\n  path         %s\n  case         %s\n  subject      %s\n  indicators   %d\n",
			i+1, o.ID, o.Size, o.SHA256, inLine(o.Path), o.Case, inLine(o.Facts.Subject), len(o.Facts.Indicators))
		for _, p := range o.Problems {
			fmt.Fprintf(s.out, "  problem      %s\n", inLine(strings.TrimSpace(p.Code+" "+p.Where+" "+p.Detail)))
		}
	}
	return nil
}

func reportRetry(ctx context.Context, s std, args []string) error {
	return takeUp(ctx, s, "report retry REPORT", args, false)
}

// reportAccept vouches for the sender of a report that was not authenticated.
func reportAccept(ctx context.Context, s std, args []string) error {
	return takeUp(ctx, s, "report accept REPORT", args, true)
}

func takeUp(ctx context.Context, s std, synopsis string, args []string, vouch bool) error {
	d, err := sit(ctx, s, synopsis, args, 1, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	r, err := d.db.Report(ctx, store.ReportID(d.args[0]))
	if err != nil {
		return err
	}
	if err := d.db.RetryReport(ctx, r.ID, d.operator, vouch); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "report %s is read again\n", r.ID)
	return nil
}

func reportReject(ctx context.Context, s std, args []string) error {
	var reason *string
	d, err := sit(ctx, s, "report reject REPORT --reason TEXT", args, 1, func(f *flag.FlagSet) {
		reason = f.String("reason", "", "why, for those who look at it later; no names")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	if strings.TrimSpace(*reason) == "" {
		return usagef("say why with --reason TEXT")
	}
	r, err := d.db.Report(ctx, store.ReportID(d.args[0]))
	if err != nil {
		return err
	}
	if err := d.db.RejectReport(ctx, r.ID, d.operator, *reason); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "report %s is rejected\n", r.ID)
	return nil
}
