package main

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"kairan/store"
)

// runAudit checks the audit log and tells from it.
func runAudit(ctx context.Context, s std, args []string) error {
	return subverb(ctx, s, "audit", args, map[string]func(context.Context, std, []string) error{
		"verify": auditVerify, "head": auditHead, "show": auditShow,
	})
}

func auditVerify(ctx context.Context, s std, args []string) error {
	var anchor *string
	d, err := sit(ctx, s, "audit verify [--anchor SEQ:CODE]", args, 0, func(f *flag.FlagSet) {
		anchor = f.String("anchor", "", "an end of the chain that audit head printed earlier, as `SEQ:CODE`")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	a, err := parseAnchor(*anchor)
	if err != nil {
		return err
	}
	n, err := d.db.AuditVerify(ctx, a)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "the audit log holds: %d rows, each chained to the one before\n", n)
	return nil
}

func parseAnchor(s string) (store.AuditAnchor, error) {
	if s == "" {
		return store.AuditAnchor{}, nil
	}
	seq, code, ok := strings.Cut(s, ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	if !ok || err != nil || len(code) != 64 {
		return store.AuditAnchor{}, usagef("an anchor is SEQ:CODE, as kairan audit head prints it")
	}
	return store.AuditAnchor{Seq: n, MAC: code}, nil
}

func auditHead(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "audit head", args, 0, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	a, err := d.db.AuditHead(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d:%s\n", a.Seq, a.MAC)
	return nil
}

// auditShow prints every move of one report, notice or delivery.
func auditShow(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "audit show ID", args, 1, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := d.db.AuditOf(ctx, d.args[0])
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return fmt.Errorf("the audit log has nothing about %s", d.args[0])
	}
	if d.json {
		return printJSON(s.out, all)
	}
	var rows [][]string
	for _, r := range all {
		rows = append(rows, []string{fmt.Sprint(r.Seq), d.when(r.At), r.Actor, r.Noun, r.Move, r.Detail})
	}
	table(s.out, []string{"row", "when", "who", "what", "move", "detail"}, rows)
	return nil
}
