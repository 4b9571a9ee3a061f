package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"kairan/distribute"
	"kairan/distribute/render"
	"kairan/ingest"
	"kairan/sanitize"
	"kairan/store"
)

// Bounds of what an operator puts into a notice: it is to be read on one screen.
const (
	maxSummaryRunes = 2000
	maxExcerptLines = 60
	maxExcerptRunes = 4000
	analysisBytes   = 64 << 20
)

// noticeSummary puts an operator's own words into a notice.
func noticeSummary(ctx context.Context, s std, args []string) error {
	var text, file *string
	var none *bool
	d, err := sit(ctx, s, "notice summary NOTICE [--text TEXT | --file FILE | --none]", args, 1, func(f *flag.FlagSet) {
		text = f.String("text", "", "the summary; it replaces the one that is there")
		file = f.String("file", "", "read the summary from a `file`, - for standard input")
		none = f.Bool("none", false, "take the summary out")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	id := store.NoticeID(d.args[0])
	words := *text
	switch given := len(compact(*text, *file)); {
	case given > 1 || given == 1 && *none:
		return usagef("give one of --text, --file and --none")
	case *file != "":
		if words, err = readWords(s.in, *file); err != nil {
			return err
		}
	case given == 0 && !*none:
		n, err := d.db.Notice(ctx, id)
		if err != nil {
			return err
		}
		fmt.Fprint(s.out, forTerminal(strings.TrimRight(n.Content.Summary, "\n")+"\n"))
		return nil
	}
	words = strings.TrimSpace(words)
	if n := utf8.RuneCountInString(words); n > maxSummaryRunes {
		return fmt.Errorf("the summary has %d characters; at most %d fit a notice", n, maxSummaryRunes)
	}
	if !utf8.ValidString(words) {
		return errors.New("the summary is not UTF-8")
	}
	return d.edit(ctx, id, "summary", func(c *store.Content) error {
		c.Summary = words
		return nil
	})
}

// compact is the strings that are not empty.
func compact(all ...string) []string {
	var some []string
	for _, s := range all {
		if s != "" {
			some = append(some, s)
		}
	}
	return some
}

// readWords reads a text of a person's, which is short.
func readWords(stdin io.Reader, file string) (string, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", fmt.Errorf("%s: %w", inLine(file), cause(err))
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, 64<<10))
	if err != nil {
		return "", fmt.Errorf("%s: %w", inLine(file), cause(err))
	}
	return strings.ToValidUTF8(string(b), "\ufffd"), nil
}

// noticeExcerpt offers the original's text, redacted, and puts lines of it into a
// notice.
func noticeExcerpt(ctx context.Context, s std, args []string) error {
	var lines *string
	var none *bool
	d, err := sit(ctx, s, "notice excerpt NOTICE [--lines FIRST-LAST | --none]", args, 1, func(f *flag.FlagSet) {
		lines = f.String("lines", "", "put these lines of what is offered into the notice, such as 3-12")
		none = f.Bool("none", false, "take the excerpt out")
	})
	if err != nil {
		return err
	}
	defer d.Close()
	if *lines != "" && *none {
		return usagef("give --lines or --none")
	}
	n, err := d.db.Notice(ctx, store.NoticeID(d.args[0]))
	if err != nil {
		return err
	}
	if len(n.Content.Originals) == 0 {
		return fmt.Errorf("notice %s tells of no mail", n.ID)
	}
	if *none {
		return d.edit(ctx, n.ID, "excerpt taken out", func(c *store.Content) error {
			c.Originals[0].Excerpt = ""
			return nil
		})
	}
	offered, err := d.offered(ctx, n)
	if err != nil {
		return err
	}
	if *lines == "" {
		d.offer(n, offered)
		return nil
	}
	from, to, err := lineRange(*lines, len(offered))
	if err != nil {
		return err
	}
	excerpt := strings.Join(offered[from-1:to], "\n")
	if k := utf8.RuneCountInString(excerpt); to-from+1 > maxExcerptLines || k > maxExcerptRunes {
		return fmt.Errorf("lines %s have %d characters; at most %d lines and %d characters fit a notice", *lines, k, maxExcerptLines, maxExcerptRunes)
	}
	return d.edit(ctx, n.ID, "excerpt, lines "+*lines, func(c *store.Content) error {
		if len(c.Originals) == 0 {
			return fmt.Errorf("notice %s tells of no mail", n.ID)
		}
		c.Originals[0].Excerpt = excerpt
		return nil
	})
}

// offer prints the text with its lines numbered.
func (d *desk) offer(n store.Notice, lines []string) {
	for i, line := range lines {
		fmt.Fprintf(d.out, "%4d  %s\n", i+1, forTerminal(line))
	}
	fmt.Fprintln(d.out)
	for _, r := range n.Content.Originals[0].Facts.Redactions {
		if r.Where == "body" {
			fmt.Fprintf(d.out, "replaced  %s, %d times\n", r.Kind, r.Count)
		}
	}
	fmt.Fprintf(d.out, "What is known to name a reporter, a member or a recipient was replaced. Names of others may stand in it\nstill, which nobody can learn from a report: read it before you put lines in, with\n  kairan notice excerpt %s --lines FIRST-LAST\n", n.ID)
}

// offered is the redacted text of the notice's original, in lines.
func (d *desk) offered(ctx context.Context, n store.Notice) ([]string, error) {
	gone := fmt.Errorf("the text of the original of notice %s is not there any more: it was erased", n.ID)
	source, err := d.db.CaseSource(ctx, n.Case)
	if errors.Is(err, store.ErrNotFound) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	b, err := d.vault.Read(ctx, source.Analysis, analysisBytes)
	if err != nil {
		return nil, fmt.Errorf("notice %s: read the analysis of its report: %w", n.ID, err)
	}
	var a ingest.Analysis
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("notice %s: the analysis of its report is unreadable", n.ID) // the cause could quote it
	}
	if source.Place < 0 || source.Place >= len(a.Bodies) || strings.TrimSpace(a.Bodies[source.Place]) == "" {
		return nil, fmt.Errorf("the original of notice %s has no text to offer", n.ID)
	}
	return strings.Split(strings.TrimRight(a.Bodies[source.Place], "\n"), "\n"), nil
}

// lineRange reads "3-12" or "7".
func lineRange(s string, most int) (from, to int, err error) {
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	from, err1 := strconv.Atoi(strings.TrimSpace(first))
	to, err2 := strconv.Atoi(strings.TrimSpace(last))
	if err1 != nil || err2 != nil || from < 1 || to < from || to > most {
		return 0, 0, usagef("%q names no lines: there are %d, say 1-%d for instance", s, most, min(most, 10))
	}
	return from, to, nil
}

// edit changes a notice if the leak gate lets pass what it would be then.
func (d *desk) edit(ctx context.Context, id store.NoticeID, what string, change func(*store.Content) error) error {
	composer, err := newComposer(d.cfg)
	if err != nil {
		return err
	}
	n, err := d.db.Notice(ctx, id)
	if err != nil {
		return err
	}
	if err := change(&n.Content); err != nil {
		return err
	}
	preview, err := composer.Preview(n)
	if err != nil {
		return err
	}
	gate := &distribute.Gatekeeper{Ledger: d.db, Vault: d.vault, Hub: hubIdentities(d.cfg)}
	for _, language := range render.Languages() {
		leaks, live, err := gate.CheckNotice(ctx, n.ID, n.Case, preview.Compositions[language].Shared())
		if err != nil {
			return err
		}
		if len(leaks)+len(live) > 0 {
			d.tellLeaks(language, leaks, live)
			return fmt.Errorf("notice %s was not changed: the leak gate would stop it", id)
		}
	}
	if err := d.db.EditContent(ctx, id, d.operator, what, change); err != nil {
		return err
	}
	return d.told(ctx, id)
}

// tellLeaks prints what a gate found: kind, whose, where and how hidden.
func (d *desk) tellLeaks(language string, leaks []sanitize.Leak, live []sanitize.Problem) {
	for _, l := range leaks {
		fmt.Fprintf(d.err, "leak      %s: %s of %s in %s, %s\n", language, l.Kind, inLine(l.Owner), inLine(l.Where), l.How)
	}
	for _, p := range live {
		fmt.Fprintf(d.err, "live      %s: %s in %s\n", language, p.Detail, inLine(p.Where))
	}
}
