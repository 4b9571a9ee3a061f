package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kairan/configs"
	"kairan/distribute"
	"kairan/distribute/render"
	"kairan/ingest"
	"kairan/store"
	"kairan/store/tlp"
)

// runRehearse takes reports the hub's whole way, from the mailbox to the bytes that
// the relay would get, and sends nothing. Everything between is what serve runs;
// only the mailbox and the relay are folders.
func runRehearse(ctx context.Context, s std, args []string) error {
	f := flags(s, "rehearse", "--members FILE --state FOLDER --out FOLDER REPORT...")
	members := f.String("members", "", "the hub's addresses and the members, a JSON `file`: see kairan help rehearse")
	state := f.String("state", "", "a `folder` for the ledger and the vault of the rehearsal; reports of an earlier one in it count")
	out := f.String("out", "", "the `folder` for what would go out")
	files, err := parse(f, args)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil
		}
		return err
	}
	if *members == "" || *state == "" || *out == "" || len(files) == 0 {
		return usagef("usage: kairan rehearse --members FILE --state FOLDER --out FOLDER REPORT...")
	}
	who, err := readRehearsedMembers(*members)
	if err != nil {
		return err
	}
	r, err := newRehearsal(ctx, who, *state)
	if err != nil {
		return err
	}
	defer r.hub.Close() //nolint:errcheck // nothing of it is kept
	d, err := r.run(ctx, files)
	if err != nil {
		return err
	}
	if err := r.write(ctx, *out, d); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s\n", d.Disposition)
	for _, reason := range d.Reasons {
		fmt.Fprintf(s.out, "  %s\n", inLine(reason))
	}
	return nil
}

// disposition is what became of the reports, all together.
type disposition struct {
	// Disposition is "publish" when every one leads to a notice that an approval
	// would release, "hold" when a person must look at something first, and "reject"
	// when none of them is a report.
	Disposition string   `json:"disposition"`
	Reasons     []string `json:"reasons"`
}

// rehearsal is a hub without a mailbox and without a relay.
type rehearsal struct {
	hub      *hub
	composer *render.Composer
	gate     *distribute.Gatekeeper
	log      *slog.Logger
}

// rehearsalOperator is whom the audit log of a rehearsal names.
const rehearsalOperator = "rehearsal"

// newRehearsal opens a hub in a folder and tells it its members.
func newRehearsal(ctx context.Context, who rehearsedMembers, state string) (*rehearsal, error) {
	cfg := configs.Default()
	cfg.Hub.Data, cfg.Hub.Address, cfg.Hub.NoticeFrom = state, who.Hub.Address, who.Hub.NoticeFrom
	cfg.Hub.ReplyTo, cfg.Hub.MessageIDDomain, cfg.Hub.ListID = who.Hub.Address, who.domain(), "notices."+who.domain()
	cfg.Ingest.AuthservID = who.Hub.AuthservID
	log := slog.New(slog.DiscardHandler)
	h, err := openHub(ctx, cfg, true, log)
	if err != nil {
		return nil, err
	}
	r := &rehearsal{hub: h, log: log, gate: &distribute.Gatekeeper{Ledger: h.db, Vault: h.vault, Hub: hubIdentities(cfg)}}
	if r.composer, err = newComposer(cfg); err == nil {
		err = r.register(ctx, who)
	}
	if err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return r, nil
}

// register imports the members, and one contact for each language.
func (r *rehearsal) register(ctx context.Context, who rehearsedMembers) error {
	sectors := who.ceptoars()
	if len(sectors) == 0 {
		return usagef("the members file names no members")
	}
	if err := r.hub.db.ImportCeptoars(ctx, sectors, rehearsalOperator); err != nil {
		return err
	}
	if err := r.hub.db.ImportMembers(ctx, who.members(), rehearsalOperator); err != nil {
		return err
	}
	var contacts []store.Contact
	for i, language := range render.Languages() {
		address := "member@" + who.domain()
		if i > 0 {
			address = "member-" + language + "@" + who.domain()
		}
		contacts = append(contacts, store.Contact{ID: store.ContactID("c-" + language), Ceptoar: sectors[0].ID, Address: address, Language: language,
			MaxTLP: tlp.Red, Kinds: []store.Kind{store.KindTargetedMail}, State: store.ContactActive})
	}
	return r.hub.db.ImportContacts(ctx, contacts, true, rehearsalOperator)
}

// run brings the reports in and has everything made ready that would go out.
func (r *rehearsal) run(ctx context.Context, files []string) (disposition, error) {
	box := &folderMailbox{}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil {
			return disposition{}, fmt.Errorf("%s: %w", inLine(file), cause(err))
		}
		box.files = append(box.files, mailFile{file, info.Size()})
	}
	if err := r.takeIn(ctx, box); err != nil {
		return disposition{}, err
	}
	if err := r.refine(ctx); err != nil {
		return disposition{}, err
	}
	if err := r.plan(ctx); err != nil {
		return disposition{}, err
	}
	return r.judge(ctx)
}

// takeIn runs the poller until every file is in the ledger.
func (r *rehearsal) takeIn(ctx context.Context, box *folderMailbox) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	box.empty = stop
	cfg := r.hub.cfg
	if err := r.hub.db.BreakLeases(ctx); err != nil {
		return err
	}
	poller := &ingest.Poller{
		Name: "rehearsal", Mailbox: box, Ledger: r.hub.db, Vault: r.hub.vault, Hub: hubIdentity(cfg), Authenticator: r.hub.authenticator(),
		MaxBytes: int64(cfg.Ingest.MaxMessageBytes), Owner: rehearsalOperator, Pause: ingest.Backoff{Min: time.Millisecond, Max: time.Second}, Log: r.log,
	}
	if err := poller.Run(ctx); err != nil {
		return err
	}
	if !box.done() {
		return errors.New("the reports could not all be taken in")
	}
	return nil
}

// refine reads what was taken in and drafts what follows.
func (r *rehearsal) refine(ctx context.Context) error {
	cfg := r.hub.cfg
	refiner := &ingest.Refiner{
		Ledger: r.hub.db, Vault: r.hub.vault, Reader: newSandbox(cfg, r.log), HubIdentities: hubIdentities(cfg),
		Passwords: cfg.Sanitize.Passwords, TimeGrain: cfg.Sanitize.TimeGrain.Duration(), TLP: defaultTLP(cfg),
		MaxBytes: int64(cfg.Ingest.MaxMessageBytes), Pause: func(int) time.Duration { return 0 }, Log: r.log,
	}
	for {
		ids, err := r.hub.db.DueReports(ctx, 100)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, id := range ids {
			if err := refiner.Refine(ctx, id); err != nil {
				return err
			}
		}
	}
}

// plan approves what awaits approval, as an operator would who finds it in order,
// and releases it: the leak gate may hold it instead.
func (r *rehearsal) plan(ctx context.Context) error {
	planner := &distribute.Planner{Ledger: r.hub.db, Composer: r.composer, Gate: r.gate, KAnonymity: r.hub.cfg.Review.KAnonymity, Log: r.log}
	waiting, err := r.hub.db.Notices(ctx, store.NoticeAwaiting, 1000)
	if err != nil {
		return err
	}
	for _, n := range waiting {
		preview, err := r.composer.Preview(n)
		if err != nil {
			return err
		}
		if err := r.hub.db.Approve(ctx, n.ID, rehearsalOperator, preview.Digest); err != nil {
			return err
		}
		if err := planner.Plan(ctx, n.ID); err != nil {
			return err
		}
	}
	return nil
}

// judge says what became of all reports together.
func (r *rehearsal) judge(ctx context.Context) (disposition, error) {
	d := disposition{Disposition: "reject", Reasons: []string{}}
	notices, err := r.hub.db.Notices(ctx, "", 1000)
	if err != nil {
		return d, err
	}
	reports, err := r.hub.db.Reports(ctx, store.ReportHeld, 1000)
	if err != nil {
		return d, err
	}
	for _, n := range notices {
		switch n.State {
		case store.NoticeReleased:
			if d.Disposition == "reject" {
				d.Disposition = "publish"
			}
		case store.NoticeHeld:
			d.Disposition = "hold"
			d.Reasons = append(d.Reasons, n.Reason)
		}
	}
	for _, report := range reports {
		d.Disposition = "hold"
		d.Reasons = append(d.Reasons, report.Reason)
	}
	if d.Disposition == "reject" {
		d.Reasons = append(d.Reasons, "none of it is a report")
	}
	return d, nil
}

// write writes the disposition, what an operator would see, and, when all may go
// out, the mails as the relay would get them.
func (r *rehearsal) write(ctx context.Context, out string, d disposition) error {
	if err := os.MkdirAll(filepath.Join(out, "internal"), 0o700); err != nil {
		return fmt.Errorf("make the folder for what would go out: %w", err)
	}
	if d.Disposition == "publish" {
		if err := r.send(ctx, out); err != nil {
			return err
		}
	}
	notices, err := r.hub.db.Notices(ctx, "", 1000)
	if err != nil {
		return err
	}
	for name, v := range map[string]any{"disposition.json": d, filepath.Join("internal", "notices.json"): notices} {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(out, name), append(b, '\n'), 0o600); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// send runs the sender with a folder for the relay.
func (r *rehearsal) send(ctx context.Context, out string) error {
	folder := &outFolder{dir: out, n: map[string]int{}}
	sender := &distribute.Sender{Ledger: r.hub.db, Composer: r.composer, Gate: r.gate, Courier: folder, From: r.hub.cfg.Hub.NoticeFrom,
		Worker: rehearsalOperator, Timeout: time.Minute, Retry: distribute.Retry{First: time.Minute, Max: time.Hour}, Log: r.log}
	queued, err := r.hub.db.Deliveries(ctx, store.DeliveryFilter{State: store.DeliveryQueued})
	if err != nil {
		return err
	}
	for _, delivery := range queued {
		if err := sender.Send(ctx, delivery.ID); err != nil {
			return err
		}
		if folder.err != nil {
			return fmt.Errorf("write a mail: %w", folder.err)
		}
		after, err := r.hub.db.Delivery(ctx, delivery.ID)
		if err != nil {
			return err
		}
		if after.State != store.DeliveryAccepted {
			return fmt.Errorf("delivery %s is %s: %s", after.ID, after.State, after.Reason)
		}
	}
	return nil
}

// outFolder takes mails as a relay does, and keeps each in a file.
type outFolder struct {
	dir string
	n   map[string]int // mails to each
	err error
}

func (o *outFolder) Deliver(_ context.Context, e distribute.Envelope, message []byte) store.Outcome {
	local, _, _ := strings.Cut(e.To, "@")
	o.n[local]++
	name := fmt.Sprintf("%s-%d.eml", filepath.Base(local), o.n[local])
	if err := os.WriteFile(filepath.Join(o.dir, name), message, 0o600); err != nil {
		o.err = errors.Join(o.err, err)
		return store.Outcome{Kind: store.Transient, Text: "the file could not be written", Stage: "dot"}
	}
	return store.Outcome{Kind: store.Accepted, Code: 250, Text: "written to a file", Stage: "dot"}
}
