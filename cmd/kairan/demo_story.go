package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"kairan/store"
)

// story puts the sample reports into the mailbox one after the other, tells what
// becomes of each, then reads back what arrived.
func (d *demo) story(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, demoTimeout)
	defer cancel()
	names, err := fs.Glob(demoReports, "demo-reports/*.eml")
	if err != nil {
		return err
	}
	for i, name := range names {
		mail, err := demoReports.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(d.out, "[%d/%d] %s\n", i+1, len(names), strings.TrimSuffix(path.Base(name), ".eml"))
		if err := d.one(ctx, mail); err != nil {
			return fmt.Errorf("%s: %w", path.Base(name), err)
		}
	}
	return d.verdict(ctx, len(names))
}

// one follows one report to its end.
func (d *demo) one(ctx context.Context, mail []byte) error {
	db := d.hub.db
	before, err := d.mails(ctx)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := d.mailbox.Append(mail); err != nil {
		return err
	}
	if err := d.until(ctx, func() (bool, error) {
		n, err := d.mails(ctx)
		return n > before, err
	}); err != nil {
		return fmt.Errorf("it was not taken in: %w", err)
	}
	report, found, err := d.newReport(ctx)
	if err != nil {
		return err
	}
	if !found {
		d.tell("mail", "no report: an automatic reply, a bounce or the like; kept, and not answered")
		return nil
	}
	d.reports[report.ID] = true
	d.tell("report", fmt.Sprintf("%s, %d bytes, sealed and filed away", report.Number, report.Size))
	if err := d.until(ctx, func() (bool, error) {
		report, err = db.Report(ctx, report.ID)
		return report.State == store.ReportHeld || report.State == store.ReportDecided, err
	}); err != nil {
		return fmt.Errorf("it was not decided: %w", err)
	}
	originals, err := db.Originals(ctx, report.ID)
	if err != nil {
		return err
	}
	for _, o := range originals {
		d.tell("original", fmt.Sprintf("%s: %d indicators", clip(o.Facts.Subject, 50), len(o.Facts.Indicators)))
	}
	if err := d.receipt(ctx, report); err != nil {
		return err
	}
	switch {
	case report.State == store.ReportHeld:
		d.tell("held", report.Reason)
		return nil
	case report.Decision == store.DecisionMerged:
		d.tell("merged", "the same attack was reported before; its contacts know")
		return nil
	}
	return d.fanOut(ctx, began)
}

// receipt waits for the reporter's receipt, where the report gets one.
func (d *demo) receipt(ctx context.Context, report store.Report) error {
	var r store.Receipt
	err := d.until(ctx, func() (bool, error) {
		var err error
		r, err = d.hub.db.Receipt(ctx, report.ID)
		return r.State == store.ReceiptAccepted || r.State == store.ReceiptFailed || r.State == store.ReceiptUnknown, err
	})
	if errors.Is(err, store.ErrNotFound) {
		d.tell("receipt", "none: its sender was not authenticated")
		return nil
	}
	if err == nil {
		d.tell("receipt", string(r.State)+", told of "+plural(r.Originals, "original"))
	}
	return err
}

// fanOut follows every notice that the last report led to.
func (d *demo) fanOut(ctx context.Context, began time.Time) error {
	all, err := d.hub.db.Notices(ctx, store.NoticeReleased, 1000)
	if err != nil {
		return err
	}
	composer, err := newComposer(d.hub.cfg)
	if err != nil {
		return err
	}
	for _, n := range all {
		if d.notices[n.ID] {
			continue
		}
		d.notices[n.ID] = true
		d.tell("draft", fmt.Sprintf("%s %s", n.Kind, n.TLP))
		d.tell("approval", fmt.Sprintf("by %s, of %s…", n.ApprovedBy, n.ApprovedDigest[:12]))
		if err := d.until(ctx, func() (bool, error) {
			counts, err := d.hub.db.DeliveryCounts(ctx, n.ID)
			total := 0
			for _, k := range counts {
				total += k
			}
			d.progress(composer.Serial(n), counts[store.DeliveryAccepted], total)
			return counts[store.DeliveryAccepted] == total, err
		}); err != nil {
			return fmt.Errorf("notice %s did not reach everybody: %w", n.ID, err)
		}
	}
	last := began
	for _, m := range d.sink.Messages() {
		if m.From != "" && m.Time.After(last) {
			last = m.Time
		}
	}
	d.took = append(d.took, last.Sub(began))
	if isTerminal(d.out) {
		fmt.Fprintln(d.out)
	}
	d.tell("arrived", fmt.Sprintf("%d ms after the report", last.Sub(began).Milliseconds()))
	return nil
}

// progress draws a bar where it can be drawn over, and prints only its end where
// it cannot.
func (d *demo) progress(serial string, done, of int) {
	const wide = 30
	filled := 0
	if of > 0 {
		filled = wide * done / of
	}
	bar := fmt.Sprintf("  %-9s %s  %s%s  %d of %d contacts", "fan-out", serial, strings.Repeat("#", filled), strings.Repeat(".", wide-filled), done, of)
	switch {
	case isTerminal(d.out):
		fmt.Fprint(d.out, "\r"+bar)
	case done == of:
		fmt.Fprintln(d.out, bar)
	}
}

func (d *demo) tell(what, text string) {
	fmt.Fprintf(d.out, "  %-9s %s\n", what, forTerminal(text))
}

// mails counts the mails that the ledger knows.
func (d *demo) mails(ctx context.Context) (int, error) {
	counts, err := d.hub.db.MailCounts(ctx)
	n := 0
	for _, k := range counts {
		n += k
	}
	return n, err
}

// newReport returns the report that was not told of yet.
func (d *demo) newReport(ctx context.Context) (store.Report, bool, error) {
	all, err := d.hub.db.Reports(ctx, "", 1000)
	i := slices.IndexFunc(all, func(r store.Report) bool { return !d.reports[r.ID] })
	if err != nil || i < 0 {
		return store.Report{}, false, err
	}
	return all[i], true, nil
}

// until asks again and again until the answer is yes.
func (d *demo) until(ctx context.Context, ok func() (bool, error)) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		yes, err := ok()
		if err != nil || yes {
			return err
		}
		select {
		case <-tick.C:
		case err := <-d.ended:
			d.ended <- err
			return errors.Join(errors.New("the hub ended"), err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
