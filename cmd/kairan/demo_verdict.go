package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"kairan/configs"
	"kairan/distribute/smtpx"
	"kairan/sanitize"
	"kairan/store"
	"kairan/store/tlp"
)

// verdict reads back what the contacts' server received, compares it with what
// it should have received, prints one notice as its reader sees it, and sums up.
func (d *demo) verdict(ctx context.Context, mails int) error {
	notices, err := d.hub.db.Notices(ctx, store.NoticeReleased, 1000)
	if err != nil {
		return err
	}
	var copies, receipts []smtpx.SinkMessage
	for _, m := range d.sink.Messages() {
		if m.From == "" {
			receipts = append(receipts, m)
		} else {
			copies = append(copies, m)
		}
	}
	faults := d.compare(notices, copies)
	faults = append(faults, d.compareReceipts(ctx, receipts)...)
	if len(notices) == 0 {
		faults = append(faults, errors.New("no notice was released"))
	}
	if n := len(copies); n > 0 {
		d.printNotice(copies[0])
	}
	if err := d.summary(ctx, mails, notices, copies, receipts); err != nil {
		return err
	}
	return errors.Join(faults...)
}

// compare checks that everybody who should have a notice has exactly one copy,
// and that nobody else has any.
func (d *demo) compare(notices []store.Notice, copies []smtpx.SinkMessage) []error {
	type key struct{ notice, address string }
	got := map[key]int{}
	for _, m := range copies {
		if len(m.To) != 1 {
			return []error{fmt.Errorf("a copy had %d recipients", len(m.To))}
		}
		id := sanitize.ReadHeader(m.Data, sanitize.DefaultLimits()).Get("X-Notice-Id")
		got[key{id, strings.ToLower(m.To[0])}]++
	}
	var faults []error
	for _, n := range notices {
		for _, c := range d.contacts {
			k := key{n.ID.UUID(), strings.ToLower(c.Address)}
			want := 0
			if shouldHave(c, n) {
				want = 1
			}
			if got[k] != want {
				faults = append(faults, fmt.Errorf("contact %s has %d copies of notice %s and should have %d", c.ID, got[k], n.ID, want))
			}
			delete(got, k)
		}
	}
	for range got {
		faults = append(faults, errors.New("a copy went to an address that is no contact's, or of a notice that was not released"))
	}
	return faults
}

// shouldHave says from the list of contacts alone who should have a notice.
func shouldHave(c configs.Contact, n store.Notice) bool {
	ceiling, err := tlp.Parse(c.MaxTLP)
	return err == nil && slices.Contains(c.Kinds, string(n.Kind)) && n.TLP.Within(ceiling)
}

// compareReceipts checks that each authenticated report brought one receipt.
func (d *demo) compareReceipts(ctx context.Context, receipts []smtpx.SinkMessage) []error {
	reports, err := d.hub.db.Reports(ctx, "", 1000)
	if err != nil {
		return []error{err}
	}
	want := 0
	for _, r := range reports {
		if !r.Authenticated {
			continue
		}
		want++
		n := 0
		for _, m := range receipts {
			if p, _ := sanitize.Read(m.Data, sanitize.DefaultLimits()); strings.Contains(p.Text, r.Number) {
				n++
			}
		}
		if n != 1 {
			return []error{fmt.Errorf("report %s has %d receipts and should have 1", r.ID, n)}
		}
	}
	if len(receipts) != want {
		return []error{fmt.Errorf("%d receipts for %d authenticated reports", len(receipts), want)}
	}
	return nil
}

// printNotice prints a copy as a mail program shows it.
func (d *demo) printNotice(m smtpx.SinkMessage) {
	p, _ := sanitize.Read(m.Data, sanitize.DefaultLimits())
	line := strings.Repeat("─", 76)
	fmt.Fprintf(d.out, "\nOne notice, as its contact reads it:\n%s\n", line)
	for _, name := range []string{"From", "To", "Subject", "Date"} {
		fmt.Fprintf(d.out, "%-8s %s\n", name+":", forTerminal(p.Header.Text(name)))
	}
	fmt.Fprintf(d.out, "\n%s%s\n", forTerminal(p.Text), line)
}

// summary prints the table at the end.
func (d *demo) summary(ctx context.Context, mails int, notices []store.Notice, copies, receipts []smtpx.SinkMessage) error {
	reports, err := d.hub.db.Reports(ctx, "", 1000)
	if err != nil {
		return err
	}
	originals, held, merged := 0, 0, 0
	for _, r := range reports {
		found, err := d.hub.db.Originals(ctx, r.ID)
		if err != nil {
			return err
		}
		originals += len(found)
		if r.State == store.ReportHeld {
			held++
		}
		if r.Decision == store.DecisionMerged {
			merged++
		}
	}
	reached := map[string]bool{}
	for _, m := range copies {
		reached[strings.ToLower(m.To[0])] = true
	}
	rows, err := d.hub.db.AuditVerify(ctx, store.AuditAnchor{})
	if err != nil {
		return err
	}
	fmt.Fprintln(d.out)
	table(d.out, []string{"summary", ""}, [][]string{
		{"mails in the mailbox", fmt.Sprint(mails)},
		{"reports", fmt.Sprintf("%d (%d held, %d merged)", len(reports), held, merged)},
		{"originals", fmt.Sprint(originals)},
		{"receipts", fmt.Sprint(len(receipts))},
		{"notices", fmt.Sprint(len(notices))},
		{"contacts reached", fmt.Sprintf("%d of %d", len(reached), len(d.contacts))},
		{"copies", fmt.Sprint(len(copies))},
		{"report to last copy", d.times()},
		{"audit log", fmt.Sprintf("%d rows, chain holds", rows)},
	})
	return nil
}

// times is the median and the longest time from a report to the last copy.
func (d *demo) times() string {
	if len(d.took) == 0 {
		return "-"
	}
	slices.Sort(d.took)
	round := func(t time.Duration) time.Duration { return t.Round(time.Millisecond) }
	return fmt.Sprintf("median %v, longest %v", round(d.took[len(d.took)/2]), round(d.took[len(d.took)-1]))
}
