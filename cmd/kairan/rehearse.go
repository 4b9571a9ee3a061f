package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kairan/configs"
	"kairan/distribute/render"
	"kairan/ingest"
	"kairan/store"
	"kairan/store/tlp"
)

// runRehearse takes reports the hub's whole way, from the mailbox to the bytes that
// the relay would get, and sends nothing. Everything between is what serve runs;
// only the mailbox and the relay are folders.
func runRehearse(ctx context.Context, s std, args []string) error {
	f := flags(s, "rehearse", "rehearse --members FILE --state FOLDER --out FOLDER [--lang ja|en]... REPORT...")
	members := f.String("members", "", "the hub's addresses and the members, a JSON `file`: see kairan help rehearse")
	state := f.String("state", "", "an empty `folder` for the ledger and the vault of the rehearsal")
	out := f.String("out", "", "the `folder` for what would go out")
	var languages []string
	f.Func("lang", "compose in this `language` (ja, en), given once for each; by default in all", func(l string) error {
		if !slices.Contains(render.Languages(), l) {
			return fmt.Errorf("it is not one of %s", strings.Join(render.Languages(), ", "))
		}
		if !slices.Contains(languages, l) {
			languages = append(languages, l)
		}
		return nil
	})
	files, err := parse(f, args)
	if err != nil {
		return err
	}
	for _, need := range []struct{ flag, value string }{{"members", *members}, {"state", *state}, {"out", *out}} {
		if need.value == "" {
			return usagef("--%s is missing; see kairan rehearse --help", need.flag)
		}
	}
	if len(files) == 0 {
		return usagef("which report? Give at least one file")
	}
	if len(languages) == 0 {
		languages = render.Languages()
	}
	registry, err := readRegistry(*members)
	if err != nil {
		return err
	}
	box, err := newFolderMailbox(files)
	if err != nil {
		return err
	}
	folder := &outFolder{dir: *out}
	if err := folder.clear(); err != nil {
		return err
	}
	r, err := newRehearsal(ctx, registry, *state, box, folder)
	if err != nil {
		return err
	}
	defer r.hub.Close() //nolint:errcheck // nothing more is to be kept
	if err := r.register(ctx, registry, languages); err != nil {
		return err
	}
	if err := r.run(ctx); err != nil {
		return err
	}
	d, err := r.judge(ctx)
	if err != nil {
		return err
	}
	if err := r.write(ctx, d); err != nil {
		return err
	}
	fmt.Fprintln(s.out, d.Disposition)
	for _, reason := range d.Reasons {
		fmt.Fprintf(s.out, "  %s\n", inLine(reason))
	}
	return nil
}

// rehearsal is a hub whose mailbox and relay are folders.
type rehearsal struct {
	hub    *hub
	arms   arms
	poller *ingest.Poller
	folder *outFolder
}

const (
	// rehearsalName is the mailbox's, and whom the audit log of a rehearsal names.
	rehearsalName = "rehearsal"
	// allOfThem bounds nothing: a rehearsal has as many reports as it was given.
	allOfThem = 1 << 30
)

// newRehearsal opens a hub in an empty folder.
func newRehearsal(ctx context.Context, registry configs.Registry, state string, box ingest.Mailbox, folder *outFolder) (*rehearsal, error) {
	switch entries, err := os.ReadDir(state); {
	case err == nil && len(entries) > 0:
		// Its mails would count as known, and its notices as those of this rehearsal.
		return nil, usagef("--state: %s is not empty; name a new folder", inLine(state))
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("--state: %s: %w", inLine(state), cause(err))
	}
	cfg := registryConfig(registry)
	cfg.Hub.Data = state
	log := slog.New(slog.DiscardHandler)
	h, err := openHub(ctx, cfg, true, log)
	if err != nil {
		return nil, err
	}
	p := parts{ledger: h.db, vault: h.vault, reader: newSandbox(cfg, log), courier: folder, mailboxes: map[string]ingest.Mailbox{rehearsalName: box}}
	r := &rehearsal{hub: h, folder: folder, poller: h.newPoller(rehearsalName, p, rehearsalName, log)}
	if r.arms, err = h.newArms(ctx, p, rehearsalName, log); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return r, nil
}

// register imports the members, and one contact for each language.
func (r *rehearsal) register(ctx context.Context, registry configs.Registry, languages []string) error {
	all := sectors(registry)
	if err := r.hub.db.ImportCeptoars(ctx, all, rehearsalName); err != nil {
		return err
	}
	if err := r.hub.db.ImportMembers(ctx, members(registry.Members), rehearsalName); err != nil {
		return err
	}
	var contacts []store.Contact
	for i, language := range languages {
		local := "member"
		if i > 0 { // no two contacts have the same address
			local += "-" + language
		}
		contacts = append(contacts, store.Contact{ID: store.ContactID("c-" + language), Ceptoar: all[0].ID, Address: local + "@" + hubDomain(registry), Language: language,
			MaxTLP: tlp.Red, Kinds: store.Kinds(), State: store.ContactActive})
	}
	return r.hub.db.ImportContacts(ctx, contacts, true, rehearsalName)
}

// run takes the reports the whole way, one step after the other.
func (r *rehearsal) run(ctx context.Context) error {
	if err := r.poller.Once(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) (bool, error){r.refine, r.release, r.send, r.receipts} {
		for {
			if more, err := step(ctx); err != nil {
				return err
			} else if !more {
				break
			}
		}
	}
	return nil
}

// refine reads what was taken in and drafts what follows.
func (r *rehearsal) refine(ctx context.Context) (more bool, err error) {
	ids, err := r.hub.db.DueReports(ctx, 100)
	for _, id := range ids {
		err = errors.Join(err, r.arms.refiner.Refine(ctx, id))
	}
	return len(ids) > 0, err
}

// release approves what awaits approval, as an operator does who says yes to
// everything, and releases it: the leak gate may hold it instead.
func (r *rehearsal) release(ctx context.Context) (more bool, err error) {
	waiting, err := r.hub.db.Notices(ctx, store.NoticeAwaiting, 100)
	if err != nil {
		return false, err
	}
	for _, n := range waiting {
		preview, err := r.arms.planner.Composer.Preview(n)
		if err != nil {
			return false, err
		}
		if err := r.hub.db.Approve(ctx, n.ID, rehearsalName, preview.Digest); err != nil {
			return false, err
		}
		if err := r.arms.planner.Plan(ctx, n.ID); err != nil {
			return false, err
		}
	}
	return len(waiting) > 0, nil
}

// send makes the finished bytes of what was released.
func (r *rehearsal) send(ctx context.Context) (more bool, err error) {
	queued, err := r.hub.db.Deliveries(ctx, store.DeliveryFilter{State: store.DeliveryQueued})
	for _, d := range queued {
		err = errors.Join(err, r.arms.sender.Send(ctx, d.ID))
	}
	return len(queued) > 0, err
}

// receipts makes what reporters would get.
func (r *rehearsal) receipts(ctx context.Context) (more bool, err error) {
	if r.arms.receipts == nil {
		return false, nil
	}
	ids, err := r.hub.db.DueReceipts(ctx, 100)
	for _, id := range ids {
		err = errors.Join(err, r.arms.receipts.Send(ctx, id))
	}
	return len(ids) > 0, err
}

// disposition is what became of the reports, all together.
type disposition struct {
	// Disposition is "publish" when every report leads to a notice that an approval
	// releases, "hold" when a person must look at something first, and "reject" when
	// none of them is a report.
	Disposition string   `json:"disposition"`
	Reasons     []string `json:"reasons"`
}

// judge reads from the ledger what became of all reports together.
func (r *rehearsal) judge(ctx context.Context) (disposition, error) {
	reports, err := r.hub.db.Reports(ctx, "", allOfThem)
	if err != nil {
		return disposition{}, err
	}
	if len(reports) == 0 {
		return r.noReport(ctx)
	}
	notices, err := r.hub.db.Notices(ctx, "", allOfThem)
	if err != nil {
		return disposition{}, err
	}
	deliveries, err := r.hub.db.Deliveries(ctx, store.DeliveryFilter{Limit: allOfThem})
	if err != nil {
		return disposition{}, err
	}
	d := disposition{Disposition: "publish", Reasons: []string{}}
	hold := func(reason string) {
		d.Disposition = "hold"
		if !slices.Contains(d.Reasons, reason) {
			d.Reasons = append(d.Reasons, reason)
		}
	}
	for _, report := range reports {
		if report.State == store.ReportHeld {
			hold(report.Reason)
		}
	}
	for _, n := range notices {
		if n.State == store.NoticeHeld {
			hold(n.Reason)
		}
	}
	for _, one := range deliveries {
		switch one.State {
		case store.DeliveryAccepted:
		case store.DeliverySuppressed: // the leak gate read the finished bytes once more
			hold(one.Reason)
		default:
			return disposition{}, fmt.Errorf("delivery %s is %s: %s", one.ID, one.State, one.Reason)
		}
	}
	if d.Disposition == "publish" && len(deliveries) == 0 {
		return disposition{}, errors.New("nothing is held, and yet nothing would go out") // a fault of ours
	}
	return d, nil
}

// noReport says what the mails are instead.
func (r *rehearsal) noReport(ctx context.Context) (disposition, error) {
	counts, err := r.hub.db.MailCounts(ctx)
	var kinds []string
	for kind, n := range counts {
		kinds = append(kinds, fmt.Sprintf("%d %s", n, kind))
	}
	return disposition{"reject", []string{"none of it is a report: " + strings.Join(sorted(kinds), ", ")}}, err
}

// write keeps what an operator would see, and, when all may go out, what the relay
// would get. The disposition comes last: where it is, the rest is complete.
func (r *rehearsal) write(ctx context.Context, d disposition) error {
	if err := r.writeInternal(ctx); err != nil {
		return err
	}
	if d.Disposition == "publish" {
		if err := r.folder.writeMails(); err != nil {
			return err
		}
	}
	return r.folder.writeJSON("disposition.json", d)
}

// writeInternal writes what the console shows of the reports and the notices.
func (r *rehearsal) writeInternal(ctx context.Context) error {
	if err := r.folder.writeReceipts(); err != nil {
		return err
	}
	reports, err := r.hub.db.Reports(ctx, "", allOfThem)
	if err != nil {
		return err
	}
	type shown struct {
		store.Report
		Originals []store.Original
	}
	var all []shown
	for _, report := range reports {
		originals, err := r.hub.db.Originals(ctx, report.ID)
		if err != nil {
			return err
		}
		all = append(all, shown{report, originals})
	}
	notices, err := r.hub.db.Notices(ctx, "", allOfThem)
	if err != nil {
		return err
	}
	for i, n := range notices {
		var text strings.Builder
		d := &desk{hub: r.hub, std: std{out: &text}, operator: rehearsalName}
		if _, err := d.show(ctx, n, ""); err != nil {
			return err
		}
		if err := r.folder.writeFile(filepath.Join(internalFolder, fmt.Sprintf("notice-%d.txt", i+1)), []byte(text.String())); err != nil {
			return err
		}
	}
	return errors.Join(r.folder.writeJSON(filepath.Join(internalFolder, "reports.json"), all),
		r.folder.writeJSON(filepath.Join(internalFolder, "notices.json"), notices))
}
