package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"sort"
	"strings"

	"kairan/distribute"
	"kairan/distribute/render"
	"kairan/store"
)

// runNotice shows notices to an operator and takes the operator's decision.
func runNotice(ctx context.Context, s std, args []string) error {
	return subverb(ctx, s, "notice", args, map[string]func(context.Context, std, []string) error{
		"ls": noticeList, "show": noticeShow, "approve": noticeApprove, "reject": noticeReject, "hold": noticeHold, "resume": noticeResume,
		"summary": noticeSummary, "excerpt": noticeExcerpt, "leaks": noticeLeaks,
	})
}

func noticeList(ctx context.Context, s std, args []string) error {
	var state store.NoticeState
	d, err := sit(ctx, s, "notice ls [--state STATE]", args, 0, func(f *flag.FlagSet) {
		oneOf(f, &state, "state", store.NoticeMachine.States(), "only notices in this `state`, such as awaiting-approval")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	all, err := d.db.Notices(ctx, state, 1000)
	if err != nil {
		return err
	}
	if d.json {
		return printJSON(s.out, all)
	}
	composer, err := newComposer(d.cfg)
	if err != nil {
		return err
	}
	var rows [][]string
	for _, n := range all {
		rows = append(rows, []string{string(n.ID), string(n.State), string(n.Kind), n.TLP.String(), composer.Serial(n), age(n.Created), n.Content.Title})
	}
	table(s.out, []string{"notice", "state", "kind", "tlp", "serial", "age", "title"}, rows)
	return nil
}

// noticeShow prints a notice exactly as contacts will read it, with everything
// that an operator needs to decide.
func noticeShow(ctx context.Context, s std, args []string) error {
	var language string
	d, err := sit(ctx, s, "notice show NOTICE [--language ja|en]", args, 1, func(f *flag.FlagSet) {
		oneOf(f, &language, "language", render.Languages(), "show it in this `language` only (ja, en)")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	n, err := d.db.Notice(ctx, store.NoticeID(d.args[0]))
	if err != nil {
		return err
	}
	if d.json {
		return printJSON(s.out, n)
	}
	_, err = d.show(ctx, n, language)
	return err
}

// show prints a notice and returns the digest of what it printed. Without a
// language it prints it in all of them.
func (d *desk) show(ctx context.Context, n store.Notice, language string) (string, error) {
	composer, err := newComposer(d.cfg)
	if err != nil {
		return "", err
	}
	preview, err := composer.Preview(n)
	if err != nil {
		return "", err
	}
	w := d.out
	fmt.Fprintf(w, "notice    %s, revision %d, %s\nstate     %s\n", n.ID, n.Revision, n.Kind, n.State)
	if n.Reason != "" {
		fmt.Fprintf(w, "reason    %s\n", inLine(n.Reason))
	}
	if n.ApprovedBy != "" {
		fmt.Fprintf(w, "approved  %s by %s\n", d.when(n.Approved), inLine(n.ApprovedBy))
	}
	for i, o := range n.Content.Originals {
		for _, p := range o.Problems {
			fmt.Fprintf(w, "problem   original %d: %s %s %s\n", i+1, p.Code, inLine(p.Where), inLine(p.Detail))
		}
		for _, r := range o.Facts.Redactions {
			fmt.Fprintf(w, "redacted  original %d: %s in %s, %d times\n", i+1, r.Kind, inLine(r.Where), r.Count)
		}
	}
	if err := d.showAudience(ctx, n); err != nil {
		return "", err
	}
	for _, l := range render.Languages() {
		if language != "" && language != l {
			continue
		}
		composed := preview.Compositions[l]
		if n.Serial != 0 {
			if composed, err = composer.Notice(n, l); err != nil {
				return "", err
			}
		}
		fmt.Fprintf(w, "\n--- %s ---\nSubject: %s\n\n%s", l, inLine(composed.Subject), forTerminal(composed.Text))
	}
	fmt.Fprintf(w, "\ndigest    %s\n", preview.Digest)
	return preview.Digest, nil
}

// showAudience prints who gets the notice, counted by CEPTOAR, or what became of
// its deliveries once it is released.
func (d *desk) showAudience(ctx context.Context, n store.Notice) error {
	if n.Serial != 0 {
		counts, err := d.db.DeliveryCounts(ctx, n.ID)
		if err != nil {
			return err
		}
		var parts []string
		for state, k := range counts {
			parts = append(parts, fmt.Sprintf("%s %d", state, k))
		}
		fmt.Fprintf(d.out, "delivery  %s\n", strings.Join(sorted(parts), ", "))
		return nil
	}
	from, err := d.db.CaseCeptoars(ctx, n.Case, d.cfg.Review.KAnonymity)
	if err != nil {
		return err
	}
	contacts, err := d.db.Contacts(ctx)
	if err != nil {
		return err
	}
	by := map[store.CeptoarID]int{}
	choices := distribute.Choose(n, from, contacts)
	for _, c := range choices {
		if c.Send {
			by[c.Contact.Ceptoar]++
		}
	}
	ids := make([]string, 0, len(by))
	for id := range by {
		ids = append(ids, string(id))
	}
	sort.Strings(ids)
	fmt.Fprintf(d.out, "audience  %d contacts of %d CEPTOARs, %s: %s\n", distribute.Chosen(choices), len(by), n.TLP, strings.Join(ids, " "))
	return nil
}

// noticeApprove approves exactly what was shown: at a terminal it shows the
// notice and asks, elsewhere it wants the digest that show printed.
func noticeApprove(ctx context.Context, s std, args []string) error {
	var digest *string
	d, err := sit(ctx, s, "notice approve NOTICE [--digest DIGEST]", args, 1, func(f *flag.FlagSet) {
		digest = f.String("digest", "", "the `digest` that notice show printed, or at least 12 characters of it")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	n, err := d.db.Notice(ctx, store.NoticeID(d.args[0]))
	if err != nil {
		return err
	}
	if n.State != store.NoticeAwaiting {
		return fmt.Errorf("notice %s is %s; only one that awaits approval can be approved", n.ID, n.State)
	}
	shown, err := d.agree(ctx, n, *digest)
	if err != nil {
		return err
	}
	if err := d.db.Approve(ctx, n.ID, d.operator, shown); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "notice %s is approved; the hub releases it within a second or two\n", n.ID)
	return nil
}

// agree returns the digest of what the operator has seen and agrees to.
func (d *desk) agree(ctx context.Context, n store.Notice, given string) (string, error) {
	const least = 12
	if given == "" {
		if !isTerminal(d.in) {
			return "", usagef("say what you saw: look at kairan notice show %s, then give its digest with --digest", n.ID)
		}
		shown, err := d.show(ctx, n, "")
		if err != nil {
			return "", err
		}
		fmt.Fprintf(d.out, "\nApprove this, as %s? It goes to everybody named above. Type yes: ", inLine(d.operator))
		answer, _ := bufio.NewReader(d.in).ReadString('\n')
		if strings.TrimSpace(answer) != "yes" {
			return "", fmt.Errorf("notice %s was not approved", n.ID)
		}
		return shown, nil
	}
	composer, err := newComposer(d.cfg)
	if err != nil {
		return "", err
	}
	preview, err := composer.Preview(n)
	if err != nil {
		return "", err
	}
	if len(given) < least || !strings.HasPrefix(preview.Digest, strings.ToLower(given)) {
		return "", fmt.Errorf("the digest is not that of notice %s as it stands now (at least %d characters); look at kairan notice show %s again", n.ID, least, n.ID)
	}
	return preview.Digest, nil
}

func noticeReject(ctx context.Context, s std, args []string) error {
	return decideNotice(ctx, s, "reject", args, func(d *desk, id store.NoticeID, reason string) error {
		return d.db.RejectNotice(ctx, id, d.operator, reason)
	})
}

func noticeHold(ctx context.Context, s std, args []string) error {
	return decideNotice(ctx, s, "hold", args, func(d *desk, id store.NoticeID, reason string) error {
		return d.db.HoldNotice(ctx, id, d.operator, reason)
	})
}

// decideNotice runs a decision that wants a reason.
func decideNotice(ctx context.Context, s std, what string, args []string, decide func(*desk, store.NoticeID, string) error) error {
	var reason *string
	d, err := sit(ctx, s, "notice "+what+" NOTICE --reason TEXT", args, 1, func(f *flag.FlagSet) {
		reason = f.String("reason", "", "why, for those who look at it later; no names")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	if strings.TrimSpace(*reason) == "" {
		return usagef("say why with --reason TEXT")
	}
	id := store.NoticeID(d.args[0])
	if err := decide(d, id, *reason); err != nil {
		return err
	}
	return d.told(ctx, id)
}

func noticeResume(ctx context.Context, s std, args []string) error {
	d, err := sit(ctx, s, "notice resume NOTICE", args, 1, nil)
	if err != nil {
		return err
	}
	defer d.Close()
	id := store.NoticeID(d.args[0])
	if err := d.db.ResumeNotice(ctx, id, d.operator); err != nil {
		return err
	}
	return d.told(ctx, id)
}

// told says how the notice stands now.
func (d *desk) told(ctx context.Context, id store.NoticeID) error {
	n, err := d.db.Notice(ctx, id)
	if err != nil {
		return err
	}
	fmt.Fprintf(d.out, "notice %s is %s\n", n.ID, n.State)
	return nil
}
